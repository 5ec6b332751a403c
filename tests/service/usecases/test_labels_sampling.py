from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.usecases.labels_sampling import Candidate, draw, sampling_of, shares

PLAIN = frozenset({"rest"})


def population(sizes):
    """Conversations by (agent, stratum)."""
    return [
        Candidate(f"={agent}-{stratum}-{number}", agent, stratum)
        for (agent, stratum), size in sizes.items()
        for number in range(size)
    ]


CELLS = {("a", "fails"): 6, ("a", "rest"): 40, ("b", "fails"): 2, ("b", "low"): 9, ("b", "rest"): 30}
CELLS |= {("c", "rest"): 1}


def test_the_weighted_sum_over_samples_is_that_of_the_population():
    """Horvitz-Thompson: Σ y/π over the sample has the population's sum as its mean over all samples."""
    everybody = population(CELLS)
    sampling = sampling_of(CELLS, 20, 0.5, PLAIN)
    worth = {one.key: 1 + 5 * (one.stratum == "fails") + len(one.key) % 3 for one in everybody}
    chance = {one.key: sampling.probability(one.agent, one.stratum) for one in everybody}
    sums = []
    for seed in range(600):
        drawn = draw(everybody, sampling, seed)
        sums.append(sum(worth[key] / chance[key] for key in drawn))
    mean = sum(sums) / len(sums)
    error = (sum((one - mean) ** 2 for one in sums) / (len(sums) - 1) / len(sums)) ** 0.5
    assert abs(mean - sum(worth.values())) < 3.5 * error
    assert error < 0.02 * mean


def test_everybody_is_drawn_as_often_as_their_probability_says():
    everybody = population(CELLS)
    sampling = sampling_of(CELLS, 20, 0.5, PLAIN)
    times = Counter(key for seed in range(600) for key in draw(everybody, sampling, seed))
    for one in everybody:
        chance = sampling.probability(one.agent, one.stratum)
        assert times[one.key] / 600 == pytest.approx(
            chance, abs=4.5 * (chance * (1 - chance) / 600) ** 0.5 + 1e-9
        )


def test_what_is_likely_to_be_wrong_is_likelier_to_be_drawn():
    sampling = sampling_of(CELLS, 20, 0.5, PLAIN)
    assert sampling.probability("a", "fails") > 2 * sampling.probability("a", "rest")


def test_every_agent_is_in_the_sample_where_they_fit():
    everybody = population(CELLS)
    sampling = sampling_of(CELLS, 4, 0.5, PLAIN)
    for seed in range(50):
        drawn = draw(everybody, sampling, seed)
        assert {one.agent for one in everybody if one.key in drawn} == {"a", "b", "c"}


def test_more_agents_than_places_are_drawn_from_together():
    cells = {(f"agent-{number}", "rest"): 3 for number in range(50)}
    sampling = sampling_of(cells, 10, 0.5, PLAIN)
    assert len(draw(population(cells), sampling, 1)) == 10
    assert sampling.probability("agent-7", "rest") == 10 / 150


def test_a_larger_sample_with_the_same_seed_contains_the_smaller_one():
    everybody = population(CELLS)
    small, large = (draw(everybody, sampling_of(CELLS, count, 0.5, PLAIN), 3) for count in (10, 30))
    assert small < large


def test_the_order_of_the_conversations_decides_nothing():
    everybody = population(CELLS)
    sampling = sampling_of(CELLS, 20, 0.5, PLAIN)
    assert draw(everybody, sampling, 5) == draw(everybody[::-1], sampling, 5)


SIZES = st.dictionaries(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(["fails", "low", "rest"])),
    st.integers(1, 30),
    min_size=1,
)


@given(SIZES, st.integers(1, 120), st.floats(0.05, 1), st.integers(0, 99))
def test_whatever_there_is_the_design_holds_together(cells, count, core, seed):
    everybody = population(cells)
    sampling = sampling_of(cells, count, core, PLAIN)
    chances = [sampling.probability(one.agent, one.stratum) for one in everybody]
    drawn = draw(everybody, sampling, seed)
    assert all(0 < chance <= 1 for chance in chances)
    expected = min(count, len(everybody))
    assert expected - 1e-6 <= sum(chances) <= expected + 3
    # The two samples have a fixed size each: only what is in both moves the sum.
    assert len(drawn) <= sum(sampling.core.values()) + sum(sampling.extra.values())
    assert {one.key for one, chance in zip(everybody, chances, strict=True) if chance == 1} <= drawn


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 50), min_size=1), st.integers(0, 300))
def test_shares_add_up_and_never_ask_for_more_than_there_is(sizes, count):
    given = shares(sizes, count)
    assert sum(given.values()) == min(count, sum(sizes.values()))
    assert all(0 <= given[name] <= sizes[name] for name in sizes)
