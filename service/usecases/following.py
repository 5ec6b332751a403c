"""What grades become that follow a calibration, and the grader that its text models are."""

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

import structlog

from service.calibration.applying import applied, raw_expected_level
from service.domain.calibration import Fitted
from service.domain.errors import InvalidInput
from service.domain.evaluation import Assessment
from service.domain.grade import Grade
from service.domain.label import NOT_APPLICABLE
from service.domain.scorecard import Dimension, Scorecard
from service.domain.transcript import RedactedConversation
from service.grading.port import Grader
from service.usecases.closed import like_their_conditions

if TYPE_CHECKING:
    from service.grading.learned.models import LearnedModels
    from service.grading.learned.prediction import Prediction

log = structlog.get_logger(__name__)

REMEMBERED = 16
"""Calibrations whose text models are kept ready to grade."""


class Following:
    """Applies calibrations. Text models are read once, and only where something needs them."""

    def __init__(self) -> None:
        self._models: OrderedDict[str, LearnedModels] = OrderedDict()

    def learned(self, fitted: Fitted | None) -> Grader | None:
        """Return the grader that a calibration's text models are, None where it has none.

        Raises InvalidLearnedModels when they cannot be read.
        """
        if fitted is None or fitted.models is None:
            return None
        # Imported here: few grade with text models, and numpy is slow to load.
        from service.grading.learned.grader import LearnedGrader

        return LearnedGrader(self._read(fitted))

    async def __call__(
        self,
        fitted: Fitted | None,
        card: Scorecard,
        conversation: RedactedConversation,
        assessment: Assessment,
    ) -> Assessment:
        """Return the assessment as it is under a calibration: see `applied`. Where a blend with the text
        model comes nearer to people than either alone, the expected level is the blend's.

        What `learned` graded is left as it is: the labels that could say how good it is are those it learned.
        """
        if fitted is None or assessment.provenance.grader == "learned":
            return assessment
        done = applied(fitted.calibration, card, assessment)
        if done.provenance.calibration is not None and not assessment.flags:
            done = like_their_conditions(card, assessment, done)
        blends = any(one.blend for one in fitted.calibration.dimensions)
        if done.provenance.calibration is None or fitted.models is None or not blends:
            return done
        try:
            return await asyncio.to_thread(self._blended, fitted, card, conversation, done)
        except InvalidInput as error:
            # No reason to throw away grades that were paid for.
            log.error("text models cannot be read", calibration=fitted.calibration.id, reason=error.detail)
            return done

    def _blended(
        self, fitted: Fitted, card: Scorecard, conversation: RedactedConversation, done: Assessment
    ) -> Assessment:
        models = self._read(fitted)
        weights = {one.dimension: one.blend for one in fitted.calibration.dimensions if one.blend}
        asked = {d.id: d for d in card.dimensions if d.id in weights and models.covers(d)}
        said = models.predict(conversation.turns)
        grades = tuple(
            _with_blend(grade, asked[grade.dimension], weights[grade.dimension], said[grade.dimension])
            if grade.dimension in asked
            else grade
            for grade in done.grades
        )
        return done.model_copy(update={"grades": grades})

    def _read(self, fitted: Fitted) -> "LearnedModels":
        from service.grading.learned.models import LearnedModels

        name = fitted.calibration.id
        known = self._models.get(name) or LearnedModels.from_bytes(fitted.models or b"")
        self._models[name] = known
        if len(self._models) > REMEMBERED:
            self._models.popitem(last=False)
        return known


def _with_blend(grade: Grade, dimension: Dimension, weights: tuple[float, ...], said: "Prediction") -> Grade:
    """Return the grade with the level that grader and text model together expect of people."""
    from service.grading.learned.blend import MachineAnswer, blended

    if grade.level is None or dimension.scale.type != "ordinal" or said.level == NOT_APPLICABLE:
        return grade
    machine = MachineAnswer(grade.level, raw_expected_level(grade, calibrated=True))
    _, expected = blended(dimension.scale, weights, machine, said)
    return grade if expected is None else grade.model_copy(update={"expected_level": round(expected, 3)})
