"""Finds the rules that hold in a row of words."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple, cast

from service.grading.suspicion.lexicon import Rule, meanings, rules
from service.grading.suspicion.phrases import Hit, Phrases
from service.grading.suspicion.words import places

EXCUSE_REACH = 8
"""Words that a meaning which takes a rule back may be away at most, in the same sentence: recognised speech
has no sentences, and elsewhere in a turn anybody may speak of a hotel.
"""


_PAIR = 2


Places = dict[str, dict[Hashable, list[float]]]
"""Where the meanings that take a rule back stand: by meaning and sentence."""


class Match(NamedTuple):
    """The phrases that together are an instruction, by place."""

    rule: Rule
    hits: tuple[Hit, ...]


def matches(texts: Sequence[str], sentences: Sequence[Hashable] = ()) -> Iterator[Match]:
    """Yield what in a row of words looks like an instruction, in the order in which it becomes complete.

    `sentences` says for each word which sentence it stands in; without it, all is one.
    """
    hits = _phrases().hits(texts)
    if not _may_match(frozenset(hit.concept for hit in hits)):
        return
    at = list(places(texts))
    parts = sentences or [0] * len(texts)
    excuses = _places_of_excuses(hits, at, parts)
    latest: dict[str, Hit] = {}
    for hit in hits:
        latest[hit.concept] = hit
        for rule in _rules_with(hit.concept):
            together = _together(rule, latest, at)
            if together and not _is_excused(rule, together, at, parts, excuses):
                yield Match(rule, together)


@lru_cache(maxsize=16_384)
def _may_match(concepts: frozenset[str]) -> bool:
    """Whether any rule has all its meanings among `concepts`."""
    return any(concepts.issuperset(rule.all) for rule in rules())


@cache
def _phrases() -> Phrases:
    return Phrases(meanings())


@cache
def _rules_with(concept: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules() if concept in rule.all)


def _together(rule: Rule, latest: dict[str, Hit], at: list[float]) -> tuple[Hit, ...]:
    """Return the latest phrase of each meaning if they stand close enough, else nothing."""
    found = [latest[concept] for concept in rule.all if concept in latest]
    if len(found) < len(rule.all):
        return ()
    ordered = sorted(found, key=lambda hit: hit.first)
    if len(ordered) == _PAIR and ordered[0].last >= ordered[1].first:
        # "Score" alone is no order to give the "highest score".
        return ()
    first, last = ordered[0].first, max(hit.last for hit in found)
    return tuple(ordered) if at[last] - at[first] <= rule.within else ()


def _is_excused(
    rule: Rule, together: tuple[Hit, ...], at: list[float], parts: Sequence[Hashable], excuses: Places
) -> bool:
    low = at[together[0].first] - EXCUSE_REACH
    high = at[max(hit.last for hit in together)] + EXCUSE_REACH
    said_in = {parts[hit.first] for hit in together}
    return any(
        _any_within(excuses[name].get(part, []), low, high) for name in rule.unless for part in said_in
    )


def _any_within(values: list[float], low: float, high: float) -> bool:
    place = bisect_left(values, low)
    return place < len(values) and values[place] <= high


def _places_of_excuses(hits: list[Hit], at: list[float], parts: Sequence[Hashable]) -> Places:
    found: defaultdict[str, defaultdict[Hashable, list[float]]] = defaultdict(lambda: defaultdict(list))
    names = {name for rule in rules() for name in rule.unless}
    for hit in hits:
        if hit.concept in names:
            found[hit.concept][parts[hit.first]].append(at[hit.first])
    return cast("Places", found)
