"""From what the model says on a dimension to an outcome that is proved, or to the problem that a repair
names.
"""

from collections.abc import Iterable

from service.domain.grade import Absence, Evidence, NotApplicable, Outcome, UngradedReason, Verdict
from service.domain.scorecard import About, Dimension
from service.grading.answer import Claim, DimensionAnswer
from service.grading.evidence import EvidenceCheck, Fault
from service.grading.problem import Problem, RejectedQuote


def judge(
    answer: DimensionAnswer | UngradedReason, dimension: Dimension, check: EvidenceCheck
) -> Outcome | Problem:
    """Return the outcome if everything that `answer` rests on was verified, else the problem.

    One quote that fails makes the whole answer a problem: it is asked again, never quietly cut down. What
    does not apply needs no evidence, but what it has is checked, and any speaker's words may show it.
    """
    if isinstance(answer, UngradedReason):
        return Problem(dimension.id, answer)
    about = dimension.about if answer.applies else "conversation"
    evidence, rejected = check_quotes(answer.evidence, about, check)
    absence = _check_absence(answer, about, check)
    if isinstance(absence, RejectedQuote):
        rejected = [*rejected, absence]
    if rejected or (answer.applies and not evidence and absence is None):
        return Problem(dimension.id, UngradedReason.NO_EVIDENCE, tuple(rejected))
    if answer.level is None:
        return NotApplicable(reason=answer.rationale, evidence=tuple(evidence))
    absence = absence if isinstance(absence, Absence) else None
    return Verdict(level=answer.level, rationale=answer.rationale, evidence=tuple(evidence), absence=absence)


def check_quotes(
    claims: Iterable[Claim], about: About, check: EvidenceCheck
) -> tuple[list[Evidence], list[RejectedQuote]]:
    """Return the evidence for the quotes that were said by whom they may be, and the other quotes."""
    evidence: list[Evidence] = []
    rejected: list[RejectedQuote] = []
    for claim in dict.fromkeys(claims):
        found = check.quote(claim.turn, claim.quote, about)
        if isinstance(found, Fault):
            rejected.append(RejectedQuote(claim.turn, claim.quote, found))
        elif found not in evidence:
            evidence.append(found)
    return evidence, rejected


def _check_absence(
    answer: DimensionAnswer, about: About, check: EvidenceCheck
) -> Absence | RejectedQuote | None:
    if answer.absence is None:
        return None
    claim = answer.absence
    found = check.absence(claim.looked_for, claim.first, claim.last, about)
    return RejectedQuote(claim.first, claim.looked_for, found) if isinstance(found, Fault) else found
