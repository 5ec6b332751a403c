"""One conversation, one card, any grader: conditions before and after, coaching, signals."""

from collections.abc import Iterator

from service.domain.evaluation import Assessment, Provenance
from service.domain.grade import Grade, Outcome, Ungraded, UngradedReason
from service.domain.scorecard import Scorecard
from service.domain.transcript import RedactedConversation
from service.grading.coaching import finish_coaching
from service.grading.conditions import Opening, apply_conditions, open_dimensions
from service.grading.evidence import EvidenceCheck
from service.grading.port import Grader
from service.grading.signals.measures import measure


async def assess(grader: Grader, conversation: RedactedConversation, card: Scorecard) -> Assessment:
    """Return a whole assessment: one grade for each dimension in card order, coaching and signals.

    `redactor` in the provenance is left to the caller. Raises what the grader raises (ModelAway,
    ModelRejected).
    """
    opening = open_dimensions(card, conversation)
    given = await _grade(grader, conversation, opening.card)
    grades = apply_conditions(card, tuple(_complete(card, given, opening, grader)))
    coaching = finish_coaching(given.coaching, card, grades, EvidenceCheck(conversation))
    signals = {**measure(conversation), **given.signals}
    return given.model_copy(update={"grades": grades, "coaching": coaching, "signals": signals})


async def _grade(grader: Grader, conversation: RedactedConversation, card: Scorecard | None) -> Assessment:
    if card is None:
        return Assessment(grades=(), provenance=Provenance(grader=grader.name, redactor=""))
    return await grader.grade(conversation, card)


def _complete(card: Scorecard, given: Assessment, opening: Opening, grader: Grader) -> Iterator[Grade]:
    """Yield a grade for each dimension: the grader's, or why there is none."""
    by_dimension = {grade.dimension: grade for grade in given.grades}
    for dimension in card.dimensions:
        if dimension.id in by_dimension and dimension.id not in opening.closed:
            yield by_dimension[dimension.id]
            continue
        missing: Outcome = opening.closed.get(dimension.id) or Ungraded(reason=UngradedReason.NO_ANSWER)
        yield Grade.of(dimension, card.section_of[dimension.id], missing, grader.name)
