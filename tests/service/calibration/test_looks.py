import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.calibration.looks import digest_of, look_of, spent
from service.calibration.sample import choose_sample
from tests.service.calibration.making import a_labelled_set, graded, label, two_dimensions


def digest(evaluations, seed=0):
    return digest_of(choose_sample(two_dimensions(), "llm", evaluations), seed)


def test_all_looks_together_spend_delta():
    assert sum(spent(0.1, look) for look in range(1, 2_000)) == pytest.approx(0.1, abs=1e-7)
    assert spent(0.1, 1) == pytest.approx(0.0832, abs=1e-4)


@given(st.integers(1, 10_000))
def test_a_later_look_has_less_to_spend(look):
    assert 0 < spent(0.1, look + 1) < spent(0.1, look)


def test_the_same_labels_seen_again_are_the_same_look():
    assert look_of("a", []) == 1
    assert look_of("b", ["a"]) == look_of("b", ["a", "a"]) == 2
    assert look_of("a", ["a", "b"]) == 1
    assert look_of("c", ["a", "b", "a"]) == 3


def test_looks_of_which_nobody_knows_what_they_saw_count_each():
    assert look_of("a", ["", ""]) == 3
    assert look_of("a", ["", "a"]) == 2


def test_other_labels_are_another_look_and_grades_without_any_are_not():
    few, more = a_labelled_set(30), a_labelled_set(31)
    assert digest(few) == digest(reversed(few)) == digest([*few, graded(99)])
    assert digest(few) == digest([*few, graded(98, label("tone", 3, blind=False))])
    assert digest(few) != digest(more)


def test_a_seed_is_another_look_where_it_decides_which_labels_count():
    def drawn(*chances):
        return [graded(n, label("tone", 3, probability=chance)) for n, chance in enumerate(chances)]

    assert digest(drawn(0.5, 0.5), 1) == digest(drawn(0.5, 0.5), 2)
    assert digest(drawn(0.5, 0.2), 1) != digest(drawn(0.5, 0.2), 2)
