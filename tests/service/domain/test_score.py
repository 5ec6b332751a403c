"""The arithmetic of a scorecard, with the sums worked by hand, and what must hold for any card."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.grade import Grade, NotApplicable, Ungraded, UngradedReason, Verdict
from service.domain.score import Score, graded_share, score, weighted_mean
from service.domain.scorecard import Scorecard
from tests.service.cards import dimension, make_card

FIVE = {
    "type": "ordinal",
    "levels": [{"level": n, "points": n / 4, "anchor": f"Case {n} of five."} for n in range(5)],
}


def five(name: str, **fields: Any) -> dict[str, Any]:
    """A dimension with levels 0 to 4 that give 0, ¼, ½, ¾ and 1 point."""
    return dimension(name, **{"scale": FIVE, **fields})


def sections(*given_sections: tuple[float, list[dict[str, Any]]], **fields: Any) -> Scorecard:
    made = [
        {"id": f"s{n}", "title": f"S{n}", "weight": weight, "dimensions": dimensions}
        for n, (weight, dimensions) in enumerate(given_sections)
    ]
    return make_card(sections=made, **fields)


def grades(card: Scorecard, **levels: int | str | None) -> list[Grade]:
    """Grades by dimension: a level, ``"na"``, or None for ungraded."""
    found = []
    for each in card.dimensions:
        if each.id not in levels:
            continue
        level = levels[each.id]
        outcome: Verdict | NotApplicable | Ungraded
        if level is None:
            outcome = Ungraded(reason=UngradedReason.NO_ANSWER)
        elif level == "na":
            outcome = NotApplicable(reason="It does not arise.")
        else:
            outcome = Verdict(level=level, rationale="-")
        found.append(Grade.of(each, card.section_of[each.id], outcome, "llm"))
    return found


def value(card: Scorecard, **levels: int | str | None) -> float | None:
    return score(card, grades(card, **levels)).value


def test_weights_count_inside_a_section() -> None:
    card = make_card(five("a", weight=3), five("b", weight=1))
    # (3·1 + 1·½) / 4 = 0.875
    assert value(card, a=4, b=2) == 87.5


def test_sections_are_weighed_by_their_own_weights_not_by_their_sizes() -> None:
    card = sections((75, [five("a")]), (25, [five("b"), five("c"), five("d")]))
    # (75·1 + 25·0) / 100
    assert value(card, a=4, b=0, c=0, d=0) == 75


def test_the_weight_of_not_applicable_is_shared_out_over_the_rest_of_its_section() -> None:
    card = sections((60, [five("a", weight=2), five("b"), five("c")]), (40, [five("d")]))
    # section 0 without a: (1·1 + 1·½) / 2 = 0.75; card: (60·0.75 + 40·0) / 100 = 45
    assert value(card, a="na", b=4, c=2, d=0) == 45


def test_ungraded_is_left_out_like_not_applicable_and_is_counted() -> None:
    card = sections((60, [five("a", weight=2), five("b")]), (40, [five("c")]))
    # section 0 without a: 1; card: (60·1 + 40·¼) / 100 = 70
    result = score(card, grades(card, a=None, b=4, c=1))
    assert result == Score(value=70, passed=True, auto_failed_by=None, graded=2, ungraded=1, not_applicable=0)


def test_a_section_without_a_graded_dimension_is_left_out_of_the_card() -> None:
    card = sections((90, [five("a"), five("b")]), (10, [five("c")]))
    # only section 1 has a grade: ¾
    assert value(card, a="na", b=None, c=3) == 75


def test_a_dimension_without_a_grade_counts_as_ungraded() -> None:
    card = make_card(five("a"), five("b"))
    result = score(card, grades(card, a=4))
    assert (result.value, result.graded, result.ungraded) == (100, 1, 1)


def test_nothing_graded_gives_no_score_rather_than_zero() -> None:
    card = make_card(five("a"), five("b"))
    for each in (grades(card, a="na", b=None), []):
        result = score(card, each)
        assert (result.value, result.passed, result.auto_failed_by) == (None, None, None)


def test_the_lowest_level_of_an_auto_fail_dimension_fails_the_card() -> None:
    card = make_card(five("a", weight=9), five("b", auto_fail="card"))
    result = score(card, grades(card, a=4, b=0))
    assert (result.value, result.passed, result.auto_failed_by) == (0, False, "b")
    # (9·1 + 1·¼) / 10
    assert value(card, a=4, b=1) == 92.5


def test_the_first_of_several_auto_fails_is_named() -> None:
    card = make_card(five("a", auto_fail="card"), five("b", auto_fail="card"))
    assert score(card, grades(card, a=0, b=0)).auto_failed_by == "a"


def test_auto_fail_goes_by_points_where_the_first_level_is_not_the_worst() -> None:
    levels = [
        {"level": n, "points": p, "anchor": f"Case {n}."} for n, p in (("fine", 1), ("bad", 0), ("so", 0.5))
    ]
    card = make_card(
        dimension("a", auto_fail="card", scale={"type": "choice", "levels": levels}), pass_mark=0
    )
    assert score(card, grades(card, a="bad")).auto_failed_by == "a"
    assert score(card, grades(card, a="fine")).auto_failed_by is None


@pytest.mark.parametrize("outcome", ["na", None])
def test_auto_fail_needs_a_grade(outcome: str | None) -> None:
    card = make_card(five("a"), five("b", auto_fail="card"))
    assert score(card, grades(card, a=4, b=outcome)).auto_failed_by is None
    assert value(card, a=4, b=outcome) == 100


def test_a_failed_section_counts_zero_with_its_full_weight() -> None:
    card = sections((60, [five("a", weight=5), five("b", auto_fail="section")]), (40, [five("c")]))
    # section 0 fails: 0; card: (60·0 + 40·1) / 100
    result = score(card, grades(card, a=4, b=0, c=4))
    assert (result.value, result.auto_failed_by) == (40, None)


def test_a_card_that_failed_has_not_passed_even_at_a_pass_mark_of_0() -> None:
    card = make_card(five("a", auto_fail="card"), pass_mark=0)
    assert score(card, grades(card, a=0)).passed is False
    plain = make_card(five("a"), pass_mark=0)
    assert score(plain, grades(plain, a=0)).passed is True


@pytest.mark.parametrize(("mark", "passed"), [(75, True), (75.01, False), (74.99, True)])
def test_a_card_passes_at_its_pass_mark(mark: float, passed: bool) -> None:
    card = make_card(five("a"), pass_mark=mark)
    assert score(card, grades(card, a=3)).passed is passed


def test_the_value_is_rounded_to_two_places_and_passing_agrees_with_it() -> None:
    card = make_card(five("a"), five("b"), five("c"), pass_mark=66.67)
    result = score(card, grades(card, a=4, b=4, c=0))
    # 200 / 3 = 66.666…, shown as 66.67
    assert (result.value, result.passed) == (66.67, True)


def test_the_weighted_mean_of_nothing_is_nothing() -> None:
    assert weighted_mean([]) is None
    # (1·0.5 + 3·0.9) / 4 = 0.8
    assert weighted_mean([(1, 0.5), (3, 0.9)]) == pytest.approx(0.8)


WEIGHT = st.integers(1, 1000)
ANSWER = st.one_of(st.integers(0, 4), st.just("na"), st.none())
FAIL = st.sampled_from([None, None, None, "card", "section"])


@st.composite
def graded_cards(draw: st.DrawFn) -> tuple[Scorecard, dict[str, int | str | None]]:
    """A card of up to four sections with up to five dimensions each, and an answer to each dimension."""
    answers: dict[str, int | str | None] = {}
    made = []
    for _ in range(draw(st.integers(1, 4))):
        dimensions = []
        for _ in range(draw(st.integers(1, 5))):
            name = f"d{len(answers)}"
            answers[name] = draw(ANSWER)
            dimensions.append(five(name, weight=draw(WEIGHT), auto_fail=draw(FAIL)))
        made.append((draw(WEIGHT), dimensions))
    return sections(*made), answers


def brute_force(card: Scorecard, answers: dict[str, int | str | None]) -> Fraction | None:
    """The contract, word for word, in exact fractions."""
    top, bottom = Fraction(0), Fraction(0)
    for section in card.sections:
        graded = [(d, answers[d.id]) for d in section.dimensions if isinstance(answers[d.id], int)]
        if any(d.auto_fail == "card" and level == 0 for d, level in graded):
            return Fraction(0)
    for section in card.sections:
        graded = [(d, answers[d.id]) for d in section.dimensions if isinstance(answers[d.id], int)]
        if not graded:
            continue
        total = sum((Fraction(d.weight) for d, _ in graded), Fraction(0))
        reached = sum((Fraction(d.weight) * Fraction(int(level or 0), 4) for d, level in graded), Fraction(0))
        failed = any(d.auto_fail == "section" and level == 0 for d, level in graded)
        top += 0 if failed else Fraction(section.weight) * reached / total
        bottom += Fraction(section.weight)
    return 100 * top / bottom if bottom else None


@given(graded_cards())
def test_the_score_is_what_the_contract_says(
    given_card: tuple[Scorecard, dict[str, int | str | None]],
) -> None:
    card, answers = given_card
    exact, found = brute_force(card, answers), value(card, **answers)
    assert (exact is None) == (found is None)
    if exact is not None:
        assert found == pytest.approx(float(exact), abs=0.0051)


def by_dimension(given: Any) -> dict[str, Any]:
    return {grade.dimension: grade for grade in given}


@given(graded_cards())
def test_the_score_lies_between_0_and_100(given_card: tuple[Scorecard, dict[str, int | str | None]]) -> None:
    card, answers = given_card
    result = score(card, grades(card, **answers))
    if result.value is not None:
        assert 0 <= result.value <= 100
    if result.auto_failed_by is not None:
        assert result.passed is False
    elif result.value is None or graded_share(card, by_dimension(grades(card, **answers))) < 0.5:
        assert result.passed is None
    else:
        assert result.passed is (result.value >= card.pass_mark)
    assert result.graded + result.ungraded + result.not_applicable == len(answers)


@given(graded_cards(), st.randoms())
def test_the_order_of_grades_does_not_matter(
    given_card: tuple[Scorecard, dict[str, int | str | None]], random: Any
) -> None:
    card, answers = given_card
    in_order = grades(card, **answers)
    mixed = random.sample(in_order, len(in_order))
    assert score(card, mixed) == score(card, in_order)


@given(graded_cards(), st.sampled_from(["na", None]))
def test_what_is_not_graded_weighs_nothing(
    given_card: tuple[Scorecard, dict[str, int | str | None]], outcome: str | None
) -> None:
    """A card without the dimension gives the same score: the shares of the others keep their proportions."""
    card, answers = given_card
    dropped = list(card.dimensions)[-1].id
    kept = [
        section.model_copy(update={"dimensions": tuple(d for d in section.dimensions if d.id != dropped)})
        for section in card.sections
    ]
    smaller = card.model_copy(update={"sections": tuple(section for section in kept if section.dimensions)})
    rest = {name: answer for name, answer in answers.items() if name != dropped}
    assert value(card, **{**rest, dropped: outcome}) == value(smaller, **rest)


@given(graded_cards())
def test_a_better_answer_never_lowers_the_score(
    given_card: tuple[Scorecard, dict[str, int | str | None]],
) -> None:
    card, answers = given_card
    for name, level in answers.items():
        if isinstance(level, int) and level < 4:
            before, after = value(card, **answers), value(card, **{**answers, name: level + 1})
            assert before is not None
            assert after is not None
            assert after >= before


def test_nobody_passes_or_fails_on_less_than_half_of_the_weight() -> None:
    card = sections((1, [five("heavy", weight=3), five("light", weight=1)]))
    light = score(card, grades(card, light=4, heavy=None))
    heavy = score(card, grades(card, light=None, heavy=4))
    # 1 of 4 and 3 of 4
    assert (light.value, light.passed) == (100, None)
    assert (heavy.value, heavy.passed) == (100, True)
    # What does not apply is no part of the whole.
    assert score(card, grades(card, light=4, heavy="na")).passed is True
