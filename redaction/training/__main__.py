"""``python -m redaction.training LANGUAGE FOLDER``: fit a network to corpora, write its weights."""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from redaction.knowledge import Knowledge, knowledge_of
from redaction.network import WEIGHTS, Architecture, Tagger
from redaction.training import corpora
from redaction.training.examples import LABELS
from redaction.training.fit import fit

try:
    from redaction.training.recipes import INVENTED, PLANS, RECIPES
except ModuleNotFoundError as missing:
    if str(missing.name).startswith("redaction"):
        raise
    problem = f"error: {missing.name} is not installed; it comes with: pip install -e '.[training]'"
    print(problem, file=sys.stderr)  # noqa: T201
    raise SystemExit(2) from None


def main() -> None:
    """Read the command line, fit, report each epoch on standard error, write the weights."""
    options = _options()
    language = options.language
    invented = options.invented or INVENTED[language]
    draw = RECIPES[language](options.folder, options.seed, invented, options.hold_out)
    plan = replace(PLANS[language], epochs=options.epochs or PLANS[language].epochs, seed=options.seed)
    knowledge = knowledge_of(language)
    tagger = fit(draw, architecture_with(knowledge), plan, _reporter(), knowledge)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    tagger.save(options.out)
    print(f"wrote {options.out}, {options.out.stat().st_size / 1e6:.1f} MB", file=sys.stderr)  # noqa: T201


def architecture_with(knowledge: Knowledge | None) -> Architecture:
    """The network of a language whose words are known so well."""
    if knowledge is None:
        return Architecture(LABELS)
    return Architecture(LABELS, notes=knowledge.notes, vector=knowledge.size)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m redaction.training", description=__doc__)
    parser.add_argument("language", choices=sorted(RECIPES))
    parser.add_argument(
        "folder", type=Path, help="where the corpora are; those that are missing are not used"
    )
    parser.add_argument("--out", type=Path, help="default: the weights that ship with the package")
    parser.add_argument("--epochs", type=int, help="passes over the data")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--invented", type=int, help="invented conversations in each epoch")
    parser.add_argument("--hold-out", choices=corpora.MULTIDOGO, help="a domain to leave out, to measure on")
    options = parser.parse_args()
    if not options.folder.is_dir():
        parser.error(f"{options.folder} is no folder")
    options.out = options.out or WEIGHTS / f"{options.language}.npz"
    return options


def _reporter() -> Callable[[int, float, Tagger], None]:
    started = time.monotonic()

    def report(epoch: int, loss: float, _: Tagger) -> None:
        minutes = (time.monotonic() - started) / 60
        print(f"epoch {epoch + 1}: mean loss {loss:.4f} nats a word, {minutes:.1f} min", file=sys.stderr)  # noqa: T201

    return report


if __name__ == "__main__":
    main()
