"""`qalibrate labels …`: bring in what people decided, and propose what they look at next."""

import asyncio
import csv
import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

import typer

from service.cli.output import BAD_INPUT, FormatOption, complain, print_json, print_table, printable, say
from service.cli.parallel import Counter
from service.cli.setup import open_factory
from service.domain.audit import COMMAND_LINE
from service.domain.errors import FieldProblem, InvalidInput
from service.domain.keys import DEFAULT_TENANT
from service.domain.label import NOT_APPLICABLE
from service.domain.label_import import LabelImport
from service.domain.label_plan import LabelPlan
from service.domain.scorecard import Dimension, ScorecardRevision
from service.formats.label_fields import Defaults
from service.formats.labels_header import FOR_RATERS

if TYPE_CHECKING:
    from service.factory import Factory

SHOWN = 50
"""Complaints about one file before the rest is only counted."""

COLUMNS = ("conversation", "evaluation", "plan", "dimension", *FOR_RATERS, "rater", "level", "blind")
"""The table that a plan writes; rater and level are for people to fill in. It does not say why a conversation
was drawn, which would tell what the machine thinks of it: the plan knows.
"""

# A spreadsheet takes a cell that starts like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

app = typer.Typer(no_args_is_help=True)
TenantOption = Annotated[str, typer.Option(help="Whose labels.")]


@app.command("import")
def import_labels(
    files: Annotated[
        list[str], typer.Argument(help="JSON lines, JSON or CSV with a header, or - for stdin.")
    ],
    scorecard: Annotated[
        str | None, typer.Option(help="For labels that name none: a name, or name@3.")
    ] = None,
    rater: Annotated[str | None, typer.Option(help="Who graded, for labels that do not say.")] = None,
    blind: Annotated[
        bool | None,
        typer.Option(
            "--blind/--not-blind", help="Whether raters had not seen the grade, for labels that do not say."
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let labels overrule earlier ones of the same rater.")
    ] = False,
    tenant: TenantOption = DEFAULT_TENANT,
    output: FormatOption = "table",
) -> None:
    """Bring in people's labels; a bad row is reported and does not stop the rest.

    Exits with 2 when a row was bad or contradicts what its rater said before.
    """
    factory = open_factory(create=True, tenant=tenant)
    bad = 0
    try:
        for name in files:
            done = _import(factory, tenant, name, Defaults(scorecard, rater, blind), replace=replace)
            _complain_of(name, done)
            _report(name, done, as_json=output == "json")
            bad += done.conflict_count + done.problem_count
    finally:
        factory.close()
    if bad:
        raise typer.Exit(BAD_INPUT)


@app.command()
def plan(
    scorecard: Annotated[str, typer.Option(help="The scorecard: its current revision, or name@3.")],
    count: Annotated[int, typer.Option(help="How many conversations to label, about.")] = 60,
    seed: Annotated[int, typer.Option(help="The same seed draws the same; keep it to enlarge a sample.")] = 0,
    core: Annotated[
        float, typer.Option(help="The share that is drawn at random, above 0 and up to 1.")
    ] = 0.5,
    since: Annotated[str | None, typer.Option(help="Only evaluations from this day or time on.")] = None,
    grader: Annotated[
        Literal["llm", "signals", "learned"] | None, typer.Option(help="Only evaluations by this grader.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the table to fill in here, not to stdout.")
    ] = None,
    transcripts: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write the redacted conversations here to read, without grades."),
    ] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    output: FormatOption = "table",
) -> None:
    """Propose what to label next: a random core, and more of what is likely to be wrong.

    Writes a CSV table to fill in and to import. What was drawn, and how probably, is kept in the database.
    """
    from service.usecases.labels_plan import PlanRequest

    factory = open_factory(tenant=tenant)
    wanted = PlanRequest(scorecard, count, core, seed, _moment(since), grader)
    try:
        drawn, card = factory.plan_labels(tenant, wanted)
        if transcripts is not None:
            _write(transcripts, _transcripts(factory, tenant, drawn))
    finally:
        factory.close()
    if out is not None:
        _write(out, _template(drawn, card))
    if output == "json":
        print_json(drawn)
    elif out is not None:
        _summarise(drawn)
    else:
        sys.stdout.write(_template(drawn, card))
    _tell(drawn)


def _import(factory: "Factory", tenant: str, name: str, defaults: Defaults, *, replace: bool) -> LabelImport:
    with _opened(name) as file, Counter("rows") as counter:
        work = factory.import_labels(tenant, file, defaults, replace=replace, told=counter.advance)
        return asyncio.run(work)


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below; only opening may fail like this
    except OSError as error:
        raise InvalidInput([FieldProblem("", f"cannot read {name}: {error.strerror}")]) from None
    with file:
        yield file


def _complain_of(name: str, done: LabelImport) -> None:
    """Tell of bad rows and conflicts; what is wrong with many rows alike is said once."""
    rows: dict[str, list[int]] = {}
    for problem in done.problems:
        said = f"{problem.field}: {problem.detail}" if problem.field else problem.detail
        rows.setdefault(said, []).append(problem.row)
    for conflict in done.conflicts:
        rows.setdefault(conflict.detail, []).append(conflict.row)
    for said, (first, *more) in list(rows.items())[:SHOWN]:
        complain(printable(f"{name}:{first}: {said}{f' ({len(more)} more like it)' if more else ''}"))
    unsaid = done.problem_count + done.conflict_count - sum(map(len, list(rows.values())[:SHOWN]))
    if unsaid:
        complain(f"{name}: and {unsaid:,} more; --format json lists up to a thousand")
    for note in done.notes:
        say(printable(f"{name}: {note}"))


def _report(name: str, done: LabelImport, *, as_json: bool) -> None:
    if as_json:
        print_json({"file": name, **done.model_dump(mode="json")})
        return
    counts = {
        "stored": done.stored,
        "overruled": done.replaced,
        "known before": done.duplicate_count,
        "not filled in": done.empty,
        "contradicting": done.conflict_count,
        "bad": done.problem_count,
    }
    said = [f"{count} {what}" for what, count in counts.items() if count or what == "stored"]
    say(printable(f"{name}: {', '.join(said)}"))


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        problem = FieldProblem("/since", "write a day or a time such as 2026-11-02 or 2026-11-02T10:15:00Z")
        raise InvalidInput([problem]) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _template(plan: LabelPlan, card: ScorecardRevision) -> str:
    """Return a row for each dimension of each conversation that has no labels yet."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(_rows(plan, card))
    return text.getvalue()


def _rows(plan: LabelPlan, card: ScorecardRevision) -> Iterable[tuple[object, ...]]:
    for one in plan.conversations:
        # The evaluation says which conversation it is; a name that a spreadsheet would run can be left out.
        known = one.conversation or ""
        name = "" if known.startswith(_FORMULA) else known
        if not one.labelled:
            for dimension in card.scorecard.dimensions:
                asked = _harmless(dimension.question), _allowed(dimension)
                yield (name, one.evaluation, plan.id, dimension.id, *asked, "", "", "yes")


def _allowed(dimension: Dimension) -> str:
    """Return the answers that a rater may write."""
    answers = [str(level.level) for level in dimension.scale.levels]
    return " / ".join(answers if dimension.not_applicable is None else [*answers, NOT_APPLICABLE])


def _harmless(text: str) -> str:
    """Return text of a scorecard in one line that no spreadsheet runs."""
    line = " ".join(text.split())
    return f"'{line}" if line.startswith(_FORMULA) else line


def _transcripts(factory: "Factory", tenant: str, plan: LabelPlan) -> str:
    """Return the redacted conversations that are to be labelled, without a word of what a machine said."""
    parts = []
    for one in plan.conversations:
        if not one.labelled:
            turns = factory.evaluations.get(tenant, one.evaluation, turns=True).turns or ()
            said = "\n".join(f"{n:4} {turn.speaker}: {turn.text}" for n, turn in enumerate(turns))
            parts.append(f"== {one.conversation or one.evaluation}\n{said}\n")
    factory.note_read(tenant, COMMAND_LINE, "evaluation.exported", plan.id, {"count": len(parts)})
    factory.note_read.write()
    return "\n".join(parts)


def _write(file: Path, text: str) -> None:
    try:
        # With a mark, without which spreadsheets take UTF-8 for something else.
        file.write_text(text, encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInput([FieldProblem("/out", f"cannot write {file}: {error.strerror}")]) from None


def _summarise(plan: LabelPlan) -> None:
    chosen = [one.stratum for one in plan.conversations]
    rows = [(one.name, one.population, one.drawn, chosen.count(one.name)) for one in plan.strata]
    print_table(("Stratum", "Evaluated", "Extra", "In the plan"), rows)


def _tell(plan: LabelPlan) -> None:
    new = sum(not one.labelled for one in plan.conversations)
    say(f"{new} conversations to label, drawn from {plan.population}; {plan.core} places at random")
    for note in plan.notes:
        say(f"note: {note}")
