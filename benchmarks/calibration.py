"""Whether calibration keeps its promises: every mark it is held to, on simulated judges of known badness.

`python -m benchmarks.calibration [--seed N] [--replicates N] [--processes N]` prints a row for each mark with
the figure, the mark and PASS or MISS, and ends with 1 if any is missed. The same seed and number of
replicates give the same bytes. How the judges are made stands in `simulated_judges.py`; 5,000 grades are
unlabelled.
"""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

# Before anything imports numpy: two processes with a thread each are faster than two with four.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from benchmarks.calibration_marks import MEASURES, Row  # noqa: E402


def main() -> None:
    """Measure, print the table, and end with 1 if a mark is missed."""
    options = arguments()
    rows = measured(options.seed, options.replicates, options.processes)
    sys.stdout.write(table(rows))
    sys.exit(any(row.verdict == "MISS" for row in rows))


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--replicates", type=int, default=4_000, help="draws for each interval; others fewer")
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def measured(seed: int, replicates: int, processes: int) -> list[Row]:
    """Return all rows in their order, measured in so many processes; their number changes no figure."""
    if processes <= 1:
        return [row for measure in MEASURES for row in measure(seed, replicates)]
    with ProcessPoolExecutor(processes) as pool:
        parts = list(pool.map(_call, range(len(MEASURES)), repeat(seed), repeat(replicates)))
    return [row for part in parts for row in part]


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| measured | figure | mark | |", "|---|---:|---:|---|"]
    for row in rows:
        mark = "" if row.mark is None else f"{'≥' if row.at_least else '≤'} {row.mark:g}"
        lines.append(f"| {row.name} | {_number(row.figure)} | {mark} | {row.verdict} |")
    return "\n".join(lines) + "\n"


def _number(figure: float) -> str:
    return f"{figure:.0e}" if 0 < abs(figure) < 1e-6 else f"{figure:.3f}"


def _call(number: int, seed: int, replicates: int) -> list[Row]:
    return MEASURES[number](seed, replicates)


if __name__ == "__main__":
    main()
