"""The grader that needs nothing: it grades what signals measure and leaves the rest to a language model."""

import asyncio
from collections.abc import Callable, Sequence
from functools import cache
from statistics import fmean

from service.domain.evaluation import Assessment, Provenance
from service.domain.grade import Absence, Grade, GraderName, Outcome, Ungraded, UngradedReason, Verdict
from service.domain.scorecard import Dimension, Level, Scorecard, SignalName
from service.domain.transcript import Language, RedactedConversation
from service.grading.signals.confidence import confidence
from service.grading.signals.finding import Finding
from service.grading.signals.lexicon import lexicon
from service.grading.signals.measures import measure
from service.grading.signals.memory import shared_work
from service.grading.signals.quotes import distinct
from service.grading.signals.registry import SIGNALS

Findings = Sequence[tuple[SignalName, Finding]]
"""What each of several signals found."""


class SignalsGrader:
    """Grades the dimensions whose scorecard entry names signals. Every other one is ungraded, because it
    needs a language model; so is one about the customer, because signals measure the agent.
    """

    name: GraderName = "signals"

    async def grade(self, conversation: RedactedConversation, card: Scorecard) -> Assessment:
        """Return one grade for each dimension of `card`, and the figures of the conversation.

        The work is done in a thread: a very long transcript takes seconds, in which others must be served.
        """
        return await asyncio.to_thread(self.assess, conversation, card)

    def assess(self, conversation: RedactedConversation, card: Scorecard) -> Assessment:
        """Return the same at once, in the caller's thread."""

        @cache
        def find(signal: SignalName) -> Finding:
            return SIGNALS[signal](conversation)

        with shared_work():
            return Assessment(
                grades=tuple(self._grade(d, card, find) for d in card.dimensions),
                signals=measure(conversation),
                provenance=Provenance(grader=self.name, redactor=""),
            )

    def _grade(self, dimension: Dimension, card: Scorecard, find: Callable[[SignalName], Finding]) -> Grade:
        named: Findings = [] if dimension.about == "customer" else [(n, find(n)) for n in dimension.signals]
        outcome = _outcome(dimension, named, card.language)
        grade = Grade.of(dimension, card.section_of[dimension.id], outcome, self.name)
        level = dimension.scale.find(grade.level)
        if level is None:
            return grade
        findings = [finding for _, finding in named]
        sure, parts = confidence(dimension.scale, level, _mean(findings), findings)
        return grade.model_copy(update={"confidence": sure, "confidence_parts": parts})


def _outcome(dimension: Dimension, named: Findings, language: Language) -> Outcome:
    if not named:
        return Ungraded(reason=UngradedReason.NEEDS_MODEL)
    if any(finding.needs_a_reader for _, finding in named):
        return Ungraded(reason=UngradedReason.NEEDS_MODEL)
    measured = [(name, finding) for name, finding in named if finding.value is not None]
    if not measured:
        return Ungraded(reason=UngradedReason.NOT_MEASURABLE)
    findings = [finding for _, finding in measured]
    level = dimension.scale.nearest(_mean(findings))
    if _may_not_apply(dimension, level, findings):
        return Ungraded(reason=UngradedReason.NEEDS_MODEL)
    return Verdict(
        level=level.level,
        rationale=" ".join(finding.rationale for finding in findings),
        evidence=distinct(piece for finding in findings for piece in finding.evidence),
        absence=_joined(measured, language),
    )


def _mean(findings: Sequence[Finding]) -> float:
    """Return the mean of the values that could be measured; there is one at least."""
    return fmean(finding.value for finding in findings if finding.value is not None)


def _may_not_apply(dimension: Dimension, level: Level, findings: Sequence[Finding]) -> bool:
    """Return whether the level may be "no" or "not applicable", between which only a reader can decide: the
    lowest one, for nothing but that something was not found, where the dimension allows "not applicable".
    """
    found_nothing = not any(finding.evidence for finding in findings)
    return dimension.not_applicable is not None and found_nothing and level == dimension.scale.lowest


def _joined(measured: Findings, language: Language) -> Absence | None:
    """Return what was looked for in vain, told in the scorecard's language, by all signals together."""
    absences = [(name, finding.absence) for name, finding in measured if finding.absence]
    if not absences:
        return None
    return Absence(
        searched=tuple(sorted({pair for _, absence in absences for pair in absence.searched})),
        looked_for="; ".join(lexicon(language).wording[name].looked_for for name, _ in absences),
    )
