"""Redaction on public corpora, next to the marks it is held to.

`python -m benchmarks.redaction_corpora FOLDER`, where FOLDER holds the corpora (default: `pii` in
`$QALIBRATE_DATA`, else in `../shared/data` beside the repository). Every corpus becomes labelled
conversations and is counted by the code of `qalibrate eval redaction`; evals/README.md defines the rates.
Files that are not there are left out, and said so.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import Any, NamedTuple

from evals.redaction.dataset import Record, read_dataset
from evals.redaction.example import ANY, Example, Span
from evals.redaction.measure import BadRecord, Options, measure
from evals.redaction.report import Estimate, Group, Report, TypeRow, make_report
from evals.redaction.scoring import Selection, Tally
from evals.redaction.table import as_text, show_report
from redaction import Policy
from service.cli.output import print_json, print_table
from service.domain.errors import InvalidInput
from service.domain.transcript import Conversation, Turn
from service.logs import configure_logs

DATA = Path(os.environ.get("QALIBRATE_DATA", Path(__file__).parents[2] / "shared" / "data")) / "pii"

PERSONAL_SLOTS = (
    "name",
    "address",
    "card_number",
    "ssn",
    "phone_number",
    "phonenumber",
    "email_address",
    "account_number",
    "target_account_number",
    "booking_confirmation_number",
    "password",
    "order_number",
)
"""The slots of MultiDoGO that are personal data; all others are neither that nor false hits."""

NOT_OURS = frozenset({"ORGANIZATION", "TITLE", "NRP", "AGE"})
"""Types of presidio-research that are no personal data to this product."""

COLUMNS = ("Set", "Spans", "Recall", "Precision", "F2", "Leak rate", "False / 1,000", "Mark")


class Mark(NamedTuple):
    """What a rate should reach: at least `bound`, or at most where `is_ceiling`."""

    type: str
    rate: str
    bound: float
    is_ceiling: bool = False


class Corpus(NamedTuple):
    """A corpus, how it is read and counted, and its marks."""

    name: str
    file: str
    read: Callable[[Path], Iterator[Example]]
    selection: Selection = Selection()
    lower: bool = False
    marks: tuple[Mark, ...] = ()
    trained_on: bool = False
    """Whether the shipped weights were fitted to it: then its rates are none of unseen text."""


SEEN = """Trained on: the shipped weights were fitted to {}.
Their rates above are no measurement of unseen text; benchmarks.redaction_held_out has one."""


def main(given: Sequence[str] | None = None) -> None:
    """Measure the corpora and print one table, or one line of JSON a corpus."""
    options = arguments(given)
    configure_logs("error", "json")
    rows: list[tuple[object, ...]] = []
    seen: list[str] = []
    for corpus in corpora(options.slots.split(","), others_are_false=options.others_are_false):
        if options.sets and not any(part in corpus.name for part in options.sets):
            continue
        path = options.folder / corpus.file
        if not path.is_file():
            sys.stderr.write(f"{corpus.name}: there is no {path}; left out\n")
            continue
        report = run(corpus, path, options.sample, options.seed, options.processes)
        rows += [cells(corpus, report.overall, row) for row in rows_of(corpus, report.overall)]
        if corpus.trained_on:
            seen.append(corpus.name)
        if options.format == "json":
            head = {"set": corpus.name, "trained_on": corpus.trained_on, "sample": options.sample}
            print_json(head | report.model_dump())
        elif options.types:
            sys.stdout.write(f"{corpus.name}\n")
            show_report(report)
    if options.format == "table":
        print_table(COLUMNS, rows)
        if seen:
            sys.stdout.write(f"{SEEN.format(', '.join(seen))}\n")


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line says; that of this process when none is given."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.redaction_corpora",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, nargs="?", default=DATA, help="folder of corpora")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="only sets whose name holds one of these")
    parser.add_argument("--sample", type=int, metavar="N", help="so many conversations of each set")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--slots", default=",".join(PERSONAL_SLOTS), help="personal slots of MultiDoGO")
    parser.add_argument(
        "--others-are-false", action="store_true", help="hits on its other slots (cities, dates) are false"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--types", action="store_true", help="also a table of the types of each set")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    return parser.parse_args(given)


def corpora(slots: Sequence[str], *, others_are_false: bool) -> list[Corpus]:
    """Return every corpus with its marks."""
    dialogues = partial(read_multidogo, slots=frozenset(slots), others_are_false=others_are_false)
    of_dialogues = (Mark(ANY, "recall", 0.95), Mark(ANY, "precision", 0.80), Mark("name", "recall", 0.93))
    persons = Selection(only=frozenset({"PERSON"}))
    of_speech = (Mark(ANY, "recall", 0.92), Mark(ANY, "precision", 0.85))
    few_false = (Mark(ANY, "false", 10, is_ceiling=True),)
    made, news = "presidio_research_generated_large.json", "factrueval_dev.jsonl"
    coffee = "taskmaster4_coffee_negatives.jsonl"
    not_ours = Selection(NOT_OURS)
    return [
        *(
            Corpus(
                f"MultiDoGO {name}",
                f"multidogo_{name}.jsonl",
                dialogues,
                marks=of_dialogues,
                trained_on=True,
            )
            for name in ("airline", "fastfood", "finance", "software")
        ),
        Corpus("presidio-research", made, read_presidio, not_ours, False, (Mark(ANY, "f2", 0.85),)),
        Corpus("presidio-research --lower", made, read_presidio, not_ours, True, (Mark(ANY, "f2", 0.75),)),
        Corpus("factRuEval PERSON", news, read_news, persons, False, (Mark(ANY, "recall", 0.97),), True),
        Corpus("factRuEval PERSON --lower", news, read_news, persons, True, of_speech, True),
        Corpus("coffee orders", coffee, read_coffee, marks=few_false, trained_on=True),
        Corpus("coffee orders, unseen half", coffee, read_unseen_coffee, marks=few_false),
    ]


def run(corpus: Corpus, path: Path, sample: int | None, seed: int, processes: int) -> Report:
    """Measure one corpus. Raises ValueError when a record of it cannot be used."""
    examples = list(corpus.read(path))
    if sample is not None and sample < len(examples):
        examples = random.Random(seed).sample(examples, sample)
    records = [Record(example.where, example) for example in examples]
    options = Options(Policy(), selection=corpus.selection, lower=corpus.lower)
    sys.stderr.write(f"{corpus.name}: {len(records)} conversations\n")
    done = list(measure(records, options, processes))
    bad = [result for result in done if isinstance(result, BadRecord)]
    if bad:
        raise ValueError(f"{bad[0].where}: {bad[0].error.detail}")
    return make_report([result for result in done if isinstance(result, Tally)])


def read_multidogo(path: Path, slots: frozenset[str], *, others_are_false: bool) -> Iterator[Example]:
    """Yield the conversations of a domain: the customer's turns, neighbouring tokens of one slot one span."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for line in _lines(path):
        by_name.setdefault(line["conversation"], []).append(line)
    for name, lines in by_name.items():
        turns = tuple(Turn(speaker="customer", text=line["text"]) for line in lines)
        labelled = [span for number, line in enumerate(lines) for span in slot_spans(number, line)]
        spans = tuple(span for span in labelled if span.type in slots)
        others = (span for span in labelled if span.type not in slots)
        neutral = tuple(span for span in others if not others_are_false or span.type == MISALIGNED)
        yield Example(name, Conversation(language="en", turns=turns), spans, neutral)


MISALIGNED = "labels that do not fit their turn"


def slot_spans(turn: int, line: dict[str, Any]) -> Iterator[Span]:
    """Yield the slots of one turn; the whole turn as one of its own where tokens and labels do not match."""
    text, slots = line["text"], line["slots"]
    tokens = text.split(" ")
    if len(tokens) != len(slots):
        yield Span(turn, 0, len(text), MISALIGNED)
        return
    at = 0
    for slot, group in groupby(zip(tokens, slots, strict=True), key=lambda pair: pair[1]):
        length = len(" ".join(token for token, _ in group))
        if slot != "O":
            yield Span(turn, at, at + length, slot)
        at += length + 1


def read_presidio(path: Path) -> Iterator[Example]:
    """Yield the texts of presidio-research, all of them English. Raises InvalidInput."""
    for record in read_dataset([str(path)], "en"):
        if isinstance(record.example, InvalidInput):
            raise record.example
        yield record.example


def read_news(path: Path) -> Iterator[Example]:
    """Yield the Russian news texts of factRuEval with their persons."""
    for line in _lines(path):
        persons = (entity for entity in line["entities"] if entity["type"] == "Person")
        spans = tuple(Span(0, person["start"], person["end"], "PERSON") for person in persons)
        turns = (Turn(speaker="customer", text=line["text"]),)
        yield Example(line["id"], Conversation(language="ru", turns=turns), spans)


def read_coffee(path: Path) -> Iterator[Example]:
    """Yield the coffee orders of Taskmaster: no personal data."""
    for line in _lines(path):
        turns = tuple(Turn(speaker=turn["speaker"], text=turn["text"]) for turn in line["turns"])
        yield Example(line["id"], Conversation(language="en", turns=turns), ())


def read_unseen_coffee(path: Path) -> Iterator[Example]:
    """Yield every second coffee order, beginning with the second: the others are trained on."""
    yield from islice(read_coffee(path), 1, None, 2)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def rows_of(corpus: Corpus, group: Group) -> Iterator[TypeRow]:
    """Yield ANY, then the types that have marks of their own."""
    marked = {mark.type for mark in corpus.marks}
    yield from (row for row in group.types if row.type == ANY or row.type in marked)


def cells(corpus: Corpus, group: Group, row: TypeRow) -> tuple[object, ...]:
    """Return one row of the table."""
    false = group.false_hits_per_1000_turns
    rates = {"recall": row.recall, "precision": row.precision, "f2": row.f2, "leak rate": row.leak_rate}
    marks = "\n".join(_told(mark, rates | {"false": false}) for mark in corpus.marks if mark.type == row.type)
    if row.type == ANY:
        shown = [as_text(rate) for rate in rates.values()]
        return (corpus.name, row.spans or "", *shown, as_text(false, 1), marks)
    # Precision is of a type of ours, and several slots are labelled as one: only ANY has one of its own.
    return (f"  {row.type}", row.spans, as_text(row.recall), "", "", as_text(row.leak_rate), "", marks)


def _told(mark: Mark, rates: dict[str, Estimate | None]) -> str:
    rate = rates[mark.rate]
    sign = "≤" if mark.is_ceiling else "≥"
    if rate is None:
        return f"{mark.rate} {sign} {mark.bound:g}: ?"
    met = rate.value <= mark.bound if mark.is_ceiling else rate.value >= mark.bound
    return f"{mark.rate} {sign} {mark.bound:g}: {'yes' if met else 'no'}"


if __name__ == "__main__":
    main()
