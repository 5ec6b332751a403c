"""`qalibrate eval run`: grade a labelled set into one file, and judge it."""

import asyncio
from collections import Counter as Tally
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.gate.options import (
    AlphaOption,
    AnnotationsOption,
    GateOptions,
    HtmlOption,
    JunitOption,
    LeastOption,
    MinNOption,
    OtherDatasetsOption,
    OtherScorecardsOption,
    SummaryOption,
    parse_least,
)
from service.cli.budget import MaxCostOption
from service.cli.grade import scorecards_for
from service.cli.output import (
    BAD_INPUT,
    FAILED_AS_ASKED,
    FINE,
    OUTSIDE_FAILED,
    FormatOption,
    complain,
    print_json,
    printable,
    say,
)
from service.cli.overwriting import refuse_overwriting
from service.cli.parallel import Counter
from service.cli.setup import GraderOption, PolicyOption, make_factory
from service.cli.show import in_usd
from service.domain.errors import FieldProblem, InvalidInput

if TYPE_CHECKING:
    from evals.datasets.entry import Entry, Reading
    from evals.runs.running import Running
    from evals.runs.session import Asked, Session
    from service.domain.run import Run, RunConversation
    from service.domain.scorecard import ScorecardRevision

_INTERRUPTED = 130
_SHOWN = 20


def run(
    datasets: Annotated[
        list[str],
        typer.Argument(help="Labelled sets (ours, promptfoo, DeepEval, OpenAI Evals), or - for stdin."),
    ],
    scorecard: Annotated[str, typer.Option(help="A built-in scorecard or a YAML file.")],
    grader: GraderOption = None,
    out: Annotated[Path | None, typer.Option(metavar="RUN.json", help="Write the run to this file.")] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the model's answers in this folder.")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Take all answers from this folder; ask nobody.")
    ] = None,
    repeats: Annotated[
        int, typer.Option(min=1, max=50, help="Grade each so often, to see how far grades waver.")
    ] = 1,
    max_cost: MaxCostOption = None,
    max_requests: Annotated[
        int | None,
        typer.Option(min=1, help="Start no further conversation once so many requests were made."),
    ] = None,
    policy: PolicyOption = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh/--resume", help="Start over, or go on where a run was broken off (default)."),
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="The first N conversations only.")] = None,
    labels: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A file of labels beside those of the sets."),
    ] = None,
    dimension: Annotated[
        str | None, typer.Option(help="What verdicts are about, in formats that have one and do not say.")
    ] = None,
    rater: Annotated[str | None, typer.Option(help="Who gave verdicts that name nobody.")] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the grades as a table for spreadsheets.")
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="RUN.json", exists=True, dir_okay=False, help="Fail when this was better."),
    ] = None,
    alpha: AlphaOption = 0.05,
    min_agreement: LeastOption = None,
    min_n: MinNOption = 30,
    allow_different_scorecards: OtherScorecardsOption = False,
    allow_different_datasets: OtherDatasetsOption = False,
    junit: JunitOption = None,
    summary: SummaryOption = None,
    html: HtmlOption = None,
    annotations: AnnotationsOption = False,
    output: FormatOption = "table",
) -> None:
    """Grade labelled sets into one file that can be compared later; a run that was killed goes on.

    Exits with 1 when a limit left something ungraded or the gate fails, 2 for bad input (the rest is graded)
    and for answers that are not in a recording, 3 when the model or the disk failed.
    """
    from evals.runs.session import Asked

    gate = GateOptions(
        alpha=alpha,
        least=parse_least(min_agreement),
        min_n=min_n,
        other_scorecards=allow_different_scorecards,
        other_datasets=allow_different_datasets,
        output=output,
        junit=junit,
        summary=summary,
        html=html,
        annotations=annotations,
    )
    read = [*map(Path, (*datasets, scorecard)), policy, labels, baseline]
    refuse_overwriting(read, {"--out": out, "--csv": csv, **gate.files})
    before = _baseline(baseline)
    asked = Asked(grader, out, record, replay, repeats, max_cost, max_requests, fresh)
    card = _card(scorecard)
    entries, is_bad = _entries(datasets, labels, limit, _reading(card, dimension, rater))
    done, code = _grade(policy, card, entries, asked, datasets)
    _write(done, out, csv)
    judged = _report(before, done, gate)
    raise typer.Exit(_worst(BAD_INPUT if is_bad else FINE, code, judged))


def _baseline(path: Path | None) -> "Run | None":
    """Read it first: whoever has none should hear of it before a model is paid."""
    from evals.gate.reading import read_grades

    return None if path is None else read_grades(path)


def _card(reference: str) -> "ScorecardRevision":
    (card,) = scorecards_for(reference)
    return card


def _reading(card: "ScorecardRevision", dimension: str | None, rater: str | None) -> "Reading":
    from evals.datasets.entry import Reading
    from evals.datasets.verdicts import unknown_dimension

    reading = Reading(card.scorecard, dimension, rater)
    if dimension is not None and reading.asked_dimension is None:
        raise InvalidInput([FieldProblem("--dimension", unknown_dimension(card.scorecard, dimension))])
    return reading


def _entries(
    paths: list[str], labels: Path | None, limit: int | None, reading: "Reading"
) -> "tuple[list[Entry], bool]":
    """Return what stands in the sets, and whether something of it was bad, which is told."""
    from evals.datasets.beside import with_labels
    from evals.datasets.reading import read_dataset

    entries = list(islice(read_dataset(paths, reading), limit))
    problems = [problem for entry in entries for problem in entry.problems]
    if labels is not None:
        entries, more = with_labels(entries, labels, reading)
        problems += more
    for problem in problems:
        complain(printable(problem))
    for note, count in Tally(note for entry in entries for note in entry.notes).items():
        say(f"note: {printable(note)} ({count})")
    if not any(entry.labelled for entry in entries):
        if not problems:
            complain("there was no conversation in the input")
        raise typer.Exit(BAD_INPUT)
    return entries, bool(problems)


def _grade(
    policy: Path | None,
    card: "ScorecardRevision",
    entries: "list[Entry]",
    asked: "Asked",
    datasets: list[str],
) -> "tuple[Run, int]":
    """Return the run, and the exit code that its conversations ask for."""
    from evals.runs.session import Session

    factory = make_factory(policy=policy, redaction_processes=0 if len(entries) == 1 else None)
    session: Session | None = None
    try:
        names = ", ".join("-" if path == "-" else Path(path).name for path in datasets)
        session = Session(factory, card, entries, asked, names)
        running = session.running()
        done = asyncio.run(_all(session, running))
        _refuse_gaps(session, running)
    except KeyboardInterrupt:
        _say_interrupted(session)
        raise typer.Exit(_INTERRUPTED) from None
    finally:
        factory.close()
        if session is not None and session.journal is not None:
            session.journal.close()
    _tell(session, running, done)
    return done, _code(done)


async def _all(session: "Session", running: "Running") -> "Run":
    def cost() -> str:
        spent = session.factory.spending.usd
        return in_usd(spent) if spent else ""

    done: list[RunConversation] = []
    with Counter("graded", len(session.entries), cost) as counter:
        async for one in running.conversations(session.entries):
            counter.advance()
            done.append(one)
    return session.finished(done)


def _refuse_gaps(session: "Session", running: "Running") -> None:
    """A replay without some of its answers is no result: say which, and why that may be."""
    if not running.missing:
        return
    missing = [entry.id for entry in session.entries if entry.id in running.missing]
    names = ", ".join(printable(name) for name in missing[:_SHOWN])
    more = f" and {len(running.missing) - _SHOWN} more" if len(running.missing) > _SHOWN else ""
    complain(f"the recording {session.asked.replay} has no answer for {names}{more}")
    say(f"note: {session.why_missing()}")
    raise typer.Exit(BAD_INPUT)


def _say_interrupted(session: "Session | None") -> None:
    if session is not None and session.journal is not None:
        done = len(session.journal.done)
        say(f"stopped after {done} of {len(session.entries)}; the same command goes on from there")
    else:
        say("stopped; nothing was kept, because there is no --out, or it was a replay")


def _tell(session: "Session", running: "Running", done: "Run") -> None:
    """Say what is special about the run, problems first."""
    told = {entry.id for entry in session.entries if entry.labelled is None}
    for one in done.conversations:
        if one.problem and one.id not in told:
            complain(printable(f"{one.id}: {one.problem}"))
    failed = [(one.id, e.error.detail) for one in done.conversations for e in one.evaluations if e.error]
    for name, why in failed[:_SHOWN]:
        say(f"not graded: {printable(name)}: {printable(why)}")
    if len(failed) > _SHOWN:
        say(f"not graded: and {len(failed) - _SHOWN} more")
    if running.resumed:
        say(f"{running.resumed} of {len(session.entries)} were graded before and not again")
    if session.recording is not None and session.recording.found:
        say(f"{session.recording.found} answers were in {session.asked.record} already; --fresh asks again")
    if session.budget is not None:
        say(f"spent {in_usd(session.budget.spent_usd)} of --max-cost {in_usd(session.budget.limit_usd)}")
    if done.left_out:
        say(f"{done.left_out} left ungraded because a limit was reached")


def _code(done: "Run") -> int:
    from evals.runs.running import is_finished

    if any(one.problem for one in done.conversations):
        return BAD_INPUT
    if any(one.evaluations and not is_finished(one) for one in done.conversations):
        return OUTSIDE_FAILED
    return FAILED_AS_ASKED if done.left_out else FINE


def _write(done: "Run", out: Path | None, csv: Path | None) -> None:
    """Write what was asked for, and put the journal away once nothing is left to do."""
    from evals.runs.running import is_finished
    from evals.runs.spreadsheet import write_csv
    from evals.runs.writing import write_run

    if out is not None:
        write_run(done, out)
        part = out.with_name(f"{out.name}.part")
        if all(is_finished(one) for one in done.conversations):
            part.unlink(missing_ok=True)
        elif part.exists():
            say(f"{part} stays: the same command grades what is missing")
    if csv is not None:
        write_csv(done, csv)


def _report(before: "Run | None", done: "Run", gate: GateOptions) -> int:
    """Show the run, judged where that was asked for, and return the gate's exit code."""
    asked = gate.least or gate.junit or gate.summary or gate.html or gate.annotations
    # A case that must never fail does not wait to be asked about.
    is_judged = before is not None or asked or any(one.floors for one in done.conversations)
    if gate.output == "table" or not is_judged:
        _show(done, gate)
    if not is_judged:
        return FINE
    from evals.gate.command import judge

    return judge(before, done, gate)


def _show(done: "Run", gate: GateOptions) -> None:
    from evals.runs.summary import summarize
    from evals.runs.table import show_summary

    figures = summarize(done)
    if gate.output == "json":
        print_json(figures)
    else:
        show_summary(figures)


def _worst(*codes: int) -> int:
    """Return the code that weighs most: bad input, then what failed outside, then what was asked to fail."""
    weights = (FINE, FAILED_AS_ASKED, OUTSIDE_FAILED, BAD_INPUT)
    return max(codes, key=weights.index)


def export(
    run: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A run file of `qalibrate eval run --out`.")
    ],
    csv: Annotated[str, typer.Option(metavar="FILE", help="Where to: a file, or - for standard output.")],
) -> None:
    """Write a run as a table: a row for each conversation, dimension and repeat, labels beside grades."""
    from evals.gate.reading import read_run
    from evals.runs.spreadsheet import run_csv, write_csv

    if csv == "-":
        typer.echo(run_csv(read_run(run)), nl=False)
    else:
        refuse_overwriting([run], {"--csv": Path(csv)})
        write_csv(read_run(run), Path(csv))
