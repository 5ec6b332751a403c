"""Compares what redaction took out of one conversation with what people marked, by letters and digits.

Only letters and digits count: whether a comma went with a name changes nothing. Counts of conversations add
up; rates are made of sums (`report.py`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from evals.redaction.example import ANY, Example, Span

_CONTEXT = 30


@dataclass(slots=True)
class Gold:
    """Personal data of one type: characters in all and covered, whatever the label; spans in all and whole.

    `labels` says how many of the covered characters redaction gave which type.
    """

    characters: int = 0
    covered: int = 0
    spans: int = 0
    whole: int = 0
    labels: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Predicted:
    """What redaction took out as one type: characters in all and in any gold span; pieces, and false hits.

    A false hit is a piece that touches no gold span and nothing that is left out of the count.
    """

    characters: int = 0
    correct: int = 0
    hits: int = 0
    false_hits: int = 0


class Mistake(NamedTuple):
    """A miss or a false hit, with what stands around it. Personal data: for the eyes of who asked only."""

    kind: str
    type: str
    weight: int
    where: str
    turn: int
    before: str
    text: str
    after: str


@dataclass(slots=True)
class Tally:
    """The counts of one conversation, by type and for ANY, and what was wrong if that was asked for."""

    language: str
    turns: int
    characters: int
    gold: dict[str, Gold]
    predicted: dict[str, Predicted]
    mistakes: list[Mistake] = field(default_factory=list)


class Selection(NamedTuple):
    """What counts. Gold spans of `ignore` are neither personal data nor false hits, and what redaction took
    out as such a type is not looked at. Where `only` names types, nothing else that was taken out is either.
    Where `gold` names types, spans that people marked as any other are as if they were not marked.
    """

    ignore: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    gold: frozenset[str] = frozenset()

    def counts(self, predicted: str) -> bool:
        """Whether what was taken out as this type is looked at."""
        return predicted not in self.ignore and (not self.only or predicted in self.only)

    def is_gold(self, marked: str) -> bool:
        """Whether spans that people marked as this type should have been taken out."""
        return marked not in self.ignore and (not self.gold or marked in self.gold)


def score(
    example: Example, found: Iterable[Span], language: str, selection: Selection, mistakes: int = 0
) -> Tally:
    """Return the counts of one conversation; `found` is what redaction took out of its turns.

    With `mistakes`, the tally holds up to so many of the worst misses and as many false hits.
    """
    texts = [turn.text for turn in example.conversation.turns]
    characters = _Characters(texts)
    spans = [(span, characters.of(span)) for span in example.spans if selection.is_gold(span.type)]
    gold = _union(inside for _, inside in spans)
    ignored = (span for span in example.spans if span.type in selection.ignore)
    neutral = _union(characters.of(span) for span in (*ignored, *example.neutral)) - gold
    hits = [(span, characters.of(span)) for span in found if selection.counts(span.type)]
    labels = {place: span.type for span, inside in hits for place in inside - neutral}
    tally = Tally(language, len(texts), sum(map(len, texts)), _gold(spans, labels), _labels(labels, gold))
    _count_hits(tally.predicted, hits, gold, neutral)
    if mistakes:
        missed = [("miss", span, len(inside - labels.keys())) for span, inside in spans]
        false = [("false hit", span, len(inside)) for span, inside in hits if not inside & (gold | neutral)]
        for kind in (missed, false):
            worst = sorted((m for m in kind if m[2]), key=lambda m: -m[2])[:mistakes]
            tally.mistakes += [_mistake(example, *mistake) for mistake in worst]
    return tally


class _Characters:
    """Letters and digits of a conversation, numbered through all its turns."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._starts = [0]
        for text in texts:
            self._starts.append(self._starts[-1] + len(text))

    def of(self, span: Span) -> set[int]:
        text, base = self._texts[span.turn], self._starts[span.turn]
        return {base + place for place in range(span.start, span.end) if text[place].isalnum()}


def _union(sets: Iterable[set[int]]) -> set[int]:
    return set().union(*sets)


def _gold(spans: list[tuple[Span, set[int]]], labels: dict[int, str]) -> dict[str, Gold]:
    counts: dict[str, Gold] = {}
    places: dict[str, set[int]] = {}
    for span, inside in spans:
        # A span of nothing but signs can neither be covered nor missed.
        for name in (ANY, span.type) if inside else ():
            count = counts.setdefault(name, Gold())
            count.spans += 1
            count.whole += inside <= labels.keys()
            places.setdefault(name, set()).update(inside)
    for name, inside in places.items():
        counts[name].characters = len(inside)
        counts[name].labels = Counter(labels[place] for place in inside & labels.keys())
        counts[name].covered = counts[name].labels.total()
    return counts


def _labels(labels: dict[int, str], gold: set[int]) -> dict[str, Predicted]:
    counts: dict[str, Predicted] = {}
    for place, label in labels.items():
        for name in (ANY, label):
            count = counts.setdefault(name, Predicted())
            count.characters += 1
            count.correct += place in gold
    return counts


def _count_hits(
    counts: dict[str, Predicted], hits: list[tuple[Span, set[int]]], gold: set[int], neutral: set[int]
) -> None:
    for span, inside in hits:
        for name in (ANY, span.type) if inside else ():
            count = counts.setdefault(name, Predicted())
            count.hits += 1
            count.false_hits += not (inside & gold or inside & neutral)


def _mistake(example: Example, kind: str, span: Span, weight: int) -> Mistake:
    text = example.conversation.turns[span.turn].text
    before, after = text[max(0, span.start - _CONTEXT) : span.start], text[span.end : span.end + _CONTEXT]
    inside = text[span.start : span.end]
    return Mistake(kind, span.type, weight, example.where, span.turn, before, inside, after)


def worst(tallies: Iterable[Tally], count: int) -> Iterator[Mistake]:
    """Yield the `count` misses with most characters left, then as many of the longest false hits."""
    found = [mistake for tally in tallies for mistake in tally.mistakes]
    for kind in ("miss", "false hit"):
        yield from sorted((m for m in found if m.kind == kind), key=lambda m: -m.weight)[:count]
