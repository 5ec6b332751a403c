"""`qalibrate eval redaction`: how much personal data redaction takes out of a labelled set."""

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from service.cli.output import BAD_INPUT, FAILED_AS_ASKED, FormatOption, complain, print_json, say
from service.cli.setup import PolicyOption, make_factory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evals.redaction.dataset import Record
    from evals.redaction.measure import BadRecord, Options
    from evals.redaction.report import Report
    from evals.redaction.scoring import Selection, Tally

_SHOWN_BAD = 20


def redaction(
    paths: Annotated[list[str], typer.Argument(help="Labelled sets (.json .jsonl), or - for stdin.")],
    language: Annotated[
        Literal["en", "ru", "zh"] | None,
        typer.Option(help="The language of all texts; their own, else detected, if left out."),
    ] = None,
    policy: PolicyOption = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="TYPE", help="Neither personal data nor false; may be repeated."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="TYPE", help="Look at this type alone; may be repeated."),
    ] = None,
    lower: Annotated[
        bool, typer.Option("--lower", help="Lower case without punctuation, like speech recognition.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Read so many records only.")] = None,
    errors: Annotated[
        int, typer.Option(min=0, help="Show so many misses and false hits. They are personal data.")
    ] = 0,
    min_recall: Annotated[
        float | None, typer.Option(min=0, max=1, help="Exit with 1 when recall over all is lower.")
    ] = None,
    min_precision: Annotated[
        float | None, typer.Option(min=0, max=1, help="Exit with 1 when precision over all is lower.")
    ] = None,
    max_leak: Annotated[
        float | None, typer.Option(min=0, max=1, help="Exit with 1 when the leak rate over all is higher.")
    ] = None,
    output: FormatOption = "table",
) -> None:
    """Measure redaction: recall, precision, F2 and leak rate per entity type and language, with intervals.

    Reads Presidio's evaluation format and ours, told apart by content; evals/README.md has the definitions.
    """
    from evals.redaction.dataset import hold, read_dataset
    from evals.redaction.measure import BadRecord, Options, measure
    from evals.redaction.report import make_report
    from evals.redaction.scoring import Tally

    if errors and output == "json":
        complain("--errors shows text to a person; it cannot be part of the JSON")
        raise typer.Exit(BAD_INPUT)
    factory = make_factory(policy=policy)
    records = hold(paths, islice(read_dataset(paths, language), limit), always=bool(ignore or only))
    selection = _selection(ignore or [], only or [], records)
    timeout_s = factory.settings.redaction_timeout_s
    options = Options(factory.policy, factory.plugin, timeout_s, selection, lower, errors)
    done = list(measure(records, options, factory.settings.redaction_processes))
    tallies = [result for result in done if isinstance(result, Tally)]
    bad = [result for result in done if isinstance(result, BadRecord)]
    _complain_of(bad)
    if bad and tallies:
        were = "record was" if len(bad) == 1 else "records were"
        say(f"{len(bad)} {were} left out; the figures are of the rest")
    if not tallies:
        _complain_of_nothing(bad)
        raise typer.Exit(BAD_INPUT)
    report = make_report(tallies)
    if output == "json":
        print_json({"dataset": paths, **_how(options), "bad_records": len(bad), **report.model_dump()})
    else:
        _show(report, tallies, errors)
    _note_what_stays(report)
    missed = _missed(report, min_recall, min_precision, max_leak)
    for sentence in missed:
        say(f"failed: {sentence}")
    if bad or missed:
        raise typer.Exit(BAD_INPUT if bad else FAILED_AS_ASKED)


def _selection(ignore: list[str], only: list[str], records: "Iterable[Record]") -> "Selection":
    """Return what counts; a name that nobody knows ends the command."""
    from evals.redaction.choosing import UnknownType, choose
    from evals.redaction.example import Example
    from evals.redaction.scoring import Selection

    if not ignore and not only:
        return Selection()
    examples = (record.example for record in records)
    marked = {span.type for example in examples if isinstance(example, Example) for span in example.spans}
    try:
        return choose(ignore, only, marked)
    except UnknownType as error:
        complain(str(error))
        raise typer.Exit(BAD_INPUT) from None


def _note_what_stays(report: "Report") -> None:
    """Say which of the marked types redaction leaves on purpose: they lower every rate over all types."""
    from evals.redaction.naming import LEFT_BY_DESIGN

    names = [row.type for row in report.overall.types if row.spans and row.type in LEFT_BY_DESIGN]
    if names:
        options = " ".join(f"--ignore {name}" for name in names)
        say(f"note: not taken out by design: {', '.join(names)}; leave them out with {options}")


def _complain_of_nothing(bad: "list[BadRecord]") -> None:
    from evals.redaction.dataset import EXPECTED

    is_told = any(EXPECTED in record.error.detail for record in bad)
    complain("there was no record to measure in the input" + ("" if is_told else f"; {EXPECTED}"))


def _how(options: "Options") -> dict[str, object]:
    """Return what one must know to get the same figures again."""
    selection = options.selection
    how = {"lower": options.lower, "ignored": sorted(selection.ignore), "only": sorted(selection.only)}
    return {"policy": options.policy.name, "version": options.version, **how}


def _show(report: "Report", tallies: "list[Tally]", errors: int) -> None:
    from evals.redaction.scoring import worst
    from evals.redaction.table import show_mistakes, show_report

    show_report(report)
    if errors:
        show_mistakes(worst(tallies, errors))


def _complain_of(bad: "list[BadRecord]") -> None:
    for record in bad[:_SHOWN_BAD]:
        complain(f"{record.where}: {record.error.detail}")
    if len(bad) > _SHOWN_BAD:
        complain(f"and {len(bad) - _SHOWN_BAD} more bad records")


def _missed(
    report: "Report", min_recall: float | None, min_precision: float | None, max_leak: float | None
) -> list[str]:
    """Return a sentence about every floor or ceiling that ANY over all languages does not keep.

    A rate that cannot be given fails: a gate that measures nothing must not look open.
    """
    row = report.overall.any
    checks = (
        ("recall", row.recall, min_recall, 1),
        ("precision", row.precision, min_precision, 1),
        ("leak rate", row.leak_rate, max_leak, -1),
    )
    return [
        f"{name} is {'not known' if rate is None else f'{rate.value:.4f}'}, asked for {bound:g}"
        for name, rate, bound, sign in checks
        if bound is not None and (rate is None or sign * (rate.value - bound) < 0)
    ]
