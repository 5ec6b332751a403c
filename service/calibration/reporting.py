"""Means and rates of groups of evaluations: never the machine's plain average alone."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import hypot, isnan
from typing import NamedTuple

import numpy as np

from service.calibration.arrays import Floats
from service.calibration.means import FEWEST_LABELS, corrected_mean, labels_only
from service.calibration.people import score_by_people
from service.calibration.rates import corrected_rate, labels_only_rate
from service.calibration.sample import counted
from service.calibration.sampling import countable
from service.domain.calibration import Corrected
from service.domain.evaluation import ScorecardRef
from service.domain.grade import GraderName
from service.domain.graded import Graded
from service.domain.label import NOT_APPLICABLE, Label
from service.domain.report import By, Figure, Report, ReportRow
from service.domain.scorecard import Dimension, LevelValue, ScorecardRevision

NAN = float("nan")

_OUTCOMES: dict[LevelValue | None, str] = {None: "ungraded", NOT_APPLICABLE: "not_applicable"}


class _Item(NamedTuple):
    """One conversation under one measure: both sides' numbers (NaN: not applicable, or no grade), people's
    being None where nobody labelled it, and how likely it was drawn.
    """

    people: float | None
    machine: float
    probability: float | None


class Measure(NamedTuple):
    """What a figure is of: the score of the card (no dimension), a mean level, or the rate of an answer."""

    dimension: Dimension | None
    answer: LevelValue | None

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the largest value that a mean of this can have."""
        if self.dimension is None:
            return 0.0, 100.0
        if self.answer is not None:
            return 0.0, 1.0
        levels = [float(level.level) for level in self.dimension.scale.levels]
        return min(levels), max(levels)


def measures_of(card: ScorecardRevision) -> Iterator[Measure]:
    """Yield the card's score, then each dimension: its mean level, or the rate of each answer that matters.

    Of a yes/no dimension that is "yes", the other one being the rest.
    """
    yield Measure(None, None)
    for dimension in card.scorecard.dimensions:
        scale = dimension.scale
        if scale.type == "ordinal":
            yield Measure(dimension, None)
        elif scale.type == "yes_no":
            yield Measure(dimension, "yes")
        else:
            yield from (Measure(dimension, level.level) for level in scale.levels)


def report_of(
    card: ScorecardRevision,
    grader: GraderName,
    by: By,
    graded: Iterable[tuple[Graded, Sequence[Label]]],
    notes: Sequence[str] = (),
) -> Report:
    """Return a row for each group of conversations, which were all graded by this grader on this card, with
    people's labels of each. They are read once and not kept: there may be a million.
    """
    groups: dict[str | None, _Group] = {}
    seen = _Seen()
    for one, labels in graded:
        groups.setdefault(group_of(one, by), _Group(card)).add(one, labels)
        seen.add(one, labels)
    rows = (groups[name].row(name) for name in sorted(groups, key=lambda x: (x is None, x or "")))
    return Report(
        scorecard=ScorecardRef(name=card.name, revision=card.revision),
        grader=grader,
        by=by,
        evaluations=seen.conversations,
        rows=tuple(rows),
        notes=(*notes, *seen.notes()),
    )


def group_of(one: Graded, by: By) -> str | None:
    """Return the group of a conversation, None where it does not say. Periods are in UTC and go by when the
    conversation started, else by when it was accepted; weeks begin on Monday.
    """
    match by:
        case "all":
            return "all"
        case "agent":
            return one.agent
        case "team":
            return one.team
        case "call_type":
            return one.call_type
        case "language":
            return one.language
    return _first_day(one.began_at.astimezone(UTC), by)


def _first_day(moment: datetime, by: By) -> str:
    if by == "week":
        moment -= timedelta(days=moment.weekday())
    if by == "month":
        moment = moment.replace(day=1)
    return moment.date().isoformat()


class _Way:
    """One measure of conversations that were graded in one way: what people and the machine said of the
    labelled ones, and the machine's numbers of all others.
    """

    def __init__(self) -> None:
        self.labelled: list[_Item] = []
        self.machine = array("d")

    @property
    def conversations(self) -> int:
        """How many there are."""
        return len(self.labelled) + len(self.machine)


class _Column:
    """One measure of a group of conversations."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._ways: dict[str, _Way] = {}
        self._outcomes = Counter[str]()

    def add(self, way: str, item: _Item, outcome: str) -> None:
        """Take in what one conversation says."""
        self._outcomes[outcome] += 1
        mine = self._ways.get(way)
        if mine is None:
            mine = self._ways[way] = _Way()
        if item.people is None:
            mine.machine.append(item.machine)
        else:
            mine.labelled.append(item)

    def figure(self) -> Figure:
        """Return what it all comes to."""
        dimension = self._measure.dimension
        return Figure(
            dimension=dimension and dimension.id,
            answer=self._measure.answer,
            mean=_mean(list(self._ways.values()), self._measure),
            machine=self._plain_mean(),
            graded=self._outcomes["graded"],
            not_applicable=self._outcomes["not_applicable"],
            ungraded=self._outcomes["ungraded"],
        )

    def _plain_mean(self) -> float | None:
        parts = [np.asarray(way.machine, float) for way in self._ways.values()]
        parts += [np.array([item.machine for item in way.labelled]) for way in self._ways.values()]
        numbers = np.concatenate([part[~np.isnan(part)] for part in parts]) if parts else np.empty(0)
        return float(numbers.mean()) if numbers.size else None


class _Group:
    """The conversations of one row."""

    def __init__(self, card: ScorecardRevision) -> None:
        self._card = card
        self._columns = [(measure, _Column(measure)) for measure in measures_of(card)]
        self._conversations = 0

    def add(self, one: Graded, labels: Sequence[Label]) -> None:
        """Take in one conversation."""
        self._conversations += 1
        for measure, column in self._columns:
            dimension = measure.dimension
            if dimension is None:
                item = _score_item(self._card, one, labels)
                column.add(one.way, item, "ungraded" if isnan(item.machine) else "graded")
            elif dimension.id in one.answers or any(label.dimension == dimension.id for label in labels):
                answer = one.answers.get(dimension.id)
                item = _item(dimension, measure.answer, answer, one, labels)
                column.add(one.way, item, _OUTCOMES.get(answer, "graded"))

    def row(self, name: str | None) -> ReportRow:
        """Return what it all comes to."""
        figures = tuple(column.figure() for _, column in self._columns)
        return ReportRow(group=name, evaluations=self._conversations, figures=figures)


def _mean(ways: Sequence[_Way], measure: Measure) -> Corrected:
    """Return the mean over all ways of grading: how far one model is off says nothing of another."""
    enough = [way for way in ways if len(way.labelled) >= FEWEST_LABELS]
    if len(ways) > 1 and enough:
        mean = _together([(way.conversations, _mean_of_one_way(way, measure)) for way in enough])
    elif len(ways) > 1:
        mean = _labels_alone([item for way in ways for item in way.labelled], measure)
    else:
        mean = _mean_of_one_way(ways[0] if ways else _Way(), measure)
    return _within(mean, *measure.bounds)


def _mean_of_one_way(way: _Way, measure: Measure) -> Corrected:
    drawn, chances = _countable(way.labelled)
    counted = {id(item) for item in drawn}
    others = [item.machine for item in way.labelled if id(item) not in counted]
    corrected: Callable[..., Corrected] = corrected_mean if measure.answer is None else corrected_rate
    return corrected(
        [item.people for item in drawn],
        [item.machine for item in drawn],
        np.concatenate([np.array(others, float), np.asarray(way.machine, float)]),
        probability=chances,
    )


def _labels_alone(labelled: Sequence[_Item], measure: Measure) -> Corrected:
    drawn, chances = _countable(labelled)
    alone: Callable[..., Corrected] = labels_only if measure.answer is None else labels_only_rate
    mean = alone([item.people for item in drawn], probability=chances)
    note = f"labels only: graded in several ways, none of them with {FEWEST_LABELS} labels"
    return mean.model_copy(update={"note": "; ".join(part for part in (note, mean.note) if part)})


def _countable(labelled: Sequence[_Item]) -> tuple[list[_Item], Floats | None]:
    probability = [NAN if item.probability is None else item.probability for item in labelled]
    kept, chances = countable(probability, FEWEST_LABELS)
    return [item for item, is_kept in zip(labelled, kept, strict=True) if is_kept], chances


def _together(parts: Sequence[tuple[int, Corrected]]) -> Corrected:
    """Return Σ sₖθₖ over ways of grading with shares sₖ of the conversations; the distances of each end of
    the interval add up as errors that know nothing of each other do: √Σ (sₖdₖ)².
    """
    known = [(count, mean) for count, mean in parts if mean.value is not None]
    if len(known) < 2:
        return known[0][1] if known else parts[0][1]
    total = sum(count for count, _ in known)
    shares = [(count / total, mean, mean.value or 0.0) for count, mean in known]
    value = sum(share * each for share, _, each in shares)
    lows = [share * (each - mean.low) for share, mean, each in shares if mean.low is not None]
    highs = [share * (mean.high - each) for share, mean, each in shares if mean.high is not None]
    has_interval = len(lows) == len(highs) == len(shares)
    return Corrected(
        value=value,
        low=value - hypot(*lows) if has_interval else None,
        high=value + hypot(*highs) if has_interval else None,
        n=sum(mean.n for _, mean in known),
        method="corrected" if any(mean.method == "corrected" for _, mean in known) else "labels_only",
        note="; ".join(dict.fromkeys(mean.note for _, mean in known if mean.note)) or None,
    )


def _within(mean: Corrected, lowest: float, highest: float) -> Corrected:
    """Return the mean without what no mean can be: t intervals do not know where a scale ends."""
    if mean.value is None:
        return mean
    figures = {"value": mean.value, "low": mean.low, "high": mean.high}
    clipped = {k: v if v is None else min(max(v, lowest), highest) for k, v in figures.items()}
    return mean.model_copy(update=clipped)


def _score_item(card: ScorecardRevision, one: Graded, labels: Sequence[Label]) -> _Item:
    machine = NAN if one.score is None else one.score
    if not labels:
        return _Item(None, machine, None)
    drawn = [_drawn(one, _counting(d, labels)) for d in card.scorecard.dimensions]
    closed = {name for name, answer in one.answers.items() if answer == NOT_APPLICABLE}
    people = score_by_people(card.scorecard, [label for label in drawn if label], closed)
    number = None if people is None else NAN if people.value is None else people.value
    return _Item(number, machine, _probability(labels))


def _item(
    dimension: Dimension,
    answer: LevelValue | None,
    machine: LevelValue | None,
    one: Graded,
    labels: Sequence[Label],
) -> _Item:
    if machine is None or machine == NOT_APPLICABLE:
        number = NAN
    else:
        number = float(machine if answer is None else machine == answer)
    counting = _counting(dimension, labels) if labels else []
    if not counting:
        return _Item(None, number, None)
    mine = [label for label in labels if label.dimension == dimension.id and label.blind is not False]
    return _Item(_people(answer, one, counting), number, _probability(mine))


def _people(answer: LevelValue | None, one: Graded, labels: Sequence[Label]) -> float | None:
    """Return people's number: the mean of their levels, or whether the drawn one of them says `answer`; NaN
    where the drawn one calls it not applicable, None where nobody labelled it.
    """
    drawn = _drawn(one, labels)
    if drawn is None:
        return None
    if drawn.level == NOT_APPLICABLE:
        return NAN
    if answer is not None:
        return float(drawn.level == answer)
    numbers = [label.level for label in labels if isinstance(label.level, int)]
    return sum(numbers) / len(numbers)


def _counting(dimension: Dimension, labels: Iterable[Label]) -> list[Label]:
    """Return the blind labels of the dimension whose level is on its scale, or N/A."""
    mine = (label for label in labels if label.dimension == dimension.id and label.blind is not False)
    return [one for one in mine if one.level == NOT_APPLICABLE or dimension.scale.find(one.level)]


def _drawn(one: Graded, labels: Sequence[Label]) -> Label | None:
    """Return the label of one rater, the same for all dimensions that this rater labelled.

    Conversations on which people tie are the hard ones: without them rates are too good. One rater's answer
    is a yes or a no and right on average, and a digest draws the same one every time.
    """
    return min(labels, key=lambda label: _digest(f"{one.conversation}\0{label.rater}"), default=None)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _probability(labels: Iterable[Label]) -> float | None:
    return next((label.probability for label in labels if label.probability is not None), None)


class _Seen:
    """What there is to say about all conversations together."""

    def __init__(self) -> None:
        self.conversations = 0
        self._ways: set[str] = set()
        self._labelled = 0
        self._without_probability = 0

    def add(self, one: Graded, labels: Sequence[Label]) -> None:
        """Take in one conversation."""
        self.conversations += 1
        self._ways.add(one.way)
        if any(label.blind is not False for label in labels):
            self._labelled += 1
            self._without_probability += _probability(labels) is None

    def notes(self) -> Iterator[str]:
        """Yield sentences about what the figures are worth."""
        if not self.conversations:
            return
        if not self._labelled:
            yield (
                "no conversation has a label by a person who had not seen the grade: only the machine's own "
                "means are known, and how far they are off is not"
            )
            return
        yield from self._on_ways()
        yield from self._on_probabilities()

    def _on_ways(self) -> Iterator[str]:
        if len(self._ways) > 1:
            yield (
                f"graded in {len(self._ways)} ways (models, prompts, redaction): each is corrected by its "
                f"own labels, and left out of a mean where it has fewer than {FEWEST_LABELS} while another "
                "has them"
            )

    def _on_probabilities(self) -> Iterator[str]:
        unknown = self._without_probability
        if unknown:
            yield (
                f"{counted(unknown, 'labelled conversation')} without a sampling probability: means hold if "
                "people picked them at random (`qalibrate labels plan` does)"
            )
        if 0 < unknown < self._labelled:
            yield (
                f"of {self._labelled} labelled conversations those without a sampling probability are left "
                f"out where {FEWEST_LABELS} others have one, else all count alike"
            )
