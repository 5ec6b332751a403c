import pytest

from service.domain.grade import Absence, Coaching, CoachingPoint, Evidence, Grade, Verdict
from service.grading.coaching import finish_coaching, weighted_losses
from service.grading.evidence import EvidenceCheck
from tests.service.grading.building import ORDINAL, a_card, a_conversation, a_dimension

CHECK = EvidenceCheck(a_conversation())
WORDS = (Evidence(turn=0, speaker="agent", quote="Good", start=0, end=4),)


def graded(card, **levels):
    """Return grades; a level with a trailing `-` rests on absence."""
    by_id = {d.id: d for d in card.dimensions}
    return tuple(
        Grade.of(by_id[d], card.section_of[d], _verdict(level), "llm") for d, level in levels.items()
    )


def _verdict(level):
    if isinstance(level, str) and level.endswith("-"):
        absence = Absence(searched=((1, 3),), looked_for="x")
        return Verdict(level=level[:-1], rationale=f"why {level}", absence=absence)
    return Verdict(level=level, rationale=f"why {level}", evidence=WORDS)


def point(dimension, text="proposed"):
    return CoachingPoint(dimension=dimension, text=text, evidence=WORDS)


def many(*names, **changes):
    return a_card(*(a_dimension(name, weight=i + 1, **changes) for i, name in enumerate(names)))


def test_improvements_are_at_most_three_the_largest_loss_first():
    card = many("a", "b", "c", "d")
    proposed = Coaching(improvements=tuple(point(d) for d in "abcd"))
    coaching = finish_coaching(proposed, card, graded(card, a="no", b="no", c="no", d="no"), CHECK)
    assert [p.dimension for p in coaching.improvements] == ["d", "c", "b"]


def test_points_that_contradict_their_grade_are_left_out():
    card = many("a", "b")
    proposed = Coaching(strengths=(point("a"), point("gone")), improvements=(point("b"),))
    coaching = finish_coaching(proposed, card, graded(card, a="no", b="yes"), CHECK)
    assert [(p.dimension, p.text) for p in coaching.strengths] == [("b", "why yes")]
    assert [(p.dimension, p.text) for p in coaching.improvements] == [("a", "why no")]


def test_there_is_a_strength_wherever_a_dimension_got_full_points():
    card = many("a", "b")
    coaching = finish_coaching(Coaching(), card, graded(card, a="yes", b="no"), CHECK)
    assert [p.dimension for p in coaching.strengths] == ["a"]
    assert finish_coaching(Coaching(), card, graded(card, a="no", b="no"), CHECK).strengths == ()


def test_one_point_a_dimension():
    card = many("a")
    proposed = Coaching(improvements=(point("a", "first"), point("a", "second")))
    assert [p.text for p in finish_coaching(proposed, card, graded(card, a="no"), CHECK).improvements] == [
        "first"
    ]


def test_a_grade_that_rests_on_absence_shows_the_first_turn_that_was_searched_by_the_right_speaker():
    card = many("a")
    (improvement,) = finish_coaching(Coaching(), card, graded(card, a="no-"), CHECK).improvements
    (evidence,) = improvement.evidence
    assert (evidence.turn, evidence.quote) == (2, "Let me look. It left on Monday.")


def test_a_point_without_any_words_is_not_made():
    card = many("a")
    check = EvidenceCheck(a_conversation(("agent", "x"), ("customer", "y"), ("customer", "z"), ("bot", "w")))
    assert finish_coaching(Coaching(), card, graded(card, a="no-"), check).improvements == ()


def test_nothing_graded_gives_no_coaching():
    card = many("a")
    assert finish_coaching(Coaching(strengths=(point("a"),)), card, (), CHECK) == Coaching()


def test_losses_are_shares_of_the_card():
    # One section: weights 1 and 3. a is half lost: 1/4 × 0.5 = 0.125; b is all lost: 3/4.
    card = a_card(a_dimension("a", scale=ORDINAL), a_dimension("b", weight=3))
    assert weighted_losses(card, graded(card, a=2, b="no")) == {"a": 0.125, "b": 0.75}


def test_losses_weigh_sections_that_have_grades():
    sections = [
        {"id": "s", "title": "S", "weight": 1, "dimensions": [a_dimension("a")]},
        {"id": "t", "title": "T", "weight": 3, "dimensions": [a_dimension("b")]},
        {"id": "u", "title": "U", "weight": 9, "dimensions": [a_dimension("c")]},
    ]
    card = a_card(sections=sections)
    assert weighted_losses(card, graded(card, a="no", b="no")) == {"a": 0.25, "b": 0.75}


@pytest.mark.parametrize(("auto_fail", "loss"), [("card", 1.0), ("section", 0.5)])
def test_an_automatic_failure_costs_all_that_it_fails(auto_fail, loss):
    sections = [
        {
            "id": "s",
            "title": "S",
            "dimensions": [a_dimension("a", auto_fail=auto_fail), a_dimension("b", weight=9)],
        },
        {"id": "t", "title": "T", "dimensions": [a_dimension("c")]},
    ]
    card = a_card(sections=sections)
    assert weighted_losses(card, graded(card, a="no", b="yes", c="yes"))["a"] == loss
