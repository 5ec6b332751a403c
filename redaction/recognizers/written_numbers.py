"""Numbers written in figures: which kind each one is. The one place where kinds compete for a number.

What people call a number decides, the nearest words first. Where nobody calls it anything, a form that
nothing else has decides; then a checksum that fits; then what such a number most often is. A checksum that
does not fit decides nothing: a misread digit is no reason to let a number through, and a number that no kind
claims is left to ``long_numbers``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.recognizers import (
    american_numbers,
    british_numbers,
    cards,
    chinese_numbers,
    codes,
    phones,
    postcodes,
    russian_numbers,
)
from redaction.recognizers.number_kind import NumberKind
from redaction.recognizers.product_codes import is_of_a_product
from redaction.recognizers.reader import Found, Reader
from redaction.recognizers.shapes import compact

# The order settles ties: kinds whose form or sum is hardest to hit by chance come first.
KINDS: tuple[NumberKind, ...] = (
    *chinese_numbers.KINDS,
    *cards.KINDS,
    *russian_numbers.KINDS,
    *american_numbers.KINDS,
    *british_numbers.KINDS,
    *phones.KINDS,
    *postcodes.KINDS,
    *codes.KINDS,
)


# Why a number is what it is called, and how sure that is.
_NAMED, _FORM, _CHECKED, _LIKELY, _NEEDS_WORDS = 0.95, 0.9, 0.85, 0.7, 0.0
_ORDER = {kind: place for place, kind in enumerate(KINDS)}

_Claims = dict[NumberKind, float]
_Span = tuple[int, int]

_LONGEST_GAP = 36
_CLUSTER = regex.compile(rf"\d++(?:[^\d\n]{{1,{_LONGEST_GAP}}}\d++)*+")
_RUN = regex.compile(
    r"(?<![\p{Latin}\p{Cyrillic}\d]|\d[.,:/])\d++(?:(?: ?- ?| |\.)\d++)*+(?![\p{Latin}\p{Cyrillic}]|[.,:/]\d)"
)
_GROUP = regex.compile(r"\d+")
_MOST_GROUPS = 24
_FEWEST_DIGITS, _MOST_DIGITS = 4, 20
_YEAR = r"(?:19|20)\d{2}"
_HARMLESS = regex.compile(
    rf"{_YEAR}[-. ]\d{{1,2}}[-. ]\d{{1,2}}(?: \d{{1,2}})?|\d{{1,2}}[-. ]\d{{1,2}}[-. ]{_YEAR}|"
    rf"\d{{1,9}}\.\d{{1,2}}|{_YEAR}(?:[ \-]+{_YEAR})+|\d{{1,3}}(?:\.\d{{1,3}}){{3}}"
)
_MONEY_BEFORE = regex.compile(r"[$€£¥₽]\s?$")
_MEASURED_AFTER = regex.compile(
    r"\s?(?:[$€£¥₽元块%]|万|руб|dollars?\b|bucks\b|usd\b|eur\b|rub\b|euros?\b|pounds\b|yuan\b|percent\b|тыс|процент|шт\b|"
    r"килом|people\b|points\b|miles\b|km\b|mb\b|gb\b)",
    regex.IGNORECASE,
)
_AMOUNT_DIGITS = 12

_BEFORE, _AFTER = 110, 32
_LINES_BEFORE = 3
_MOST_WORDS, _MOST_HAN = 12, 22
_HAN = regex.compile(r"\p{Han}")
_WORD = regex.compile(r"[\p{L}\p{N}]+")
_SCRIPT_REACH = 300
_SAYS = (
    r"[\"')]{0,2},? ?(?:is|was|that is|that's|are|это|—|-|–|=|\(|是|为) ?"
    r"(?:my|our|his|her|the|your|мой|моя|мои|наш|我的|我)? ?"
)
_SOON = r"[\"')]{0,2}[,.]? ?(?:[\w']{1,12} ){0,2}?"


@dataclass(frozen=True, slots=True)
class _Words:
    """What a kind is called: anywhere before a number, after "is", or soon after it."""

    anywhere: "regex.Pattern[str]"
    said: "regex.Pattern[str]"
    soon: "regex.Pattern[str]"


def recognizers(language: str) -> list[EntityRecognizer]:
    """All kinds of numbers of all supported countries, whatever the language of the conversation."""
    entities = sorted({kind.kind for kind in KINDS})
    return [Reader("written numbers", entities, language, written_numbers)]


def written_numbers(text: str) -> Iterator[Found]:
    """The numbers in ``text`` that some kind claims; those that overlap are for others to settle."""
    for cluster in _CLUSTER.finditer(text):
        start, end = max(cluster.start() - _LONGEST_GAP, 0), min(cluster.end() + _LONGEST_GAP, len(text))
        forms = _forms(text, start, end)
        taken: set[_Span] = set()
        for run in _RUN.finditer(text, *cluster.span()):
            for found in _read_run(text, run.span(), forms):
                taken.add((found[1], found[2]))
                yield found
        for span, claims in forms.items():
            if span not in taken and (named := _decide(text, span, claims)):
                yield named


def _forms(text: str, start: int, end: int) -> dict[_Span, _Claims]:
    """Everything between two places that has the form of a number of some kind."""
    forms: dict[_Span, _Claims] = {}
    for kind, evidence, form in _all_forms():
        for match in form.finditer(text, start, end):
            if _is_possible(kind, evidence, match):
                claims = forms.setdefault(match.span(), {})
                claims[kind] = max(evidence, claims.get(kind, evidence))
    for span, claims in forms.items():
        bare = compact(text[slice(*span)])
        for kind in claims:
            if _is_checked(kind, bare, text, span):
                claims[kind] = max(_CHECKED, claims[kind])
    return forms


def _is_possible(kind: NumberKind, evidence: float, match: "regex.Match[str]") -> bool:
    if evidence != _LIKELY:
        return _HARMLESS.fullmatch(match.group()) is None
    return (kind.fits is None or kind.fits(match.group())) and _is_at_home(kind, match.string, match.span())


def _is_checked(kind: NumberKind, bare: str, text: str, span: _Span) -> bool:
    return (
        kind.check is not None
        and kind.checked is not None
        and _compiled(kind.checked).fullmatch(bare) is not None
        and kind.check(bare)
        and _is_at_home(kind, text, span)
    )


def _is_at_home(kind: NumberKind, text: str, span: _Span) -> bool:
    if kind.script is None:
        return True
    start, end = max(span[0] - _SCRIPT_REACH, 0), span[1] + _SCRIPT_REACH
    return _compiled(kind.script).search(text, start, end) is not None


def _read_run(text: str, run: _Span, forms: dict[_Span, _Claims]) -> Iterator[Found]:
    """The numbers in a run of groups of digits: the longest that some kind claims, then what is left."""
    groups = [match.span() for match in _GROUP.finditer(text, *run)]
    if len(groups) <= _MOST_GROUPS and not _is_harmless(text, run):
        yield from _read_groups(text, groups, forms)


def _read_groups(text: str, groups: list[_Span], forms: dict[_Span, _Claims]) -> Iterator[Found]:
    for size in range(len(groups), 0, -1):
        for first in range(len(groups) - size + 1):
            found = _read_number(text, (groups[first][0], groups[first + size - 1][1]), forms)
            if found:
                yield from _read_groups(text, groups[:first], forms)
                yield found
                yield from _read_groups(text, groups[first + size :], forms)
                return


def _read_number(text: str, span: _Span, forms: dict[_Span, _Claims]) -> Found | None:
    bare = compact(text[slice(*span)])
    if not _FEWEST_DIGITS <= len(bare) <= _MOST_DIGITS:
        return None
    claims = dict(forms.get(span, {}))
    for kind, digits in _all_digits():
        if _is_checked(kind, bare, text, span):
            claims.setdefault(kind, _CHECKED)
        elif digits is not None and digits.fullmatch(bare):
            claims.setdefault(kind, _NEEDS_WORDS)
    return _decide(text, span, claims)


def _is_harmless(text: str, run: _Span) -> bool:
    """Whether a run is a date, an amount, years, or says what it measures."""
    if _HARMLESS.fullmatch(text, *run):
        return True
    measured = _MONEY_BEFORE.search(text, max(run[0] - 2, 0), run[0]) or _MEASURED_AFTER.match(text, run[1])
    return measured is not None and run[1] - run[0] <= _AMOUNT_DIGITS


def _decide(text: str, span: _Span, claims: _Claims) -> Found | None:
    """The rule: nearest words, then form, then checksum, then likelihood; ties go by the order of kinds."""
    if is_of_a_product(text, *span):
        return None
    named = _nearest(text, span, claims)
    if named is not None and not _is_outdone(named, text, span, claims):
        return named.kind, *span, _NAMED
    if not claims:
        return None
    best = min(claims, key=lambda kind: (-claims[kind], _ORDER[kind]))
    evidence = claims[best]
    return None if evidence == _NEEDS_WORDS else (best.kind, *span, evidence)


def _is_outdone(named: NumberKind, text: str, span: _Span, claims: _Claims) -> bool:
    """Whether what an earlier turn calls an order looks like a card, or the like, and sums up as one."""
    if named.kind != kinds.REFERENCE_CODE or max(claims.values()) < _CHECKED:
        return False
    line = text.rfind("\n", 0, span[0]) + 1
    return _words(named).anywhere.search(text, line, span[0]) is None


def _nearest(text: str, span: _Span, candidates: Iterable[NumberKind]) -> NumberKind | None:
    """The kind that the words call the number: "… is my phone", else the nearest before, else right after.

    Of words that end at the same place the longer count: "zip code" says more than "code".
    """
    start = _window_start(text, span[0])
    near: list[tuple[int, int, NumberKind]] = []
    for kind in candidates:
        words = _words(kind)
        if words.said.match(text, span[1], span[1] + _AFTER):
            near.append((-1, 0, kind))
        elif words.soon.match(text, span[1], span[1] + _AFTER):
            near.append((_BEFORE, 0, kind))
        near += [(*rank, kind) for rank in _before(words.anywhere, text, start, span[0])]
    return min(near, key=lambda found: found[:2])[2] if near else None


def _before(words: "regex.Pattern[str]", text: str, start: int, stop: int) -> list[tuple[int, int]]:
    """How far the matches end before a number, and the negative of how long they are."""
    return [
        (stop - match.end(), match.start() - match.end())
        for match in words.finditer(text, start, stop)
        if _is_near(text[match.end() : stop])
    ]


def _window_start(text: str, at: int) -> int:
    """Where the words that may name a number begin: at most so many characters and lines before it."""
    start = at
    for _ in range(_LINES_BEFORE + 1):
        start = text.rfind("\n", 0, start) if start > 0 else -1
    return max(start + 1, at - _BEFORE)


def _is_near(between: str) -> bool:
    return len(_HAN.findall(between)) <= _MOST_HAN and len(_WORD.findall(between)) <= _MOST_WORDS + _MOST_HAN


@cache
def _words(kind: NumberKind) -> _Words:
    han = [word for word in kind.words if _HAN.search(word)]
    # Of two that begin at one place the longer has to be tried first.
    other = sorted((word for word in kind.words if not _HAN.search(word)), key=len, reverse=True)
    bounded = rf"(?<![\p{{Latin}}\p{{Cyrillic}}])(?:{'|'.join(other)})(?![\p{{Latin}}\p{{Cyrillic}}])"
    anywhere = "|".join([*([bounded] if other else []), *han])
    return _Words(*map(_compiled, (anywhere, f"{_SAYS}(?:{anywhere})", f"{_SOON}(?:{anywhere})")))


@cache
def _all_forms() -> tuple[tuple[NumberKind, float, "regex.Pattern[str]"], ...]:
    return tuple(
        (kind, evidence, _compiled(form))
        for kind in KINDS
        for evidence, forms in (
            (_NEEDS_WORDS, kind.written),
            (_FORM, kind.telling),
            (_LIKELY, kind.likely),
        )
        for form in forms
    )


@cache
def _all_digits() -> "tuple[tuple[NumberKind, regex.Pattern[str] | None], ...]":
    return tuple((kind, _compiled(kind.digits) if kind.digits else None) for kind in KINDS)


@cache
def _compiled(expression: str) -> "regex.Pattern[str]":
    return regex.compile(expression, regex.IGNORECASE)
