"""`qalibrate eval fairness`: do grades flip when only the person sounds different?"""

import asyncio
import random
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.grade import scorecards_for
from service.cli.inputs import Item, read_items
from service.cli.output import (
    BAD_INPUT,
    FAILED_AS_ASKED,
    OUTSIDE_FAILED,
    FormatOption,
    complain,
    print_json,
    say,
)
from service.cli.parallel import Counter, in_order
from service.cli.setup import (
    GraderOption,
    PathsArgument,
    PolicyOption,
    ScorecardOption,
    make_factory,
    processes_for,
)
from service.domain.errors import InvalidInput, QalibrateError

if TYPE_CHECKING:
    from evals.fairness.comparing import Tried
    from evals.fairness.report import Report
    from evals.fairness.trying import Fairness, Options
    from service.factory import Factory

_SHOWN_FAILURES = 20


def fairness(
    paths: PathsArgument,
    scorecard: ScorecardOption = None,
    grader: GraderOption = None,
    swap: Annotated[
        list[str] | None,
        typer.Option(help="names, gender, dialect, or a part such as gender-agent; may be repeated."),
    ] = None,
    policy: PolicyOption = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Draw so many conversations.")] = None,
    seed: Annotated[int, typer.Option(help="What is drawn: conversations, names, markers.")] = 0,
    repeats: Annotated[
        int, typer.Option(min=0, max=20, help="Grade each so often again unchanged, to see a model waver.")
    ] = 1,
    max_flips: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Exit with 1 when for a swap the share of flips beyond the unchanged repeats is certainly "
            "(lower end of the 95 % interval) above this.",
        ),
    ] = None,
    output: FormatOption = "table",
) -> None:
    """Swap names, gender and dialect markers, and report how many grades flip.

    Each conversation is graded as it is, again unchanged, and once for every swap, through redaction as
    always. evals/README.md says what the figures mean and what they do not show.
    """
    from evals.fairness.report import make_report
    from evals.fairness.swaps import UnknownSwap, chosen
    from evals.fairness.trying import Options

    try:
        swaps = chosen(tuple(swap or ()))
    except UnknownSwap as error:
        complain(str(error))
        raise typer.Exit(BAD_INPUT) from None
    factory = make_factory(policy=policy, redaction_processes=processes_for(paths))
    options = Options(swaps, scorecards_for(scorecard), grader, repeats, seed)
    try:
        tried, bad = asyncio.run(_all(factory, options, _drawn(paths, sample, seed)))
    finally:
        factory.close()
    report = make_report(tried)
    if output == "json":
        how = {"grader": grader or factory.settings.default_grader, "repeats": repeats, "seed": seed}
        print_json({"paths": paths, **how, **report.model_dump(), "tried": tried})
    elif tried:
        from evals.fairness.table import show_report

        show_report(report, tried)
    _tell_failures(tried)
    code = _exit_code(report, tried, bad, max_flips)
    if code:
        raise typer.Exit(code)


def _drawn(paths: list[str], sample: int | None, seed: int) -> list[Item]:
    """Return the conversations of the input, or so many of them, drawn and left in order."""
    items = list(read_items(paths))
    if sample is None or sample >= len(items):
        return items
    places = random.Random(seed).sample(range(len(items)), sample)  # noqa: S311 - no secret
    return [items[place] for place in sorted(places)]


async def _all(factory: "Factory", options: "Options", items: list[Item]) -> "tuple[list[Tried], int]":
    """Return what was tried, and how many conversations of the input were none."""
    from evals.fairness.trying import Fairness

    at_once = max(4 * factory.settings.processes, 16)
    fair = Fairness(factory, options, at_once)
    tried: list[Tried] = []
    bad = 0

    async def one(item: Item) -> "Tried | InvalidInput":
        return await _one(fair, item)

    with Counter("tried", len(items)) as counter:
        async for item, result in in_order(one, items, at_once):
            counter.advance()
            if isinstance(result, InvalidInput):
                complain(f"{item.where}: {result.detail}")
                bad += 1
            else:
                tried.append(result)
    return tried, bad


async def _one(fair: "Fairness", item: Item) -> "Tried | InvalidInput":
    from evals.fairness.comparing import Tried

    if isinstance(item.conversation, InvalidInput):
        return item.conversation
    try:
        return await fair(item.conversation, item.id)
    except InvalidInput as error:
        return error
    except QalibrateError as error:
        return Tried(id=item.id, failed=error.detail)


def _tell_failures(tried: "list[Tried]") -> None:
    """Say what could not be graded; a swap that failed is not in any share."""
    failed = [f"{one.id}: {one.failed}" for one in tried if one.failed]
    failed += [f"{one.id}, {t.swap}: {t.failed}" for one in tried for t in one.trials if t.failed]
    failed += [f"{one.id}: {one.failed_repeats} unchanged" for one in tried if one.failed_repeats]
    for sentence in failed[:_SHOWN_FAILURES]:
        say(f"not graded: {sentence}")
    if len(failed) > _SHOWN_FAILURES:
        say(f"not graded: and {len(failed) - _SHOWN_FAILURES} more")


def _exit_code(report: "Report", tried: "list[Tried]", bad: int, max_flips: float | None) -> int:
    """Return the exit code: bad input weighs most, then a model that was away, then too many flips."""
    if bad or not tried:
        if not tried and not bad:
            complain("there was no conversation in the input")
        return BAD_INPUT
    states = {trial.state for one in tried for trial in one.trials}
    if report.failed == report.conversations or states == {"failed"}:
        return OUTSIDE_FAILED
    missed = [] if max_flips is None else _too_many(report, max_flips)
    for sentence in missed:
        say(f"failed: {sentence}")
    return FAILED_AS_ASKED if missed else 0


def _too_many(report: "Report", max_flips: float) -> list[str]:
    """Return a sentence for each swap that certainly flips too much.

    Where nothing could be tried one says so: a gate that measures nothing must not look open.
    """
    if not any(swap.compared or swap.identical for swap in report.swaps):
        return ["nothing was compared"]
    return [
        f"{swap.swap} flips at least {row.excess_low:.1%} more grades than an unchanged repeat, "
        f"allowed is {max_flips:.1%}"
        for swap in report.swaps
        if (row := swap.overall).excess_low is not None and row.excess_low > max_flips
    ]
