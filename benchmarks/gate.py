"""What the gate catches, and how often one base fails builds that changed nothing, on simulated runs.

`python -m benchmarks.gate [--seed N] [--scale X] [--processes N]` prints the tables of evals/README.md; the
same seed and scale give the same bytes. Three dimensions of five levels: people, the base and each build
are one level off in 30 % of answers, whatever the others say.
"""

import argparse
import math
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache

# Before anything imports numpy: two processes with a thread each are faster than two with four.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402

from evals.gate.items import Answers, Item  # noqa: E402
from evals.gate.judgement import LossTest  # noqa: E402
from evals.gate.worse import losses_of  # noqa: E402
from service.domain.grade import Evidence, Grade, Verdict  # noqa: E402
from service.domain.label import Label  # noqa: E402
from service.domain.scorecard import Dimension, Level, Scale  # noqa: E402

Levels = npt.NDArray[np.int64]
"""Answers of shape (repeats, conversations, dimensions), or people's without the first."""

ALPHA = 0.05
OFF = 0.3
FLIPS = 1_999
"""A fifth of the gate's own: over many tries the rates are the same."""
NAMES = ("help", "needs", "closing")
SIZES = (30, 60, 100, 200)
SHARES = (0.0, 0.1, 0.2, 0.4)
CATCHES = (400, 200)
"""Tries without and with a change, for each cell."""
CONVERSATIONS, BASES, BUILDS, REPEATS, HARSHER = 60, 40, 40, 3, 0.2
"""Of the second table: each base is held against so many builds of which none changed anything, and against
harsher ones."""
WAYS = (
    "one repeat",
    "three on both sides",
    "one; a failing build is held against a new base, too",
    "three; a failing build is held against a new base, too",
)
Tries = tuple[list[tuple[bool, ...]], list[tuple[bool, ...]]]
"""What each build came to: a value for each of `WAYS`, then whether it was told that it may be luck."""


def main() -> None:
    """Measure in so many processes and print the tables."""
    options = arguments()
    cells = [(size, share) for size in SIZES for share in SHARES]
    tries = [max(1, round(options.scale * CATCHES[share > 0])) for _, share in cells]
    with ProcessPoolExecutor(options.processes) as pool:
        caught = pool.map(_caught, *zip(*cells, strict=True), tries, [options.seed] * len(cells))
        builds = max(1, round(options.scale * BUILDS))
        bases = pool.map(_base, range(BASES), [builds] * BASES, [options.seed] * BASES)
        sys.stdout.write("\n".join(_catches(cells, list(caught))) + "\n\n")
        sys.stdout.write("\n".join(_luck(list(bases))) + "\n")


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scale", type=float, default=1.0, help="more tries, or fewer, in all tables")
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def off(rng: np.random.Generator, truth: Levels, repeats: int) -> Levels:
    """Return answers that are one level off in so many cases, shape (repeats, *truth.shape)."""
    shape = (repeats, *truth.shape)
    moved: Levels = rng.choice((-1, 1), shape) * (rng.random(shape) < OFF)
    answers: Levels = np.clip(truth + moved, 1, 5)
    return answers


def lowered(rng: np.random.Generator, answers: Levels, share: float) -> Levels:
    """Return answers of which a share, on the first dimension, is two levels lower."""
    fallen = np.zeros(answers.shape, dtype=np.int64)
    fallen[..., 0] = 2 * (rng.random(answers.shape[:-1]) < share)
    harsher: Levels = np.maximum(answers - fallen, 1)
    return harsher


def tests_of(people: Levels, base: Levels, new: Levels) -> list[LossTest]:
    """Return what the gate tests in a base and a build."""
    items = [
        Item(
            conversation=str(row),
            dimension=dimension,
            labels=(_label(dimension.id, int(people[row, column])),),
            base=_answers(base[:, row, column]),
            new=_answers(new[:, row, column]),
        )
        for row in range(len(people))
        for column, dimension in enumerate(_dimensions())
    ]
    return losses_of(items, _dimensions(), ALPHA, flips=FLIPS)


def fails(people: Levels, base: Levels, new: Levels) -> bool:
    """Return whether the gate fails a build."""
    return any(test.worse for test in tests_of(people, base, new))


def _caught(size: int, share: float, tries: int, seed: int) -> float:
    """Return the share of builds that fail when a share of answers is lower."""
    rng = np.random.default_rng((seed, size, round(100 * share)))
    failed = 0
    for _ in range(tries):
        truth = rng.integers(1, 6, (size, len(NAMES)))
        base, new = off(rng, truth, 1), lowered(rng, off(rng, truth, 1), share)
        failed += fails(off(rng, truth, 1)[0], base, new)
    return failed / tries


def _base(number: int, builds: int, seed: int) -> Tries:
    """Return what one base makes of builds that changed nothing, and of a quarter as many harsher ones."""
    rng = np.random.default_rng((seed, 1, number))
    truth = rng.integers(1, 6, (CONVERSATIONS, len(NAMES)))
    people, base = off(rng, truth, 1)[0], off(rng, truth, REPEATS)
    innocent = [_build(rng, truth, people, base, 0.0) for _ in range(builds)]
    return innocent, [_build(rng, truth, people, base, HARSHER) for _ in range(math.ceil(builds / 4))]


def _build(
    rng: np.random.Generator, truth: Levels, people: Levels, base: Levels, share: float
) -> tuple[bool, ...]:
    """Return whether a build fails in each of the ways, and whether its loss is called possible luck."""
    new, again = lowered(rng, off(rng, truth, REPEATS), share), off(rng, truth, REPEATS)
    failing = [test for test in tests_of(people, base[:1], new) if test.worse]
    one, all_of_them = bool(failing), fails(people, base, new)
    return (
        one,
        all_of_them,
        one and fails(people, again[:1], new[:1]),
        all_of_them and fails(people, again, new),
        any(test.may_be_luck for test in failing),
    )


def _catches(cells: Sequence[tuple[int, float]], rates: Sequence[float]) -> Iterator[str]:
    found = dict(zip(cells, rates, strict=True))
    yield "| conversations | nothing changed: fails | 10 % lower: fails | 20 % lower | 40 % lower |"
    yield "|---|---|---|---|---|"
    for size in SIZES:
        row = " | ".join(_percent(found[size, share], 1 if not share else 0) for share in SHARES)
        yield f"| {size} | {row} |"


def _luck(tries: Sequence[Tries]) -> Iterator[str]:
    """Yield a row for each way to grade, then how often a failing build is told that it may be luck."""
    innocent, harsher = np.array([one for one, _ in tries]), np.array([two for _, two in tries])
    yield "| | nothing changed: fails | median base | 9th of 10 | worst of 40 | 20 % lower: fails |"
    yield "|---|---|---|---|---|---|"
    for way, name in enumerate(WAYS):
        rates = innocent[:, :, way].mean(axis=1)
        figures = (rates.mean(), *np.quantile(rates, (0.5, 0.9)), rates.max(), harsher[:, :, way].mean())
        yield f"| {name} | {' | '.join(_percent(figure, 1) for figure in figures)} |"
    told, rightly = (each[:, :, -1].sum() / max(1, each[:, :, 0].sum()) for each in (innocent, harsher))
    yield ""
    yield f"Told that it may be luck, of builds that fail against a base of one repeat: {_percent(told, 0)}"
    yield f"where nothing changed, {_percent(rightly, 0)} of harsher ones."


def _percent(figure: float, digits: int) -> str:
    return f"{100 * figure:.{digits}f} %"


@cache
def _dimensions() -> tuple[Dimension, ...]:
    levels = tuple(Level(level=n, points=(n - 1) / 4, anchor=f"Level {n}.") for n in range(1, 6))
    scale = Scale(type="ordinal", levels=levels)
    return tuple(Dimension(id=name, title=name, question="How well?", scale=scale) for name in NAMES)


@cache
def _grade(level: int) -> Grade:
    evidence = (Evidence(turn=0, speaker="agent", quote="Hello", start=0, end=5),)
    verdict = Verdict(level=level, rationale="Because.", evidence=evidence)
    return Grade.of(_dimensions()[0], "all", verdict, "llm")


@cache
def _label(dimension: str, level: int) -> Label:
    return Label(dimension=dimension, rater="r1", level=level, blind=True)


def _answers(levels: Levels) -> Answers:
    return Answers(tuple(_grade(int(level)) for level in levels))


if __name__ == "__main__":
    main()
