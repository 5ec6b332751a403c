import pytest

from service.domain.transcript import RedactedConversation
from service.grading.assess import assess
from service.grading.learned.grader import LearnedGrader, grade_of
from service.grading.learned.prediction import Prediction
from service.grading.port import Grader
from tests.service.grading.building import ORDINAL, YES_NO, a_card, a_dimension
from tests.service.grading.learned.corpora import conversations, ordinal


def a_conversation(warm: int) -> RedactedConversation:
    turns, warmth = conversations(30, seed=4)
    chosen = next(one for one, warm_ in zip(turns, warmth, strict=True) if warm_ == warm)
    turns_of = [turn.model_dump() for turn in chosen]
    return RedactedConversation.model_validate({"language": "en", "turns": turns_of})


@pytest.fixture
def grader(models) -> Grader:
    return LearnedGrader(models)


async def test_it_grades_what_it_learned_and_says_what_it_is(grader):
    card = a_card(a_dimension("warmth", scale=ORDINAL), a_dimension("warm", scale=YES_NO))
    cold, warm = [await assess(grader, a_conversation(n), card) for n in (0, 4)]
    assert [grade.level for grade in cold.grades] == [1, "no"]
    assert [grade.level for grade in warm.grades] == [3, "yes"]
    grade = warm.grades[0]
    assert grade.grader == "learned"
    assert grade.rationale == (
        "A text model fitted on people's grades of 90 conversations; it cites no evidence."
    )
    assert grade.evidence == ()
    assert grade.confidence is not None
    assert grade.confidence > 0.8
    assert grade.expected_level is not None
    assert grade.expected_level > 2.3
    assert grade.confidence_parts is not None
    assert 0 < grade.confidence_parts.level_probability <= 1


async def test_its_grades_name_the_models_they_come_from(grader, models):
    assessment = await grader.grade(a_conversation(2), a_card(a_dimension("warm", scale=YES_NO)))
    assert assessment.provenance.grader == "learned"
    assert assessment.provenance.model == f"learned-{models.digest}"


async def test_what_nobody_labelled_needs_labels(grader):
    assessment = await grader.grade(a_conversation(2), a_card(a_dimension("closing")))
    assert [(grade.outcome, grade.ungraded_reason) for grade in assessment.grades] == [
        ("ungraded", "needs labels")
    ]


@pytest.mark.parametrize("levels", [(1, 2), (1, 2, 4), (0, 1, 2)])
async def test_a_scale_that_has_changed_needs_new_labels(grader, levels):
    scale = {"type": "ordinal", "levels": [{"level": x, "points": 0.5, "anchor": "-"} for x in levels]}
    assessment = await grader.grade(a_conversation(2), a_card(a_dimension("warmth", scale=scale)))
    assert assessment.grades[0].ungraded_reason == "needs labels"


async def test_other_anchors_are_still_the_same_scale(grader):
    levels = [{**level, "anchor": "other words"} for level in ORDINAL["levels"]]
    card = a_card(a_dimension("warmth", scale={"type": "ordinal", "levels": levels}))
    assert (await grader.grade(a_conversation(2), card)).grades[0].outcome == "graded"


@pytest.mark.parametrize(
    ("language", "word"), [("en", "text model"), ("ru", "текстовой модели"), ("zh", "文本模型")]
)
async def test_the_rationale_is_in_the_language_of_the_card(grader, language, word):
    card = a_card(a_dimension("warm", scale=YES_NO), language=language)
    assert word in (await grader.grade(a_conversation(2), card)).grades[0].rationale


@pytest.mark.parametrize(("allowed", "outcome"), [("Nobody asked.", "not_applicable"), (None, "ungraded")])
def test_not_applicable_is_given_only_where_the_card_still_allows_it(allowed, outcome):
    said = Prediction("na", 0.8, (0.2, 0.3, 0.5), 2.3, 0.8)
    grade = grade_of(said, ordinal(not_applicable=allowed), "main", "why")
    assert grade.outcome == outcome
    assert grade.confidence == (0.8 if allowed else None)
