"""Finds the rules that hold in a row of words."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from service.grading.suspicion.lexicon import Rule, meanings, rules
from service.grading.suspicion.phrases import Hit, Phrases
from service.grading.suspicion.words import places

EXCUSE_REACH = 20
"""Words that a meaning which takes a rule back may be away at least."""


_PAIR = 2


class Match(NamedTuple):
    """The phrases that together are an instruction, by place."""

    rule: Rule
    hits: tuple[Hit, ...]


def matches(texts: Sequence[str]) -> Iterator[Match]:
    """Yield what in a row of words looks like an instruction, in the order in which it becomes complete."""
    hits = _phrases().hits(texts)
    if not _may_match(frozenset(hit.concept for hit in hits)):
        return
    at = list(places(texts))
    excuses = _places_of_excuses(hits, at)
    latest: dict[str, Hit] = {}
    for hit in hits:
        latest[hit.concept] = hit
        for rule in _rules_with(hit.concept):
            together = _together(rule, latest, at)
            if together and not _is_excused(rule, together, at, excuses):
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
    rule: Rule, together: tuple[Hit, ...], at: list[float], excuses: dict[str, list[float]]
) -> bool:
    first, last = at[together[0].first], at[max(hit.last for hit in together)]
    reach = max(rule.within, EXCUSE_REACH)
    return any(_any_within(excuses[name], first - reach, last + reach) for name in rule.unless)


def _any_within(values: list[float], low: float, high: float) -> bool:
    place = bisect_left(values, low)
    return place < len(values) and values[place] <= high


def _places_of_excuses(hits: list[Hit], at: list[float]) -> dict[str, list[float]]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    names = {name for rule in rules() for name in rule.unless}
    for hit in hits:
        if hit.concept in names:
            found[hit.concept].append(at[hit.first])
    return found
