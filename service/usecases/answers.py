"""Takes personal data out of what a model wrote, before it is stored or returned.

Verified quotes are left as they are: they are words of the redacted transcript, and their spans must hold.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from redaction import Plugin, Policy, Segment
from service.domain.evaluation import Assessment
from service.domain.facts import ContactFacts
from service.domain.grade import Absence, CoachingPoint, Evidence, Flag, Grade
from service.domain.transcript import Language, RedactedConversation, Turn
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from service.usecases.redact import redactor_for
from service.usecases.turn_numbers import HiddenTurnNumbers

Write = Callable[[str], str]

_PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]{0,40}_[0-9]{1,9}>", re.IGNORECASE)
# Texts that have nothing to do with each other: a number or a question must not reach from one to the next.
_APART = [Segment("", ".")] * 4


class RedactedTexts(NamedTuple):
    """Texts after redaction, and how many pieces of each type were taken out of them."""

    texts: list[str]
    counts: dict[str, int]


class RedactAnswer:
    """Redacts the words of graders that use a model, away from the event loop."""

    def __init__(self, pool: WorkPool, policies: Policies, plugin: Plugin | None = None) -> None:
        self._pool = pool
        self._policies = policies
        self._plugin = plugin

    async def __call__(
        self,
        assessment: Assessment,
        conversation: RedactedConversation,
        tenant: str,
        names: Sequence[str] = (),
    ) -> Assessment:
        """Return the assessment with redacted words, and `taken_out` counted.

        `names` are taken out wherever they stand, unless the policy keeps agents' names. Raises
        RedactionTooSlow and Unavailable.
        """
        if assessment.provenance.grader == "signals":
            return assessment
        texts = words_of(assessment, conversation.turns)
        if not texts:
            return assessment
        policy, taken = self._policies.of(tenant), sorted(placeholders_in(conversation))
        redacted = await self._pool.run(
            redact_texts,
            policy,
            conversation.language,
            texts,
            taken,
            len(conversation.turns),
            tuple(names),
            self._plugin,
        )
        new = iter(redacted.texts)
        done = rewritten(assessment, conversation.turns, lambda _: next(new))
        return done.model_copy(update={"taken_out": redacted.counts})


def placeholders_in(conversation: RedactedConversation) -> set[str]:
    """Return every placeholder that stands anywhere in the conversation."""
    return set(_PLACEHOLDER.findall(conversation.model_dump_json()))


def redact_texts(
    policy: Policy,
    language: Language,
    texts: Sequence[str],
    taken: Sequence[str],
    turns: int = 0,
    names: Sequence[str] = (),
    plugin: Plugin | None = None,
) -> RedactedTexts:
    """Redact texts about one conversation of `turns` turns; placeholders `taken` are not issued again.

    A name that stands in several of them gets one placeholder.
    """
    hidden = HiddenTurnNumbers(texts, turns)
    segments = [segment for text in hidden.texts for segment in (Segment("", text), *_APART)]
    found = redactor_for(policy, plugin).redact(
        [*segments, Segment("", " ".join(taken))], language, agent_names=tuple(names)
    )
    step = 1 + len(_APART)
    written = [hidden.shown(text) for text in found.turns[: len(segments) : step]]
    return RedactedTexts(written, dict(sorted(Counter(e.type for e in found.entities).items())))


def words_of(assessment: Assessment, turns: Sequence[Turn]) -> list[str]:
    """Return every text that `rewritten` would write anew, in its order."""
    texts: list[str] = []

    def read(text: str) -> str:
        texts.append(text)
        return text

    rewritten(assessment, turns, read)
    return texts


def rewritten(assessment: Assessment, turns: Sequence[Turn], write: Write) -> Assessment:
    """Return the assessment with `write` applied to everything in it that may be a model's own words.

    What the scorecard says of itself stays, and so do observations, which rules write, and quotes that stand
    in the turns they name.
    """
    coaching = {
        "strengths": _points(assessment.coaching.strengths, turns, write),
        "improvements": _points(assessment.coaching.improvements, turns, write),
    }
    changed = {
        "grades": tuple(_grade(grade, turns, write) for grade in assessment.grades),
        "coaching": assessment.coaching.model_copy(update=coaching),
        "facts": assessment.facts and _facts(assessment.facts, turns, write),
        "flags": tuple(_flag(flag, turns, write) for flag in assessment.flags),
    }
    return assessment.model_copy(update=changed)


def _grade(grade: Grade, turns: Sequence[Turn], write: Write) -> Grade:
    changed = {
        "rationale": grade.rationale and write(grade.rationale),
        "not_applicable_reason": grade.not_applicable_reason and write(grade.not_applicable_reason),
        "absence": grade.absence and _absence(grade.absence, write),
        "evidence": _evidence(grade.evidence, turns, write),
    }
    return grade.model_copy(update=changed)


def _absence(absence: Absence, write: Write) -> Absence:
    return absence.model_copy(update={"looked_for": write(absence.looked_for)})


def _points(
    points: Iterable[CoachingPoint], turns: Sequence[Turn], write: Write
) -> tuple[CoachingPoint, ...]:
    return tuple(
        point.model_copy(
            update={"text": write(point.text), "evidence": _evidence(point.evidence, turns, write)}
        )
        for point in points
    )


def _facts(facts: ContactFacts, turns: Sequence[Turn], write: Write) -> ContactFacts:
    """Write every `text` and every quote anew, whichever facts there are."""

    def fact(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(fact(one) for one in value)
        if not isinstance(value, BaseModel):
            return value
        changed = {name: write(text) for name, text in value if name == "text"}
        evidence = {name: _evidence(e, turns, write) for name, e in value if name == "evidence"}
        return value.model_copy(update=changed | evidence)

    return facts.model_copy(update={name: fact(value) for name, value in facts})


def _evidence(evidence: Iterable[Evidence], turns: Sequence[Turn], write: Write) -> tuple[Evidence, ...]:
    return tuple(
        piece
        if _said(turns, piece.turn)[piece.start : piece.end] == piece.quote
        else piece.model_copy(update={"quote": write(piece.quote)})
        for piece in evidence
    )


def _flag(flag: Flag, turns: Sequence[Turn], write: Write) -> Flag:
    if flag.turn is not None and flag.quote in _said(turns, flag.turn):
        return flag
    return flag.model_copy(update={"quote": write(flag.quote)})


def _said(turns: Sequence[Turn], number: int) -> str:
    return turns[number].text if number < len(turns) else ""
