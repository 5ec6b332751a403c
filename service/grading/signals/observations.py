"""What rules see in a conversation, given to people next to any grader's grades."""

from service.domain.grade import Observation
from service.domain.scorecard import SignalName
from service.domain.transcript import RedactedConversation
from service.grading.signals.finding import Finding
from service.grading.signals.memory import shared_work
from service.grading.signals.registry import SIGNALS


def observe(conversation: RedactedConversation) -> tuple[Observation, ...]:
    """Return the finding of every signal, in the order of `SIGNALS`, which never changes.

    `value` is None where this transcript does not allow the measurement; the rationale says why.
    """
    with shared_work():
        return tuple(_observation(name, signal(conversation)) for name, signal in SIGNALS.items())


def _observation(name: SignalName, finding: Finding) -> Observation:
    return Observation(
        signal=name,
        value=finding.value,
        rationale=finding.rationale,
        evidence=finding.evidence,
        absence=finding.absence,
        suggestions=finding.suggestions,
    )
