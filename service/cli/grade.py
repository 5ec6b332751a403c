"""`qalibrate grade`: grade files on the spot, without a database."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

import typer

from service.cli.budget import Budget, MaxCostOption, budget_for
from service.cli.calibration_file import read_calibration, warn_of_expired
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
    PathsArgument,
    PolicyOption,
    ScorecardOption,
    make_factory,
    processes_for,
)
from service.cli.show import in_usd, show_evaluation, show_summary
from service.domain.errors import FieldProblem, InvalidInput
from service.domain.evaluation import Evaluation
from service.domain.grade import GraderName
from service.domain.scorecard import ScorecardRevision
from service.domain.scorecard_file import read_scorecard

LEFT_OUT: Literal["left out"] = "left out"
"""Stands for the evaluation of a conversation that `--max-cost` left ungraded."""

Result = Evaluation | InvalidInput | Literal["left out"]


def grade(
    paths: PathsArgument,
    scorecard: ScorecardOption = None,
    grader: Annotated[GraderName | None, typer.Option(help="Which grader.")] = None,
    policy: PolicyOption = None,
    include: Annotated[Literal["turns"] | None, typer.Option(help="`turns` adds the redacted turns.")] = None,
    require_pass: Annotated[
        bool, typer.Option(help="Exit with 1 when a conversation does not pass.")
    ] = False,
    max_cost: MaxCostOption = None,
    calibration: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="A file of `qalibrate calibrate --out`: grades follow it."
        ),
    ] = None,
    output: FormatOption = "table",
) -> None:
    """Grade conversations and show grades, evidence and coaching."""
    factory = make_factory(policy=policy, redaction_processes=processes_for(paths))
    cards = scorecards_for(scorecard)
    fitted = read_calibration(calibration) if calibration else None
    budget = budget_for(max_cost, factory, grader)

    async def one(item: Item) -> Result:
        if isinstance(item.conversation, InvalidInput):
            return item.conversation
        try:
            async with budget.conversation() if budget else nullcontext(True) as may_start:
                if not may_start:
                    return LEFT_OUT
                return await factory.grade(item.conversation, cards, item.id, grader, fitted)
        except InvalidInput as error:
            return error

    async def all_of_them() -> int:
        done: list[Result] = []
        with Counter("graded") as counter:
            at_once = max(4 * factory.settings.processes, 16)
            async for item, result in in_order(one, read_items(paths), at_once):
                counter.advance()
                _report(item, result, as_json=output == "json", turns=include == "turns")
                done.append(_light(result))
        graded = [result for result in done if isinstance(result, Evaluation)]
        if output == "table" and len(done) > 1 and graded:
            show_summary(graded)
        if fitted is not None:
            warn_of_expired(fitted, cards, graded)
        if budget is not None:
            _show_budget(budget)
        return exit_code(done, require_pass=require_pass)

    try:
        code = asyncio.run(all_of_them())
    finally:
        factory.close()
    if code:
        raise typer.Exit(code)


def scorecards_for(reference: str | None) -> list[ScorecardRevision]:
    """Return the built-in scorecards, or the one that is named or stands in a file.

    Raises UnknownScorecard, or InvalidInput for a file that is not there or not a scorecard.
    """
    from service.factory import builtin_scorecards
    from service.usecases.grade import find_scorecard

    builtin = [ScorecardRevision(scorecard=card, revision=1, builtin=True) for card in builtin_scorecards()]
    if reference is None:
        return builtin
    if Path(reference).is_file():
        return [ScorecardRevision(scorecard=read_scorecard(Path(reference).read_bytes()), revision=1)]
    if "/" in reference or reference.endswith((".yaml", ".yml")):
        raise InvalidInput([FieldProblem("--scorecard", f"there is no file {reference}{_like(reference)}")])
    return [find_scorecard(reference, builtin)]


def _like(path: str) -> str:
    folder = Path(path).parent
    there = [file.name for file in folder.iterdir()] if folder.is_dir() else []
    near = get_close_matches(Path(path).name, there, n=1)
    return f"; did you mean {folder / near[0]}?" if near else ""


def exit_code(done: Sequence[Result], *, require_pass: bool) -> int:
    """Return the exit code of a run: bad input weighs most, then a model that was away, then what was asked
    to end in a failure: a conversation that does not pass, or `--max-cost`.
    """
    if not done:
        complain("there was no conversation in the input")
        return BAD_INPUT
    if any(isinstance(result, InvalidInput) for result in done):
        return BAD_INPUT
    evaluations = [result for result in done if isinstance(result, Evaluation)]
    if any(evaluation.status == "failed" for evaluation in evaluations):
        return OUTSIDE_FAILED
    if silent := [evaluation for evaluation in evaluations if _model_gave_nothing(evaluation)]:
        complain(f"the model graded nothing in {len(silent)} of {len(evaluations)} conversations")
    if LEFT_OUT in done:
        return FAILED_AS_ASKED
    if require_pass and not all(e.score is not None and e.score.passed for e in evaluations):
        return FAILED_AS_ASKED
    return 0


def _report(item: Item, result: Result, *, as_json: bool, turns: bool) -> None:
    if isinstance(result, str):
        if as_json:
            error = {"type": "max-cost", "detail": "left ungraded because --max-cost was reached"}
            print_json({"id": item.id, "status": "cancelled", "error": error})
    elif isinstance(result, InvalidInput):
        complain(f"{item.where}: {result.detail}")
        if as_json:
            error = {"type": result.type, "detail": result.detail}
            print_json({"id": item.id, "status": "failed", "error": error})
    elif as_json:
        print_json(result if turns else result.model_copy(update={"turns": None}))
    else:
        show_evaluation(result, result.external_id or item.where)


def _show_budget(budget: Budget) -> None:
    spent = f"spent {in_usd(budget.spent_usd)} of --max-cost {in_usd(budget.limit_usd)}"
    if budget.left_out:
        spent += f"; stopped there, {budget.left_out} left ungraded"
    say(spent)


def _model_gave_nothing(evaluation: Evaluation) -> bool:
    """Whether a model was asked and not one of its answers could be used."""
    score, asked = evaluation.score, evaluation.provenance and evaluation.provenance.grader == "llm"
    return bool(asked) and score is not None and score.graded == 0 < score.ungraded


def _light(result: Result) -> Result:
    """Keep of a result only what the summary needs: thousands of them may pass by."""
    if not isinstance(result, Evaluation):
        return result
    unused = {
        "turns": None,
        "grades": (),
        "coaching": None,
        "facts": None,
        "observations": (),
        "signals": None,
    }
    return result.model_copy(update={**unused, "metadata": {}})
