"""How well a text model fitted on people's labels agrees with people, next to one of them.

`python -m benchmarks.learned FOLDER`, where FOLDER holds `labels/ab_redial_annotated_dialogues.csv` and
`conversations/*.jsonl` (default: `$QALIBRATE_DATA`, else `../shared/data` beside the repository), prints the
tables in the README of `service/grading/learned`:

- all labels, cross-fitted: against everybody's mean and median, and, next to one human, against the others'
  (each judgement in turn is left out; the text model is compared with the very same remaining ones);
- 50 and 100 labelled conversations, the rest held out, over seeded draws: mean and range;
- answers that are known exactly, in English (greeting button of STAR) and Chinese (the customer speaks of
  a hotel in CrossWOZ): that the plumbing works on real text, no measure of quality.

The corpus does not name its raters, so that a rater is whoever wrote a row. Intervals are percentiles of
1,000 bootstrap draws of conversations.
"""

import argparse
import csv
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.domain.evaluation import RedactedTurn
from service.domain.scorecard import Dimension
from service.domain.transcript import Speaker
from service.grading.learned.fitting import Course
from service.grading.learned.prediction import Prediction
from service.grading.learned.targets import Lesson, Target

DATA = Path(os.environ.get("QALIBRATE_DATA", Path(__file__).parents[2] / "shared" / "data"))
LABELS = Path("labels") / "ab_redial_annotated_dialogues.csv"
SCALES = {
    "dialogue-overall": range(1, 6),
    "understanding": range(4),
    "task-completion": range(4),
    "interest-arousal": range(4),
    "efficiency": range(2),
}
SPEAKERS: dict[str, Speaker] = {"SYSTEM": "agent", "USER": "customer"}
UTTERANCE = re.compile(r"(SYSTEM|USER)\s*(.*)", re.DOTALL)
BOOTSTRAPS, DRAWS, SEED = 1000, 10, 7

Array = NDArray[np.float64]
Turns = list[RedactedTurn]
Figure = Callable[[Array, Array], float]


class Judged(NamedTuple):
    """One conversation and what people said, by dimension."""

    turns: Turns
    levels: dict[str, list[int]]


class Compared(NamedTuple):
    """Answers next to people's on the same items: an answered level, a number for ranking, people's median
    and mean, and the conversation that each item is of.
    """

    level: Array
    rank: Array
    median: Array
    mean: Array
    of: NDArray[np.int64]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=DATA, help="folder of corpora")
    folder: Path = parser.parse_args().folder
    if not (folder / LABELS).is_file():
        parser.exit(2, f"There is no {folder / LABELS}: give the folder of corpora, or set QALIBRATE_DATA.\n")
    corpus = read_judgements(folder / LABELS)
    began = time.process_time()
    print_all(corpus)
    print_few(corpus)
    print_plumbing(folder / "conversations")
    print(f"\n{time.process_time() - began:.0f} s of CPU time")


def read_judgements(path: Path) -> list[Judged]:
    """Return the conversations of the corpus. Some names stand for two dialogues; their text tells."""
    found: dict[str, Judged] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            judged = found.setdefault(
                f"{row['ConvId']} {turns_of(row)}", Judged(turns_of(row), {name: [] for name in SCALES})
            )
            for name in SCALES:
                if row[name]:
                    judged.levels[name].append(int(float(row[name])))
    return [found[name] for name in sorted(found)]


def turns_of(row: dict[str, str]) -> Turns:
    """Return the turns of one row of the corpus."""
    said = (UTTERANCE.match(text or "") for name, text in row.items() if name.startswith("utterance"))
    return [RedactedTurn(speaker=SPEAKERS[match[1]], text=match[2]) for match in said if match]


def dimension(name: str) -> Dimension:
    """Return a dimension of the corpus; 0 and 1 are no and yes."""
    levels: Sequence[int | str] = ["no", "yes"] if name == "efficiency" else list(SCALES[name])
    scale = [{"level": level, "points": at / len(levels), "anchor": "-"} for at, level in enumerate(levels)]
    kind = "yes_no" if name == "efficiency" else "ordinal"
    content = {"id": name, "title": name, "question": name, "scale": {"type": kind, "levels": scale}}
    return Dimension.model_validate(content)


def target(name: str, levels: Sequence[int]) -> Target:
    """Return what is learned: the mean; of yes and no the more frequent one, of a tie nothing."""
    if not levels:
        return None
    if name != "efficiency":
        return float(np.mean(levels))
    share = np.mean(levels)
    return None if share == 0.5 else ("yes" if share > 0.5 else "no")


def lessons(corpus: Sequence[Judged]) -> list[Lesson]:
    """Return all dimensions with their targets."""
    return [Lesson(dimension(name), tuple(target(name, x.levels[name]) for x in corpus)) for name in SCALES]


def print_all(corpus: Sequence[Judged]) -> None:
    """Print what cross-fitting gives on all labels."""
    began = time.process_time()
    predicted = Course([x.turns for x in corpus], lessons(corpus)).cross_fit()
    took = time.process_time() - began
    print(f"{len(corpus)} conversations, {len(SCALES)} dimensions cross-fitted in {took:.1f} s of CPU time")
    print("\nAgainst all raters\n")
    print("| dimension | QWK | Spearman | MAE | MAE of a constant | squared error saved |")
    print("|---|---|---|---|---|---|")
    for name, of in predicted.items():
        print("|", name, "|", " | ".join(against_all(compared(name, corpus, of))), "|")
    print("\nAgainst the others: one human, and the text model\n")
    print("| dimension | QWK | | Spearman | | MAE | | |\n|---|---|---|---|---|---|---|---|")
    print("| | human | learned | human | learned | human | learned | constant |")
    for name, of in predicted.items():
        print("|", name, "|", " | ".join(against_others(name, corpus, of)), "|")


def number(prediction: Prediction) -> tuple[float, float]:
    """Return the level and what conversations are ranked by: the expected level or the probability of yes."""
    if prediction.expected_level is not None:
        return float(prediction.level), prediction.expected_level
    return float(prediction.level == "yes"), prediction.probabilities[1]


def compared(name: str, corpus: Sequence[Judged], predicted: Sequence[Prediction]) -> Compared:
    """Return each conversation once, next to all of its raters."""
    rows = [
        (*number(said), median(one.levels[name]), float(np.mean(one.levels[name])), at)
        for at, (one, said) in enumerate(zip(corpus, predicted, strict=True))
        if one.levels[name]
    ]
    return columns(rows)


def columns(rows: Sequence[tuple[float, float, float, float, int]]) -> Compared:
    """Return rows as arrays."""
    level, rank, middle, mean, of = zip(*rows, strict=True)
    return Compared(*map(np.array, (level, rank, middle, mean, of)))


def median(levels: Sequence[int]) -> float:
    """Return the lower median."""
    return float(sorted(levels)[(len(levels) - 1) // 2])


def left_out(
    name: str, corpus: Sequence[Judged], predicted: Sequence[Prediction]
) -> tuple[Compared, Compared]:
    """Return each judgement next to the others of its conversation, and the text model next to the same."""
    human, machine = [], []
    for at, (one, said) in enumerate(zip(corpus, predicted, strict=True)):
        levels = one.levels[name]
        for left in range(len(levels) if len(levels) > 1 else 0):
            rest = levels[:left] + levels[left + 1 :]
            people = (median(rest), float(np.mean(rest)), at)
            human.append((float(levels[left]), float(levels[left]), *people))
            machine.append((*number(said), *people))
    return columns(human), columns(machine)


def against_all(items: Compared) -> list[str]:
    """Return the cells of one row of the first table."""
    constant = items._replace(level=np.full(len(items.level), np.median(items.median)))
    return [
        interval(items, qwk),
        interval(items, spearman),
        interval(items, mae),
        interval(constant, mae),
        interval(items, saved),
    ]


def against_others(name: str, corpus: Sequence[Judged], predicted: Sequence[Prediction]) -> list[str]:
    """Return the cells of one row of the second table."""
    pair = left_out(name, corpus, predicted)
    cells = [interval(items, figure) for figure in (qwk, spearman, mae) for items in pair]
    constant = pair[0]._replace(level=np.full(len(pair[0].level), np.median(pair[0].median)))
    return [*cells, interval(constant, mae)]


def qwk(items: Compared) -> float:
    """Return the quadratically weighted kappa with people's median."""
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(items.level.astype(int), items.median.astype(int), weights="quadratic"))


def spearman(items: Compared) -> float:
    """Return the rank correlation with people's mean."""
    from scipy.stats import spearmanr

    return float(spearmanr(items.rank, items.mean)[0])


def mae(items: Compared) -> float:
    """Return the mean distance to people's median."""
    return float(np.mean(np.abs(items.level - items.median)))


def saved(items: Compared) -> float:
    """Return the share of the squared distance to people's mean that is less than that of their grand mean,
    which knows the very labels it is compared with.
    """
    return float(1 - np.mean((items.rank - items.mean) ** 2) / np.mean((items.mean.mean() - items.mean) ** 2))


def interval(items: Compared, figure: Callable[[Compared], float]) -> str:
    """Return a figure with its 95 % bootstrap interval over conversations."""
    rng = np.random.default_rng(SEED)
    names = np.unique(items.of)
    rows = [np.flatnonzero(items.of == name) for name in names]
    draws = []
    for _ in range(BOOTSTRAPS):
        at = np.concatenate([rows[draw] for draw in rng.integers(0, len(names), len(names))])
        draws.append(figure(Compared(*(column[at] for column in items))))
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return f"{short(figure(items))} ({short(low)} to {short(high)})"


def short(value: float) -> str:
    """Return two decimals without a leading zero."""
    return f"{value:.2f}".replace("0.", ".", 1).replace("-", "−")


def print_few(corpus: Sequence[Judged]) -> None:
    """Print what 50 and 100 labelled conversations give on the rest."""
    print(f"\nFew labels: the rest held out, {DRAWS} draws, mean (least to most)\n")
    print("| dimension | labels | QWK | Spearman | squared error saved | learned in |")
    print("|---|---|---|---|---|---|")
    results: dict[tuple[str, int], list[tuple[float, float, float]]] = {
        (name, labels): [] for name in SCALES for labels in (50, 100)
    }
    for labels in (50, 100):
        for draw in range(DRAWS):
            for name, figures in few(corpus, labels, draw):
                results[name, labels].append(figures)
    for (name, labels), drawn in results.items():
        cells = [ranged(one) for one in zip(*drawn, strict=True)] or ["–"] * 3
        print(f"| {name} | {labels} | {' | '.join(cells)} | {len(drawn)} of {DRAWS} |")


def few(corpus: Sequence[Judged], labels: int, draw: int) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Yield the figures of each dimension that this many conversations are enough for."""
    order = np.random.default_rng(SEED + draw).permutation(len(corpus))
    mine, rest = ([corpus[at] for at in part] for part in (order[:labels], order[labels:]))
    models = Course([x.turns for x in mine], lessons(mine)).fit()
    predicted = [models.predict(x.turns) for x in rest] if models else []
    for name in models.heads if models else ():
        items = compared(name, rest, [one[name] for one in predicted])
        yield name, (qwk(items), spearman(items), saved(items))


def ranged(values: Sequence[float]) -> str:
    """Return the mean with the least and the most."""
    return f"{short(float(np.mean(values)))} ({short(min(values))} to {short(max(values))})"


def print_plumbing(folder: Path) -> None:
    """Print agreement with answers that are known exactly."""
    print("\nKnown answers, cross-fitted\n")
    print("| answer | conversations | yes | exact | kappa |\n|---|---|---|---|---|")
    for title, file, is_yes in (
        ("STAR: the greeting button was pressed (en)", "star.jsonl", pressed_hello),
        ("CrossWOZ: the customer speaks of a hotel (zh)", "crosswoz_zh.jsonl", speaks_of_a_hotel),
    ):
        if (folder / file).is_file():
            raw = [json.loads(line) for line in (folder / file).read_text("utf-8").splitlines()]
            print("|", title, "|", " | ".join(known(raw, is_yes)), "|")


def pressed_hello(raw: dict[str, Any]) -> bool:
    """Return whether the agent pressed the button that greets."""
    return any(turn.get("action") == "hello" for turn in raw["turns"])


def speaks_of_a_hotel(raw: dict[str, Any]) -> bool:
    """Return whether the customer says the word for a hotel."""
    return any(turn["speaker"] == "customer" and "酒店" in turn["text"] for turn in raw["turns"])


def known(raw: Sequence[dict[str, Any]], is_yes: Callable[[dict[str, Any]], bool]) -> list[str]:
    """Return the cells of one row of the last table."""
    truth = ["yes" if is_yes(one) else "no" for one in raw]
    turns = [[RedactedTurn(speaker=t["speaker"], text=t["text"]) for t in one["turns"]] for one in raw]
    course = Course(turns, [Lesson(dimension("efficiency"), tuple(truth))])
    if course.missing:
        return [str(len(raw)), str(truth.count("yes")), *course.missing.values(), ""]
    said = [one.level == "yes" for one in course.cross_fit()["efficiency"]]
    yes = np.array([answer == "yes" for answer in truth], dtype=float)
    items = Compared(np.array(said, dtype=float), yes, yes, yes, np.arange(len(raw)))
    return [str(len(raw)), str(truth.count("yes")), short(1 - mae(items)), short(qwk(items))]


if __name__ == "__main__":
    main()
