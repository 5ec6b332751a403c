"""One conversation, one card, any grader: conditions, coaching, and what rules saw meanwhile."""

import asyncio
from collections.abc import Iterator, Sequence

import structlog

from service.domain.evaluation import Assessment, Provenance
from service.domain.grade import Flag, Grade, Outcome, Ungraded, UngradedReason
from service.domain.scorecard import Scorecard
from service.domain.transcript import RedactedConversation
from service.grading.coaching import finish_coaching
from service.grading.conditions import Opening, apply_conditions, open_dimensions
from service.grading.confidence import agreement, confidence
from service.grading.defences import ALL_ON, Defences
from service.grading.evidence import EvidenceCheck
from service.grading.looking import Elsewhere, Seen, look
from service.grading.port import Grader

log = structlog.get_logger(__name__)

NOT_LOOKED = "rules could not look at this conversation; planted instructions may stand in it"
MOST_TURNS_NAMED = 5
"""Turns that a disposition names when words in them look like an instruction."""


async def assess(
    grader: Grader,
    conversation: RedactedConversation,
    card: Scorecard,
    defences: Defences = ALL_ON,
    elsewhere: Elsewhere = asyncio.to_thread,
) -> Assessment:
    """Return a whole assessment: one grade for each dimension in card order, coaching, signals and flags.

    Rules look `elsewhere` while the model thinks. `redactor` in the provenance is left to the caller. Raises
    what the grader raises (ModelAway, ModelRejected).
    """
    opening = open_dimensions(card, conversation)
    second = None if grader.name == "signals" else opening.card
    looking = asyncio.ensure_future(elsewhere(look, conversation, second, flags=defences.flags))
    try:
        given = await _grade(grader, conversation, opening.card)
        seen = await _seen(looking)
    finally:
        looking.cancel()
    grades = apply_conditions(card, tuple(_complete(card, given, opening, grader)))
    coaching = finish_coaching(given.coaching, card, grades, EvidenceCheck(conversation))
    changed = {
        "grades": tuple(_judged(grade, card, seen) for grade in grades),
        "coaching": coaching,
        "signals": {**seen.figures, **given.signals},
        "observations": seen.observations,
        "flags": (*given.flags, *seen.flags),
    }
    return given.model_copy(update=changed)


async def _seen(looking: "asyncio.Future[Seen]") -> Seen:
    """Return what rules saw. That they failed is no reason to throw away a grading that was paid for."""
    try:
        return await looking
    except Exception as error:
        log.error("rules could not look at a conversation", error=type(error).__name__)
        return Seen({}, (), (), {}, complete=False)


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


def _judged(grade: Grade, card: Scorecard, seen: Seen) -> Grade:
    """Return the grade with its confidence, and with what a person has to look at first."""
    changed: dict[str, object] = {}
    if grade.confidence is None and grade.confidence_parts is not None:
        dimension = next(d for d in card.dimensions if d.id == grade.dimension)
        agreed = agreement(dimension, grade, seen.second_opinion.get(grade.dimension))
        parts = grade.confidence_parts.model_copy(update={"agreement": agreed})
        changed = {"confidence_parts": parts, "confidence": confidence(parts)}
    if not seen.complete:
        changed |= {"disposition": "needs_review", "disposition_reason": NOT_LOOKED}
    if seen.flags:
        changed |= {"disposition": "needs_review", "disposition_reason": _suspicion(seen.flags)}
    return grade.model_copy(update=changed) if changed else grade


def _suspicion(flags: Sequence[Flag]) -> str:
    turns = sorted({flag.turn for flag in flags if flag.turn is not None})
    if not turns:
        return "words in a reference text look like an instruction to the grader"
    named = ", ".join(map(str, turns[:MOST_TURNS_NAMED])) + (", …" if turns[MOST_TURNS_NAMED:] else "")
    return f"words in the transcript look like an instruction to the grader (turns {named})"
