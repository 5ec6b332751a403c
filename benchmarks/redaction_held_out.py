"""Redaction of a domain that the network was not trained on.

`python -m benchmarks.redaction_held_out FOLDER` fits the English network to three of MultiDoGO's four domains
(and all else that the shipped weights are fitted to), measures the whole redactor with it on the fourth, and
does so for each of them: about eight minutes and one core a domain. The shipped weights have seen all four.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.redaction_corpora import COLUMNS, DATA, PERSONAL_SLOTS, Corpus, cells, corpora, rows_of, run
from redaction.recognizers.networks import use_weights
from redaction.training.corpora import MULTIDOGO
from service.cli.output import print_table
from service.logs import configure_logs


def main(given: Sequence[str] | None = None) -> None:
    """Fit and measure each domain, and print one table."""
    options = arguments(given)
    configure_logs("error", "json")
    rows: list[tuple[object, ...]] = []
    for domain in options.domains:
        use_weights(weights_without(domain, options))
        for corpus in (corpus_of(domain, others_are_false=false) for false in (False, True)):
            # In this process: others would read the shipped weights.
            report = run(corpus, options.folder / corpus.file, options.sample, options.seed, processes=0)
            rows += [cells(corpus, report.overall, row) for row in rows_of(corpus, report.overall)]
    print_table(COLUMNS, rows)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line says; that of this process when none is given."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.redaction_held_out",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, nargs="?", default=DATA, help="folder of corpora")
    parser.add_argument("--domains", nargs="+", choices=MULTIDOGO, default=list(MULTIDOGO))
    parser.add_argument("--sample", type=int, default=500, metavar="N", help="so many conversations a domain")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--keep", type=Path, help="folder for the weights; those that are there are not made again"
    )
    return parser.parse_args(given)


def weights_without(domain: str, options: argparse.Namespace) -> Path:
    """Return a folder with weights that have not seen `domain`, fitted now unless they were kept."""
    folder = (options.keep or Path(tempfile.mkdtemp(prefix="weights-"))) / domain
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "en.npz"
    if not path.exists():
        sys.stderr.write(f"fitting without {domain}\n")
        command = [sys.executable, "-m", "redaction.training", "en", str(options.folder)]
        subprocess.run([*command, "--hold-out", domain, "--out", str(path)], check=True)
    return folder


def corpus_of(domain: str, *, others_are_false: bool) -> Corpus:
    """Return a domain as a corpus; hits on cities, dates and prices are left out or false."""
    found = corpora(PERSONAL_SLOTS, others_are_false=others_are_false)
    (corpus,) = (corpus for corpus in found if corpus.name == f"MultiDoGO {domain}")
    return corpus._replace(name=f"{corpus.name}{', other slots false' if others_are_false else ''}")


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
