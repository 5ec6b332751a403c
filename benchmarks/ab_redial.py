"""How far people agree with each other on AB-ReDial, figure for figure beside an independent computation.

`python -m benchmarks.ab_redial FOLDER`, where FOLDER holds `ab_redial_annotated_dialogues.csv` (default:
`labels` in `$QALIBRATE_DATA`, else in `../shared/data` beside the repository).

The file does not say who graded: the k-th row of a dialogue is taken for rater k, so that "severity of rater
1" is that of whoever came first, not of one person. Five ids of the file stand for two dialogues each; those
are told apart by their text.
"""

import argparse
import csv
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from benchmarks import oracles
from service.calibration.agreement import agreement
from service.calibration.cases import consensus
from service.calibration.columns import constant_answers
from service.calibration.raters import ceiling, severities
from service.cli.output import print_table
from service.domain.agreement import Estimate, HumanCeiling
from service.domain.label import Label
from service.domain.scorecard import Dimension, Level, LevelValue, Scale

DATA = Path(os.environ.get("QALIBRATE_DATA", Path(__file__).parents[2] / "shared" / "data")) / "labels"
FILE = "ab_redial_annotated_dialogues.csv"
EQUAL = 0.0005
"""Figures nearer than this are the same to three decimals."""
PEOPLE = ("1", "2", "3")
"""The raters that every dialogue has."""


def _ordinal(name: str, levels: range) -> Dimension:
    points = [(level - levels[0]) / (len(levels) - 1) for level in levels]
    scale = Scale(
        type="ordinal",
        levels=tuple(Level(level=n, points=p, anchor=str(n)) for n, p in zip(levels, points, strict=True)),
    )
    return Dimension(id=name, title=name, question=name, scale=scale)


def _yes_no(name: str) -> Dimension:
    levels = (Level(level="no", points=0.0, anchor="0"), Level(level="yes", points=1.0, anchor="1"))
    return Dimension(id=name, title=name, question=name, scale=Scale(type="yes_no", levels=levels))


DIMENSIONS = (
    _ordinal("understanding", range(4)),
    _ordinal("task-completion", range(4)),
    _ordinal("interest-arousal", range(4)),
    _yes_no("efficiency"),
    _ordinal("dialogue-overall", range(1, 6)),
)


class Dialogue(NamedTuple):
    """A dialogue: `turns` are (who, text), who being SYSTEM or USER, and `labels` those of all raters."""

    id: str
    turns: tuple[tuple[str, str], ...]
    labels: tuple[Label, ...]

    def on(self, dimension: Dimension) -> tuple[Label, ...]:
        """Return the labels on one dimension."""
        return tuple(label for label in self.labels if label.dimension == dimension.id)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print every section; exit with 1 when a figure is another than the independent one."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ab_redial", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folder", type=Path, nargs="?", default=DATA, help=f"folder that holds {FILE}")
    path = parser.parse_args(arguments).folder / FILE
    if not path.is_file():
        parser.exit(2, f"There is no {path}: give its folder, or set QALIBRATE_DATA.\n")
    with path.open(encoding="utf-8", newline="") as file:
        dialogues = read(csv.DictReader(file))
    # Every section is printed, also after one that is not as it should be.
    as_it_should_be = [section(dialogues) for section in SECTIONS]
    sys.exit(0 if all(as_it_should_be) else 1)


def read(rows: Iterable[Mapping[str, str]]) -> list[Dialogue]:
    """Return the dialogues of the file's rows, in the order of their ids; empty cells are no labels."""
    ordered = sorted(rows, key=lambda row: (row["ConvId"], _turns(row)))
    dialogues = []
    for name, same_id in groupby(ordered, key=lambda row: row["ConvId"]):
        for number, (turns, judgements) in enumerate(groupby(same_id, key=_turns), 1):
            labels = [label for k, row in enumerate(judgements, 1) for label in _labels(row, str(k))]
            dialogues.append(Dialogue(name if number == 1 else f"{name}#{number}", turns, tuple(labels)))
    return dialogues


def _turns(row: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    said = [text for name, text in row.items() if name.startswith("utterance") and text]
    return tuple((who, words) for who, _, words in (text.partition("\t") for text in said))


def _labels(row: Mapping[str, str], rater: str) -> Iterator[Label]:
    for dimension in DIMENSIONS:
        if cell := row[dimension.id].strip():
            number = int(float(cell))
            level = ("no", "yes")[number] if dimension.scale.type == "yes_no" else number
            yield Label(dimension=dimension.id, rater=rater, level=level, blind=True)


def show_ceiling(dialogues: Sequence[Dialogue]) -> bool:
    """Print how far people agree, each figure beside the independent one; return whether all are equal."""
    rows: list[tuple[object, ...]] = []
    verdicts = []
    for dimension in DIMENSIONS:
        items = [[label.level for label in one.on(dimension)] for one in dialogues]
        humans = ceiling(dimension.scale, items)
        if humans is None:
            continue
        for name, ours, theirs in _beside(dimension, items, humans):
            verdict = _verdict(ours, theirs)
            verdicts.append(verdict == _EQUAL)
            rows.append(
                (dimension.id, humans.items, humans.pairs, name, _shown(ours), _told(theirs), verdict)
            )
    columns = ("Dimension", "Items", "Pairs", "Figure", "Value and 95 % interval", "Independent", "Verdict")
    print_table(columns, rows, f"People against people: {len(dialogues)} dialogues, 3 or 4 judgements each")
    return all(verdicts)


def _beside(
    dimension: Dimension, items: Sequence[Sequence[LevelValue]], humans: HumanCeiling
) -> Iterator[tuple[str, Estimate, float]]:
    order = [level.level for level in dimension.scale.levels]
    places = [[order.index(level) for level in item] for item in items if len(item) > 1]
    ordinal, size = dimension.scale.type == "ordinal", len(order)
    yield "exact", humans.exact, oracles.share_within(places, 0)
    if humans.adjacent is not None:
        yield "adjacent", humans.adjacent, oracles.share_within(places, 1)
    yield "QWK" if ordinal else "kappa", humans.qwk, oracles.kappa(places, ordinal=ordinal, levels=size)
    yield "AC2" if ordinal else "AC1", humans.ac2, oracles.ac(places, ordinal=ordinal, levels=size)
    yield "alpha", humans.alpha, oracles.alpha(places, ordinal=ordinal, levels=size)


def show_severity(dialogues: Sequence[Dialogue]) -> bool:
    """Print how each rater grades beside the others; return whether all figures are the independent ones."""
    rows: list[tuple[object, ...]] = []
    verdicts = []
    for dimension in DIMENSIONS:
        labels = [one.on(dimension) for one in dialogues]
        order = [level.level for level in dimension.scale.levels]
        given = [{label.rater: order.index(label.level) for label in one} for one in labels]
        for rater in severities(dimension.scale, labels):
            theirs = oracles.severity(
                [[one.get(str(k)) for k in range(1, 5)] for one in given], int(rater.rater) - 1
            )
            verdict = _verdict(rater.severity, theirs)
            verdicts.append(verdict == _EQUAL)
            shown = _shown(rater.severity), _told(theirs), verdict
            rows.append((dimension.id, rater.rater, rater.labels, *shown, rater.note))
    columns = ("Dimension", "Rater", "Labels", "Levels milder (+)", "Independent", "Verdict", "Note")
    print_table(
        columns, rows, "Severity. The k-th row of a dialogue is taken for rater k: the file names nobody"
    )
    return all(verdicts)


def show_one_against_others(dialogues: Sequence[Dialogue]) -> bool:
    """Print how far one person, and a constant guess, agree with what the other people said."""
    rows = [row for dimension in DIMENSIONS for row in _people_rows(dimension, dialogues)]
    print_table(
        ONE_AGAINST_OTHERS, rows, "One against the other people: the mean over raters 1 to 3 left out"
    )
    return True


ONE_AGAINST_OTHERS = ("Dimension", "Who", "Items", "Exact", "QWK", "Spearman", "MAE")


def _people_rows(dimension: Dimension, dialogues: Sequence[Dialogue]) -> Iterator[tuple[object, ...]]:
    def person(rater: str, one: Dialogue) -> LevelValue | None:
        return next((label.level for label in one.on(dimension) if label.rater == rater), None)

    yield against_others(dimension, dialogues, "one person", person)
    constant = {rater: _constant(dimension, dialogues, rater) for rater in PEOPLE}
    yield against_others(dimension, dialogues, "constant", lambda rater, one: constant[rater].get(one.id))


def _constant(dimension: Dimension, dialogues: Sequence[Dialogue], rater: str) -> dict[str, LevelValue]:
    agreed = {one.id: others_say(dimension, one, rater) for one in dialogues}
    known = {name: level for name, level in agreed.items() if level is not None}
    return dict(zip(known, constant_answers(dimension.scale, [*known], [*known.values()]), strict=True))


def others_say(dimension: Dimension, dialogue: Dialogue, rater: str) -> LevelValue | None:
    """Return what all but one rater said together, None where they tie."""
    levels = [label.level for label in dialogue.on(dimension) if label.rater != rater]
    return consensus(dimension.scale, levels)


def against_others(
    dimension: Dimension,
    dialogues: Sequence[Dialogue],
    who: str,
    answer: Callable[[str, Dialogue], LevelValue | None],
    number: Callable[[Dialogue], float] | None = None,
) -> tuple[object, ...]:
    """Return a row of `ONE_AGAINST_OTHERS`: what `answer` gives in place of each rater, against the others.

    `answer` is given the rater left out and the dialogue. `number` ranks dialogues more finely than levels
    do, for Spearman; without it the levels rank them.
    """
    figures = [_replacing(dimension, dialogues, rater, answer, number) for rater in PEOPLE]
    columns = zip(*(one[1:] for one in figures), strict=True)
    means = [fmean(known) if (known := [x for x in one if x is not None]) else None for one in columns]
    return dimension.id, who, figures[0][0], *(_told(mean) for mean in means)


def _replacing(
    dimension: Dimension,
    dialogues: Sequence[Dialogue],
    rater: str,
    answer: Callable[[str, Dialogue], LevelValue | None],
    number: Callable[[Dialogue], float] | None,
) -> tuple[int, float | None, float | None, float | None, float | None]:
    triples = []
    for one in dialogues:
        agreed, given = others_say(dimension, one, rater), answer(rater, one)
        if agreed is not None and given is not None:
            triples.append((agreed, given, one))
    found = agreement(
        dimension.scale, [agreed for agreed, _, _ in triples], [given for _, given, _ in triples]
    )
    order = [level.level for level in dimension.scale.levels]
    ranks = [number(one) if number else float(order.index(given)) for _, given, one in triples]
    spearman = _spearman([order.index(agreed) for agreed, _, _ in triples], ranks)
    return (
        found.n,
        found.exact.value,
        found.qwk.value,
        spearman,
        None if found.mae is None else found.mae.value,
    )


def _spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    from scipy.stats import spearmanr

    if len(set(first)) < 2 or len(set(second)) < 2:
        return None
    return float(spearmanr(first, second).statistic)


_EQUAL = "equal to three decimals"


def _verdict(ours: Estimate, theirs: float) -> str:
    if ours.value is None:
        return "not given"
    return _EQUAL if abs(ours.value - theirs) < EQUAL else f"DIFFERS by {ours.value - theirs:+.4f}"


def _shown(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return _told(estimate.value)
    return f"{_told(estimate.value)} [{_told(estimate.low)}, {_told(estimate.high)}]"


def _told(value: float | None) -> str:
    # Rounded first, so that noise of the arithmetic decides no half, and no 0 has a sign.
    return "" if value is None else f"{round(value, 9) + 0.0:.3f}"


SECTIONS: tuple[Callable[[Sequence[Dialogue]], bool], ...] = (
    show_ceiling,
    show_severity,
    show_one_against_others,
)
"""What is printed, in this order; each returns whether it is as it should be."""

if __name__ == "__main__":
    main()
