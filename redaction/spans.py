"""What recognizers find, and how overlapping findings become spans that do not overlap."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import regex

from redaction import kinds
from redaction.view import FILLER, MASK

# Between two parts of one name; a line break separates turns and therefore people.
_NAME_GAP = regex.compile(r"\.? {1,2}|-|\. ?")
_NO_PLACEHOLDER = regex.compile(f"[^{FILLER}{MASK}]+")
_EDGE = " \t\r\n\v\f.,;:!?，。；：！？、"
_LAST_WORD = regex.compile(r"\p{L}+$")
_LONGEST_INITIAL = 2
_ABBREVIATED = frozenset({"mrs", "prof", "messrs", "ing", "rev"})
_PLACES = frozenset({kinds.ADDRESS, kinds.LOCATION})
_CONTENT = regex.compile(r"[\p{L}\p{N}]")


VOTE = 0.5
"""The score of a finding that no rule stands behind: it wins no character from one that a rule found."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A span of the analysed text that a recognizer takes for personal data, with a score from 0 to 1."""

    start: int
    end: int
    type: str
    score: float

    @classmethod
    def at(cls, span: tuple[int, int], kind: str, score: float) -> "Finding":
        """A finding at a match's span."""
        return cls(span[0], span[1], kind, score)


def settle(findings: Iterable[Finding], text: str) -> list[Finding]:
    """Findings that do not overlap, in order of appearance.

    Overlapping findings of one type become one. Of different types the longer wins, then the higher score,
    then the type that comes first in the alphabet; votes lose to rules, fallback types to both. What a loser
    covers beyond the winner stays a finding of its own: nothing that was found is left in the clear, but for
    the word before a number that was voted for as a part of a place.
    A placeholder or mask in the text (``view.FILLER``, ``view.MASK``) is never part of a finding.
    """
    pieces = [part for finding in _unite(findings) for part in _around_placeholders(finding, text)]
    chosen = _outline(pieces, text)
    return _join_names([trimmed for piece in chosen if (trimmed := trim(piece, text))], text)


def trim(finding: Finding, text: str) -> Finding | None:
    """The finding without spaces and punctuation at its ends; ``None`` when it holds no letter or digit."""
    content = text[finding.start : finding.end]
    if not _CONTENT.search(content):
        return None
    start = finding.start + len(content) - len(content.lstrip(_EDGE))
    return replace(finding, start=start, end=start + len(content.strip(_EDGE)))


def cut(findings: Iterable[Finding], spans: Iterable[tuple[int, int]]) -> list[Finding]:
    """What the findings have in common with the spans."""
    spans = list(spans)
    return [
        replace(finding, start=max(finding.start, start), end=min(finding.end, end))
        for finding in findings
        for start, end in spans
        if finding.start < end and start < finding.end
    ]


def without(findings: Iterable[Finding], spans: Iterable[tuple[int, int]]) -> list[Finding]:
    """What is left of the findings outside of the spans."""
    left = list(findings)
    for start, end in spans:
        left = [
            part
            for finding in left
            for part in (
                replace(finding, end=min(finding.end, start)),
                replace(finding, start=max(finding.start, end)),
            )
            if part.start < part.end
        ]
    return left


def _unite(findings: Iterable[Finding]) -> list[Finding]:
    united: dict[str, list[Finding]] = {}
    for finding in sorted(findings):
        same = united.setdefault(finding.type, [])
        if same and finding.start < same[-1].end:
            last = same[-1]
            same[-1] = replace(last, end=max(last.end, finding.end), score=max(last.score, finding.score))
        else:
            same.append(finding)
    return [finding for same in united.values() for finding in same]


def _around_placeholders(finding: Finding, text: str) -> list[Finding]:
    matches = _NO_PLACEHOLDER.finditer(text, finding.start, finding.end)
    return [replace(finding, start=match.start(), end=match.end()) for match in matches]


def _rank(finding: Finding) -> tuple[bool, bool, int, float, str, int]:
    is_fallback, is_vote = finding.type in kinds.FALLBACK, finding.score <= VOTE
    length = finding.end - finding.start
    return (is_fallback, is_vote, -length, -finding.score, finding.type, finding.start)


def _outline(findings: list[Finding], text: str) -> list[Finding]:
    """Give every character to the best finding that covers it; a finding's characters may come in parts."""
    taken = bytearray(len(text))
    chosen: list[Finding] = []
    for finding in sorted(findings, key=_rank):
        for start, end in _free_runs(taken, finding.start, finding.end):
            if not _is_remnant(finding, start, end, text):
                chosen.append(replace(finding, start=start, end=end))
                taken[start:end] = b"\1" * (end - start)
    return sorted(chosen)


def _is_remnant(vote: Finding, start: int, end: int, text: str) -> bool:
    """Whether a part is the one word that a rule leaves of a voted place: mostly the one before a number."""
    is_part = end - start < vote.end - vote.start
    return is_part and vote.score <= VOTE and vote.type in _PLACES and len(text[start:end].split()) < 2


def _free_runs(taken: bytearray, start: int, end: int) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    at = taken.find(0, start, end)
    while at >= 0:
        stop = taken.find(1, at, end)
        stop = end if stop < 0 else stop
        runs.append((at, stop))
        at = taken.find(0, stop, end)
    return runs


def is_abbreviated(text: str, end: int) -> bool:
    """Whether the word that ends at ``end`` is an initial or a title: a full stop ends no sentence there."""
    word = _LAST_WORD.search(text, max(end - 8, 0), end)
    return word is not None and (
        len(word.group()) <= _LONGEST_INITIAL or word.group().lower() in _ABBREVIATED
    )


def _join_names(findings: list[Finding], text: str) -> list[Finding]:
    joined: list[Finding] = []
    for finding in findings:
        last = joined[-1] if joined else None
        if (
            last
            and last.type == finding.type == kinds.PERSON
            and _NAME_GAP.fullmatch(text, last.end, finding.start)
            and (text[last.end] != "." or is_abbreviated(text, last.end))
        ):
            joined[-1] = replace(last, end=finding.end, score=max(last.score, finding.score))
        else:
            joined.append(finding)
    return joined
