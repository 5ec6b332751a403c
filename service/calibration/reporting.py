"""Means and rates of groups of evaluations: never the machine's plain average alone."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import hypot
from typing import NamedTuple

from service.calibration.arrays import Floats
from service.calibration.cases import Case, cases_of
from service.calibration.means import FEWEST_LABELS, corrected_mean, labels_only
from service.calibration.people import score_by_people
from service.calibration.rates import corrected_rate, labels_only_rate
from service.calibration.sample import counted
from service.calibration.sampling import countable
from service.domain.calibration import Basis, Corrected
from service.domain.evaluation import Evaluation, ScorecardRef
from service.domain.grade import GraderName
from service.domain.label import NOT_APPLICABLE, Label
from service.domain.labelled import LabelledEvaluation
from service.domain.report import By, Figure, Report, ReportRow
from service.domain.scorecard import Dimension, LevelValue, ScorecardRevision

NAN = float("nan")


class _Item(NamedTuple):
    """One conversation under one measure: both sides' numbers (NaN: not applicable, or no grade), people's
    being None where nobody labelled it, how likely it was drawn, and in what way it was graded.
    """

    people: float | None
    machine: float
    probability: float | None
    way: str


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
    evaluations: Sequence[LabelledEvaluation],
    notes: Sequence[str] = (),
) -> Report:
    """Return a row for each group of `evaluations`, which are all by this grader on this card, in order."""
    groups: dict[str | None, list[LabelledEvaluation]] = {}
    for one in evaluations:
        groups.setdefault(group_of(one.evaluation, by), []).append(one)
    rows = (_row(card, name, groups[name]) for name in sorted(groups, key=lambda x: (x is None, x or "")))
    return Report(
        scorecard=ScorecardRef(name=card.name, revision=card.revision),
        grader=grader,
        by=by,
        evaluations=len(evaluations),
        rows=tuple(rows),
        notes=(*notes, *_notes(evaluations)),
    )


def group_of(evaluation: Evaluation, by: By) -> str | None:
    """Return the group of an evaluation, None where it does not say. Periods are in UTC and go by when the
    conversation started, else by when it was accepted; weeks begin on Monday.
    """
    agent = evaluation.agent
    match by:
        case "all":
            return "all"
        case "agent":
            return agent.id if agent else None
        case "team":
            return agent.team if agent else None
        case "call_type":
            return evaluation.call_type
        case "language":
            return evaluation.language
    return _first_day((evaluation.started_at or evaluation.created_at).astimezone(UTC), by)


def _first_day(moment: datetime, by: By) -> str:
    if by == "week":
        moment -= timedelta(days=moment.weekday())
    if by == "month":
        moment = moment.replace(day=1)
    return moment.date().isoformat()


def _row(card: ScorecardRevision, group: str | None, evaluations: Sequence[LabelledEvaluation]) -> ReportRow:
    figures = tuple(_figure(card, measure, evaluations) for measure in measures_of(card))
    return ReportRow(group=group, evaluations=len(evaluations), figures=figures)


def _figure(card: ScorecardRevision, measure: Measure, evaluations: Sequence[LabelledEvaluation]) -> Figure:
    dimension = measure.dimension
    if dimension is None:
        items = [_score_item(card, one) for one in evaluations]
        outcomes = Counter("graded" if item.machine == item.machine else "ungraded" for item in items)
    else:
        cases = cases_of(dimension, evaluations)
        items = [_item(dimension, measure.answer, case) for case in cases]
        outcomes = Counter(case.grade.outcome if case.grade else "ungraded" for case in cases)
    graded = [item.machine for item in items if item.machine == item.machine]
    return Figure(
        dimension=dimension and dimension.id,
        answer=measure.answer,
        mean=_mean(items, measure),
        machine=sum(graded) / len(graded) if graded else None,
        graded=outcomes["graded"],
        not_applicable=outcomes["not_applicable"],
        ungraded=outcomes["ungraded"],
    )


def _mean(items: Sequence[_Item], measure: Measure) -> Corrected:
    """Return the mean over all ways of grading: how far one model is off says nothing of another."""
    ways = list(_by_way(items).values())
    enough = [way for way in ways if sum(item.people is not None for item in way) >= FEWEST_LABELS]
    if len(ways) > 1 and enough:
        mean = _together([(len(way), _mean_of_one_way(way, measure)) for way in enough])
    elif len(ways) > 1:
        mean = _labels_alone([item for item in items if item.people is not None], measure)
    else:
        mean = _mean_of_one_way(items, measure)
    return _within(mean, *measure.bounds)


def _by_way(items: Iterable[_Item]) -> dict[str, list[_Item]]:
    ways: dict[str, list[_Item]] = {}
    for item in items:
        ways.setdefault(item.way, []).append(item)
    return ways


def _mean_of_one_way(items: Sequence[_Item], measure: Measure) -> Corrected:
    labelled = [item for item in items if item.people is not None]
    drawn, chances = _countable(labelled)
    counted = {id(item) for item in drawn}
    corrected: Callable[..., Corrected] = corrected_mean if measure.answer is None else corrected_rate
    return corrected(
        [item.people for item in drawn],
        [item.machine for item in drawn],
        [item.machine for item in items if id(item) not in counted],
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


def _score_item(card: ScorecardRevision, one: LabelledEvaluation) -> _Item:
    machine = one.evaluation.score
    drawn = [_drawn(one, _counting(d, one.labels)) for d in card.scorecard.dimensions]
    people = score_by_people(card.scorecard, [label for label in drawn if label], one.evaluation.grades)
    return _Item(
        None if people is None else NAN if people.value is None else people.value,
        NAN if machine is None or machine.value is None else machine.value,
        _probability(one.labels),
        _way(one),
    )


def _item(dimension: Dimension, answer: LevelValue | None, case: Case) -> _Item:
    machine = case.answer
    if machine is None or machine == NOT_APPLICABLE:
        number = NAN
    else:
        number = float(machine if answer is None else machine == answer)
    return _Item(_people(dimension, answer, case), number, _probability(case.labels), _way(case.of))


def _way(one: LabelledEvaluation) -> str:
    """Return what tells ways of grading apart; the scorecard is the same for all."""
    provenance = one.evaluation.provenance
    return "" if provenance is None else Basis.of("", provenance).sha256


def _people(dimension: Dimension, answer: LevelValue | None, case: Case) -> float | None:
    """Return people's number: the mean of their levels, or whether the drawn one of them says `answer`; NaN
    where the drawn one calls it not applicable, None where nobody labelled it.
    """
    labels = _counting(dimension, case.labels)
    drawn = _drawn(case.of, labels)
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


def _drawn(one: LabelledEvaluation, labels: Sequence[Label]) -> Label | None:
    """Return the label of one rater, the same for all dimensions that this rater labelled.

    Conversations on which people tie are the hard ones: without them rates are too good. One rater's answer
    is a yes or a no and right on average, and a digest draws the same one every time.
    """
    conversation = one.evaluation.external_id or one.evaluation.id
    return min(labels, key=lambda label: _digest(f"{conversation}\0{label.rater}"), default=None)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _probability(labels: Iterable[Label]) -> float | None:
    return next((label.probability for label in labels if label.probability is not None), None)


def _notes(evaluations: Sequence[LabelledEvaluation]) -> Iterator[str]:
    if not evaluations:
        return
    labelled = [one for one in evaluations if any(label.blind is not False for label in one.labels)]
    if not labelled:
        yield (
            "no conversation has a label by a person who had not seen the grade: only the machine's own "
            "means are known, and how far they are off is not"
        )
        return
    ways = len({_way(one) for one in evaluations})
    if ways > 1:
        yield (
            f"graded in {ways} ways (models, prompts, redaction): each is corrected by its own labels, and "
            f"left out of a mean where it has fewer than {FEWEST_LABELS} while another has them"
        )
    unknown = [one for one in labelled if _probability(one.labels) is None]
    if unknown:
        yield (
            f"{counted(len(unknown), 'labelled conversation')} without a sampling probability: means hold if "
            "people picked them at random (`qalibrate labels plan` does)"
        )
    if unknown and len(unknown) < len(labelled):
        yield (
            f"of {len(labelled)} labelled conversations those without a sampling probability are left out "
            f"where {FEWEST_LABELS} others have one, else all count alike"
        )
