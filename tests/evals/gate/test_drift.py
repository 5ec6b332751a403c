"""Does the judge grade lower than it used to?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.gate.drift import GIVEN, detectable_share, drift_between, power_of, sign_test
from evals.gate.judgement import OVERALL
from service.domain.errors import InvalidInput
from tests.evals.gate.runs import card, conversation, evaluation, ordinal, run, simple, yes_no

NOBODY = [None] * 40


def drift(before, after):
    return {
        one.dimension: one for one in drift_between(simple(before, NOBODY), simple(after, NOBODY)).dimensions
    }


def test_a_judge_that_turned_harsher_has_drifted():
    found = drift([3] * 40, [2] * 12 + [3] * 28)["help"]
    assert (found.lower, found.higher, found.drifted) == (12, 0, True)
    # Two tests: 2 * 2 * (1/2)^12.
    assert found.p_value == pytest.approx(4 * 0.5**12)


def test_as_many_up_as_down_is_no_drift():
    found = drift([3] * 40, [2] * 10 + [4] * 10 + [3] * 20)["help"]
    assert not found.drifted
    assert found.p_value == 1


def test_losing_grades_is_drift_of_its_own():
    found = drift([3] * 40, [None] * 12 + [3] * 28)
    assert (found["help"].lower, found["help"].drifted) == (0, False)
    assert (found[GIVEN].lower, found[GIVEN].drifted) == (12, True)


def test_several_dimensions_count_once_overall():
    content = card(ordinal("help"), yes_no("greeting"))
    runs = [
        run(
            [
                conversation(f"c{n}", [evaluation(content, {"help": level, "greeting": word}, n)])
                for n in range(20)
            ],
            content,
        )
        for level, word in ((3, "yes"), (2, "no"))
    ]
    found = {one.dimension: one for one in drift_between(*runs).dimensions}
    assert list(found) == [OVERALL, "help", "greeting", GIVEN]
    assert (found[OVERALL].n, found[OVERALL].lower) == (20, 20)
    assert all(found[name].drifted for name in (OVERALL, "help", "greeting"))


def test_without_any_grade_nothing_is_measured():
    nothing = simple([None] * 3, [None] * 3)
    assert drift_between(nothing, nothing).dimensions == ()


@pytest.mark.parametrize(("kept", "mostly"), [(40, False), (20, False), (19, True), (1, True)])
def test_what_is_missing_of_the_base_is_counted_and_said(kept, mostly):
    base = simple([3] * 40, NOBODY)
    new = base.model_copy(update={"conversations": base.conversations[:kept]})
    found = drift_between(base, new)
    assert (found.missing, found.tried, found.is_mostly_missing) == (40 - kept, 40, mostly)
    assert any("conversations of the base are missing" in note for note in found.notes) == (kept < 40)


def test_what_a_limit_left_out_of_the_newer_run_is_missing_too():
    base = simple([3] * 3, [None] * 3)
    left = tuple(one.model_copy(update={"evaluations": ()}) for one in base.conversations[1:])
    new = base.model_copy(update={"conversations": (base.conversations[0], *left)})
    assert drift_between(base, new).is_mostly_missing
    # Nor can it be missing where the base has it left out.
    assert drift_between(new, base).missing == 0


def test_another_scorecard_is_no_drift():
    with pytest.raises(InvalidInput, match="different scorecards"):
        drift_between(simple([3], [3]), simple([3], [3], content=card(pass_mark=99.0)))


# By hand: 2 * (C(5,5)) / 32; 2 * (1 + 6) / 64; nothing moved.
@pytest.mark.parametrize(("lower", "higher", "p"), [(5, 0, 2 / 32), (1, 5, 14 / 64), (0, 0, 1), (3, 3, 1)])
def test_the_sign_test_gives_the_exact_share_of_coin_tosses(lower, higher, p):
    assert sign_test(lower, higher) == pytest.approx(p)


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_sign_test_is_the_same_both_ways(lower, higher):
    assert sign_test(lower, higher) == sign_test(higher, lower) <= 1


def test_power_is_what_trying_it_gives():
    n, share, noise = 100, 0.12, 0.1
    rng = np.random.default_rng(0)
    moves = rng.choice([-1, 1, 0], (800, n), p=[share + noise / 2, noise / 2, 1 - share - noise])
    shown = [sign_test(int((row < 0).sum()), int((row > 0).sum())) <= 0.05 for row in moves]
    assert power_of(n, share, noise, 0.05) == pytest.approx(np.mean(shown), abs=0.05)


def test_more_conversations_show_smaller_drift():
    shares = [detectable_share(n, 0.1, 0.05) for n in (50, 100, 200)]
    assert shares == sorted(shares, reverse=True)
    assert detectable_share(4, 0.0, 0.05) is None
