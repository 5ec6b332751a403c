"""Adds up the counts of conversations and makes rates of them, per language and entity type."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Annotated

import numpy as np
from pydantic import PlainSerializer

from evals.redaction.example import ANY
from evals.redaction.intervals import RESAMPLES, SEED, percentiles, resampled_sums
from evals.redaction.naming import expected_type
from evals.redaction.scoring import Gold, Predicted, Tally
from service.calibration.arrays import Floats
from service.calibration.intervals import LEVEL, Interval, wilson
from service.domain.base import Model

ALL = "all"
"""The group of all languages."""

_GOLD, _COVERED, _PREDICTED, _CORRECT, _FALSE, _TURNS, _CONVERSATIONS = range(7)


Told = Annotated[float, PlainSerializer(partial(round, ndigits=6), return_type=float)]
"""Written with six places; more of them is noise of the arithmetic."""


class Estimate(Model):
    """A rate and its 95 % interval; `low` and `high` are absent where one cannot be given."""

    value: Told
    low: Told | None
    high: Told | None


class TypeRow(Model):
    """One entity type as people named it, or one that only redaction used (then nothing is known of recall).

    Recall, F2 and leak rate are of the spans of this type, whatever redaction called them; precision and
    false hits of what redaction took out as `expected`, the type it gives such a span. `labelled` counts
    the covered characters by the type that redaction gave them.
    """

    type: str
    expected: str | None
    spans: int
    spans_whole: int
    characters: int
    characters_covered: int
    hits: int
    false_hits: int
    hit_characters: int
    hit_characters_correct: int
    recall: Estimate | None
    precision: Estimate | None
    f2: Estimate | None
    leak_rate: Estimate | None
    labelled: dict[str, int]


class Group(Model):
    """The conversations of one language, or all of them; the first row of `types` is ANY."""

    language: str
    conversations: int
    turns: int
    characters: int
    false_hits_per_1000_turns: Estimate
    false_hits_per_100_conversations: Estimate
    types: tuple[TypeRow, ...]

    @property
    def any(self) -> TypeRow:
        """The row over all types."""
        return self.types[0]


class Method(Model):
    """How the intervals were made."""

    level: float = LEVEL
    recall_precision_f2_false_hits: str = "percentile bootstrap over conversations"
    leak_rate: str = "Wilson"
    resamples: int = RESAMPLES
    seed: int = SEED


class Report(Model):
    """What a set gives: all languages first, then each, when there is more than one."""

    groups: tuple[Group, ...]
    intervals: Method = Method()

    @property
    def overall(self) -> Group:
        """The group of all conversations."""
        return self.groups[0]


def make_report(tallies: Sequence[Tally]) -> Report:
    """Return the rates of at least one conversation; the order of the conversations changes nothing."""
    languages = sorted({tally.language for tally in tallies})
    if len(languages) == 1:
        return Report(groups=(_group(languages[0], tallies),))
    parts = [_group(language, [t for t in tallies if t.language == language]) for language in languages]
    return Report(groups=(_group(ALL, tallies), *parts))


def f2(precision: float | None, recall: float | None) -> float | None:
    """Return 5PR / (4P + R), the F measure with β = 2 (van Rijsbergen 1979): recall counts twice as much.

    Nothing covered gives 0, whatever the precision; otherwise `None` where either is not known.
    """
    if recall == 0:
        return 0.0
    if precision is None or recall is None:
        return None
    return 5 * precision * recall / (4 * precision + recall)


def _group(language: str, tallies: Sequence[Tally]) -> Group:
    names: list[tuple[str, str | None]] = [(ANY, None), *_names(tallies)]
    # All rows from the same samples: it is quicker, and what differs between two rows is not the draw.
    resampled = resampled_sums([_numbers(tally, names) for tally in tallies])
    sums = [None] * len(names) if resampled is None else np.split(resampled, len(names), axis=1)
    turns = sum(tally.turns for tally in tallies)
    false = sum(tally.predicted[ANY].false_hits for tally in tallies if ANY in tally.predicted)
    return Group(
        language=language,
        conversations=len(tallies),
        turns=turns,
        characters=sum(tally.characters for tally in tallies),
        false_hits_per_1000_turns=_estimate(
            1000 * false / turns, percentiles(sums[0], lambda s: 1000 * s[:, _FALSE] / s[:, _TURNS])
        ),
        false_hits_per_100_conversations=_estimate(
            100 * false / len(tallies),
            percentiles(sums[0], lambda s: 100 * s[:, _FALSE] / s[:, _CONVERSATIONS]),
        ),
        types=tuple(_row(tallies, *name, part) for name, part in zip(names, sums, strict=True)),
    )


def _names(tallies: Sequence[Tally]) -> list[tuple[str, str]]:
    """Return the types as (marked, expected): most spans first, then types that only redaction used."""
    spans = Counter({ANY: 0})
    hits = Counter({ANY: 0})
    for tally in tallies:
        spans.update({name: gold.spans for name, gold in tally.gold.items()})
        hits.update({name: predicted.hits for name, predicted in tally.predicted.items()})
    marked = [(name, expected_type(name)) for name in _by_count(spans)]
    expected = {name for _, name in marked}
    return marked + [(name, name) for name in _by_count(hits) if name not in expected]


def _by_count(counts: Counter[str]) -> list[str]:
    return sorted((name for name in counts if name != ANY), key=lambda name: (-counts[name], name))


def _row(tallies: Sequence[Tally], name: str, expected: str | None, sums: Floats | None) -> TypeRow:
    predicted_name = expected or name
    gold = _sum_gold(tally.gold[name] for tally in tallies if name in tally.gold)
    predicted = _sum_predicted(t.predicted[predicted_name] for t in tallies if predicted_name in t.predicted)
    recall = gold.covered / gold.characters if gold.characters else None
    precision = predicted.correct / predicted.characters if predicted.characters else None
    leaks = gold.spans - gold.whole
    return TypeRow(
        type=name,
        expected=expected,
        spans=gold.spans,
        spans_whole=gold.whole,
        characters=gold.characters,
        characters_covered=gold.covered,
        hits=predicted.hits,
        false_hits=predicted.false_hits,
        hit_characters=predicted.characters,
        hit_characters_correct=predicted.correct,
        recall=_resampled(recall, sums, _recalls),
        precision=_resampled(precision, sums, _precisions),
        f2=_resampled(f2(precision, recall), sums, _f2s),
        leak_rate=_estimate(leaks / gold.spans, wilson(leaks, gold.spans)) if gold.spans else None,
        labelled=dict(sorted(gold.labels.items(), key=lambda item: (-item[1], item[0]))),
    )


def _numbers(tally: Tally, names: Sequence[tuple[str, str | None]]) -> list[int]:
    """Return what is summed of a conversation: seven numbers for each row, in the order of `_GOLD` and on."""
    numbers: list[int] = []
    for marked, expected in names:
        gold = tally.gold.get(marked) or Gold()
        predicted = tally.predicted.get(expected or marked) or Predicted()
        numbers += (gold.characters, gold.covered, predicted.characters, predicted.correct)
        numbers += (predicted.false_hits, tally.turns, 1)
    return numbers


def _sum_gold(counts: Iterable[Gold]) -> Gold:
    total = Gold()
    for count in counts:
        total.characters += count.characters
        total.covered += count.covered
        total.spans += count.spans
        total.whole += count.whole
        total.labels += count.labels
    return total


def _sum_predicted(counts: Iterable[Predicted]) -> Predicted:
    total = Predicted()
    for count in counts:
        total.characters += count.characters
        total.correct += count.correct
        total.hits += count.hits
        total.false_hits += count.false_hits
    return total


def _recalls(sums: Floats) -> Floats:
    return sums[:, _COVERED] / sums[:, _GOLD]


def _precisions(sums: Floats) -> Floats:
    return sums[:, _CORRECT] / sums[:, _PREDICTED]


def _f2s(sums: Floats) -> Floats:
    precision, recall = _precisions(sums), _recalls(sums)
    return np.where(recall == 0, 0.0, 5 * precision * recall / (4 * precision + recall))


def _resampled(value: float | None, sums: Floats | None, rate: Callable[[Floats], Floats]) -> Estimate | None:
    return None if value is None else _estimate(value, percentiles(sums, rate))


def _estimate(value: float, interval: Interval | None) -> Estimate:
    low, high = interval or (None, None)
    return Estimate(value=value, low=low, high=high)
