"""Agreement over a whole scorecard: the mean of its dimensions, and whether a conversation passes."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from service.calibration.agreement import agreement, figures_of, tables_of
from service.calibration.arrays import Floats, Ints
from service.calibration.cases import cases_of
from service.calibration.columns import Answers, Columns, columns_of
from service.calibration.figures import FEWEST, Figure, FigureName
from service.calibration.intervals import of_coefficient, of_mean
from service.calibration.people import closed_by, score_by_people
from service.calibration.tables import answers_given
from service.domain.agreement import Agreement, Column, Estimate, OverallAgreement, OverallFigures
from service.domain.labelled import LabelledEvaluation
from service.domain.scorecard import Dimension, Level, Scale, Scorecard

PASS_OR_FAIL = Scale(
    type="choice",
    levels=(
        Level(level="fail", points=0.0, anchor="fails"),
        Level(level="pass", points=1.0, anchor="passes"),
    ),
)
_SHARES = ("exact", "adjacent")


class _Part(NamedTuple):
    """One figure of one dimension, and which of all conversations its items are."""

    figure: Figure
    conversations: Ints


def overall(
    card: Scorecard,
    evaluations: Sequence[LabelledEvaluation],
    others: Mapping[str, Mapping[Column, Answers]] | None = None,
) -> OverallAgreement:
    """Return how far each column agrees with people over all dimensions of `card` that have enough items.

    `others` are further columns by dimension and name, answers by evaluation id. A dimension counts the same
    however many labels it has; a column counts where it has answers on every dimension that counts.
    """
    tables = {
        dimension.id: (dimension, columns_of(dimension, cases_of(dimension, evaluations), more))
        for dimension in card.dimensions
        for more in [(others or {}).get(dimension.id, {})]
    }
    counted = [pair for pair in tables.values() if len(pair[1].items) >= FEWEST]
    ids = sorted({one for _, columns in counted for one in columns.ids})
    names: list[Column] = list(dict.fromkeys(name for _, columns in counted for name in columns.answers))
    whole = [name for name in names if all(name in columns.answers for _, columns in counted)]
    return OverallAgreement(
        conversations=len(ids),
        dimensions=tuple(dimension.id for dimension, _ in counted),
        columns={name: _column(name, counted, ids) for name in whole},
        passed=_passed(card, evaluations),
        notes=(*_few(len(tables), len(counted)), *_partial(names, counted)),
    )


def _few(all_dimensions: int, counted: int) -> list[str]:
    if counted == all_dimensions:
        return []
    return [
        f"{all_dimensions - counted} of {all_dimensions} dimensions have fewer than {FEWEST} items: left out"
    ]


def _partial(names: Sequence[Column], counted: Sequence[tuple[Dimension, Columns]]) -> list[str]:
    """Say which columns lack which dimensions; those that lack the same ones in one sentence."""
    lacking: dict[str, list[Column]] = {}
    for name in names:
        lacks = ", ".join(dimension.id for dimension, columns in counted if name not in columns.answers)
        if lacks:
            lacking.setdefault(lacks, []).append(name)
    return [
        f"no overall figure of {' and '.join(map(repr, those))}: no answers on {lacks}"
        for lacks, those in lacking.items()
    ]


def _column(name: Column, counted: Sequence[tuple[Dimension, Columns]], ids: Sequence[str]) -> OverallFigures:
    at = {one: place for place, one in enumerate(ids)}
    parts: dict[FigureName, list[_Part]] = {}
    for dimension, columns in counted:
        places = np.array([at[one] for one in columns.ids])
        for figure in _figures(dimension, columns, name).values():
            parts.setdefault(figure.name, []).append(_Part(figure, places[figure.kept]))
    adjacent = parts.get("adjacent")
    return OverallFigures(
        exact=_mean("exact", parts["exact"], len(ids)),
        adjacent=None if adjacent is None else _mean("adjacent", adjacent, len(ids)),
        qwk=_mean("qwk", parts["qwk"], len(ids)),
        ac2=_mean("ac2", parts["ac2"], len(ids)),
        alpha=_mean("alpha", parts["alpha"], len(ids)),
    )


def _figures(dimension: Dimension, columns: Columns, name: Column) -> dict[FigureName, Figure]:
    people, other = columns.people, columns.answers[name]
    may_be_absent = dimension.not_applicable is not None
    answers = answers_given(dimension.scale, (people, other), not_applicable=may_be_absent)
    return figures_of(dimension.scale, tables_of(answers, people, other))


def _mean(name: FigureName, parts: Sequence[_Part], conversations: int) -> Estimate:
    """Return the mean over dimensions; its interval leaves one conversation out of all of them at once."""
    defined = [part for part in parts if part.figure.value is not None]
    if not defined:
        return Estimate(value=None, n=conversations, note="defined on no dimension")
    value = float(np.mean([part.figure.value for part in defined]))
    without = np.mean([_without_each(part, conversations) for part in defined], axis=0)
    interval = of_mean(value, without, 0, 1) if name in _SHARES else of_coefficient(value, without)
    note = None if interval else "no interval: it hangs on a single conversation, or on none"
    if len(defined) < len(parts):
        note = f"mean of {len(defined)} dimensions: it is not defined on {len(parts) - len(defined)} others"
    low, high = interval or (None, None)
    return Estimate(value=value, low=low, high=high, n=conversations, note=note)


def _without_each(part: _Part, conversations: int) -> Floats:
    values = np.full(conversations, part.figure.value, dtype=np.float64)
    values[part.conversations] = part.figure.without_each
    return values


def _passed(card: Scorecard, evaluations: Sequence[LabelledEvaluation]) -> Agreement | None:
    pairs = [_verdicts(card, one) for one in evaluations]
    both = [(_word(people), _word(machine)) for people, machine in pairs if None not in (people, machine)]
    if not both:
        return None
    return agreement(PASS_OR_FAIL, [people for people, _ in both], [machine for _, machine in both])


def _verdicts(card: Scorecard, one: LabelledEvaluation) -> tuple[bool | None, bool | None]:
    evaluation = one.evaluation
    by_people = score_by_people(card, one.labels, closed_by(evaluation.grades))
    by_machine = evaluation.score
    return (
        None if by_people is None else by_people.passed,
        None if by_machine is None else by_machine.passed,
    )


def _word(passed: bool | None) -> str:
    return "pass" if passed else "fail"
