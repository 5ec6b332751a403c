"""How often the 95 % intervals of agreement hold the truth, and how wide they are, beside a plain bootstrap.

`python -m benchmarks.agreement_intervals`: draws labelled samples of judges whose true figures are known
(`simulated_judges`), and a pair that hardly agrees. `--repeats` and `--seed` make other samples.
"""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.simulated_judges import GOOD, HARSH, PEOPLE, joint
from service.calibration.agreement import figures_of
from service.calibration.arrays import Floats
from service.calibration.coefficients import coincidences_of
from service.calibration.figures import Figure, FigureName
from service.calibration.intervals import Interval, wilson
from service.calibration.tables import pair_tables
from service.cli.output import print_table
from service.domain.scorecard import Level, Scale

SIZES = (30, 100)
RESAMPLES = 1000
SHARES: tuple[FigureName, ...] = ("exact", "adjacent")
SCALE = Scale(
    type="ordinal",
    levels=tuple(Level(level=level, points=(level - 1) / 4, anchor=str(level)) for level in range(1, 6)),
)


class Tried(NamedTuple):
    """One interval: whether it held the truth, and its width."""

    held: bool
    width: float


def main() -> None:
    """Print coverage and mean width for each judge, size and figure."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.agreement_intervals", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20260101)
    options = parser.parse_args()
    judges = {"good": joint(GOOD), "harsh": joint(HARSH), "people": hardly_agreeing()}
    rows = [
        row
        for name, table in judges.items()
        for size in SIZES
        for row in rows_of(name, table, size, options.repeats, np.random.default_rng(options.seed))
    ]
    columns = ("Judge", "n", "Figure", "Truth", "Coverage", "Width", "None", "Bootstrap", "Its width")
    print_table(columns, rows, f"95 % intervals, {options.repeats} samples each")


def hardly_agreeing() -> Floats:
    """Return the joint probabilities of two raters of whom each guesses three times in four."""
    table: Floats = 0.75 * np.outer(PEOPLE, PEOPLE) + 0.25 * np.diag(PEOPLE)
    return table


def rows_of(
    name: str, table: Floats, size: int, repeats: int, generator: np.random.Generator
) -> Iterator[tuple[object, ...]]:
    """Yield a row for each figure of samples of `size` from the joint probabilities `table`."""
    truth = {key: float(_compute(figure, table * 1e9)) for key, figure in figures_of(SCALE, _one()).items()}
    ours: dict[FigureName, list[Tried | None]] = {key: [] for key in truth}
    plain: dict[FigureName, list[Tried | None]] = {key: [] for key in truth}
    for _ in range(repeats):
        cells = generator.choice(table.size, size, p=table.ravel() / table.sum())
        figures = figures_of(SCALE, pair_tables(len(table), *divmod(cells, len(table))))
        shares = np.bincount(cells, minlength=table.size) / size
        draws = generator.multinomial(size, shares, RESAMPLES).reshape(-1, *table.shape).astype(np.float64)
        for key, figure in figures.items():
            ours[key].append(_tried(_interval(figure), truth[key]))
            plain[key].append(_tried(_percentiles(figure, draws), truth[key]))
    for key in truth:
        missing = ours[key].count(None) / repeats
        yield name, size, key, _told(truth[key]), *_summary(ours[key]), _told(missing), *_summary(plain[key])


def _one() -> Floats:
    return pair_tables(len(PEOPLE), [0], [0])


def _compute(figure: Figure, counts: Floats) -> Floats:
    return figure.compute(coincidences_of(counts) if figure.name == "alpha" else counts)


def _interval(figure: Figure) -> Interval | None:
    if figure.name in SHARES and figure.value is not None:
        return wilson(round(figure.value * figure.n), figure.n)
    return figure.interval


def _percentiles(figure: Figure, draws: Floats) -> Interval | None:
    values = _compute(figure, draws)
    values = values[np.isfinite(values)]
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _tried(interval: Interval | None, truth: float) -> Tried | None:
    return interval and Tried(interval[0] <= truth <= interval[1], interval[1] - interval[0])


def _summary(tried: list[Tried | None]) -> tuple[str, str]:
    known = [one for one in tried if one is not None]
    return _told(float(np.mean([one.held for one in known]))), _told(
        float(np.mean([one.width for one in known]))
    )


def _told(value: float) -> str:
    return f"{value:.3f}"


if __name__ == "__main__":
    main()
