"""Text models of a calibration: as a grader, and blended with another's grades."""

import pytest

from service.domain.calibration import Fitted
from service.domain.evaluation import Assessment, RedactionSummary
from service.domain.transcript import RedactedConversation
from service.grading.signals.grader import SignalsGrader
from service.usecases.answers import RedactAnswer
from service.usecases.assess import Graders
from service.usecases.calibrate import CalibrationRequest, calibrated
from service.usecases.following import Following
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from tests.service.calibration.making import a_grade, a_labelled_set, provenance, two_dimensions
from tests.service.cards import make_redacted

CARD = two_dimensions()
SUMMARY = RedactionSummary(entities={}, policy="p", version="7")


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    request = CalibrationRequest(scorecard="two", seed=1)
    return calibrated(CARD, "llm", a_labelled_set(harsh=1), request)


def said(words: str) -> RedactedConversation:
    return make_redacted(f"Agent number 77 was {words} today.")


def with_blend(fitted: Fitted, *weights: float) -> Fitted:
    parts = [one.model_copy(update={"blend": None}) for one in fitted.calibration.dimensions]
    parts[0] = parts[0].model_copy(update={"blend": weights})
    return fitted._replace(calibration=fitted.calibration.model_copy(update={"dimensions": tuple(parts)}))


async def followed(fitted: Fitted, words: str = "lovely great", **changes) -> Assessment:
    grade = a_grade(CARD.scorecard, "tone", 3, 0.9, expected_level=3.2)
    before = Assessment(grades=(grade,), provenance=provenance(**changes))
    return await Following()(fitted, CARD.scorecard, said(words), before)


def test_all_columns_are_compared_on_the_same_labels(fitted):
    tone = fitted.calibration.dimensions[0].agreement
    assert set(tone.columns) == {"constant", "learned", "llm", "blend"}
    assert len({one.n for one in tone.columns.values()}) == 1
    assert tone.columns["learned"].qwk.value > tone.columns["constant"].qwk.value
    assert fitted.calibration.learned


def test_learning_again_gives_the_same_bytes(fitted):
    again = calibrated(CARD, "llm", a_labelled_set(harsh=1), CalibrationRequest(scorecard="two", seed=1))
    assert again.models == fitted.models


async def test_a_blend_that_won_gives_the_expected_level_and_leaves_the_level(fitted):
    blend = with_blend(fitted, 0.5, 0.5, 0.0)
    good, bad = await followed(blend, "lovely great"), await followed(blend, "rude awful")
    assert good.grades[0].expected_level > bad.grades[0].expected_level
    assert {one.grades[0].level for one in (good, bad)} == {3}
    assert good.grades[0].raw_expected_level == 3.2
    only_machine = await followed(with_blend(fitted, 1.0, 0.0, 0.0))
    assert only_machine.grades[0].expected_level == 3.2


async def test_an_expired_calibration_blends_nothing(fitted):
    done = await followed(with_blend(fitted, 0.0, 1.0, 0.0), model="other")
    assert (done.grades[0].expected_level, done.provenance.calibration) == (3.2, None)


async def test_models_that_cannot_be_read_are_no_reason_to_lose_a_grade(fitted):
    broken = with_blend(fitted, 0.0, 1.0, 0.0)._replace(models=b"not models")
    done = await followed(broken)
    assert done.provenance.calibration == fitted.calibration.id


async def test_the_text_model_grades_by_name_and_no_calibration_speaks_for_it(fitted):
    graders = Graders({"signals": SignalsGrader()}, 30, RedactAnswer(WorkPool(0), Policies()))
    done = await graders.grade("learned", said("lovely great"), CARD.scorecard, SUMMARY, "t", fitted=fitted)
    tone = next(grade for grade in done.grades if grade.dimension == "tone")
    assert (tone.grader, tone.level) == ("learned", 5)
    assert (tone.disposition, tone.raw_confidence) == ("needs_review", None)
    assert done.provenance.calibration is None
    assert done.provenance.model.startswith("learned-")


@pytest.mark.parametrize("models", [None, b"not models"])
async def test_without_text_models_the_learned_grader_fails_with_a_sentence(fitted, models):
    graders = Graders({"signals": SignalsGrader()}, 30, RedactAnswer(WorkPool(0), Policies()))
    less = fitted._replace(models=models)
    done = await graders.grade("learned", said("kind"), CARD.scorecard, SUMMARY, "t", fitted=less)
    assert done.type in {"grader-not-configured", "invalid-learned-models"}
    assert "text models" in done.detail or "learned models" in done.detail
