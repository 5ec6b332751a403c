"""`qalibrate calibrate`: hold grades against people's labels, from the database or from run files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from service.cli.calibration_file import format_of, write_calibration
from service.cli.output import FormatOption, print_json, say
from service.cli.overwriting import refuse_overwriting
from service.cli.parallel import Counter
from service.cli.setup import open_factory
from service.domain.errors import FieldProblem, InvalidInput, TooFewLabels, field_problems
from service.domain.evaluation import ScorecardRef
from service.domain.keys import DEFAULT_TENANT
from service.domain.scorecard import ScorecardRevision

if TYPE_CHECKING:
    from service.domain.calibration import Fitted
    from service.domain.labelled import LabelledEvaluation
    from service.domain.run import Run
    from service.factory import Factory
    from service.usecases.calibrate import CalibrationRequest


def calibrate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Run files with labels, as `eval run` writes them; the database if left out."),
    ] = None,
    scorecard: Annotated[str | None, typer.Option(help="`name`, its current revision, or `name@3`.")] = None,
    grader: Annotated[str | None, typer.Option(help="Whose grades: llm or signals.")] = None,
    risk: Annotated[float, typer.Option(help="How many accepted grades may be wrong at most.")] = 0.1,
    delta: Annotated[float, typer.Option(help="With what probability that may turn out untrue.")] = 0.1,
    seed: Annotated[int, typer.Option(help="The same seed and labels give the same calibration.")] = 0,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write it to a file, for `grade --calibration`.")
    ] = None,
    activate: Annotated[
        bool | None,
        typer.Option(
            "--activate/--no-activate",
            help="Let the service's new grades follow it; done where it promises anything, if left out.",
        ),
    ] = None,
    tenant: Annotated[str, typer.Option(help="Whose labels.")] = DEFAULT_TENANT,
    details: Annotated[
        bool, typer.Option("--details", help="Show all that is known about each dimension, too.")
    ] = False,
    output: FormatOption = "table",
) -> None:
    """Compare grades with the labels that people gave without seeing them, and fit what follows from it."""
    if paths:
        if activate:
            problem = "run files are of no database; use `grade --calibration`, or leave the files out"
            raise InvalidInput([FieldProblem("--activate", problem)])
        refuse_overwriting(paths, {"--out": out})
        runs = [_read_run(path) for path in paths]
        card = _one_card(paths, runs, scorecard)
        fitted = _from_runs(card, runs, _request(card.name, grader or runs[0].grader, risk, delta, seed))
    else:
        if scorecard is None:
            raise InvalidInput([FieldProblem("--scorecard", "name the scorecard, or give run files")])
        fitted = _from_database(tenant, _request(scorecard, grader, risk, delta, seed), activate)
    if out is not None:
        write_calibration(out, fitted)
    if output == "json":
        print_json(fitted.calibration)
    else:
        from service.cli.show_calibration import show_calibration

        show_calibration(fitted.calibration, details=details)


def _request(
    scorecard: str, grader: str | None, risk: float, delta: float, seed: int
) -> "CalibrationRequest":
    from service.usecases.calibrate import CalibrationRequest

    asked = {"scorecard": scorecard, "grader": grader, "risk": risk, "delta": delta, "seed": seed}
    try:
        return CalibrationRequest.model_validate(asked | {"activate": False})
    except ValidationError as error:
        raise InvalidInput(
            [p._replace(pointer=p.pointer.replace("/", "--", 1)) for p in field_problems(error.errors())]
        ) from None


def _from_database(tenant: str, request: "CalibrationRequest", activate: bool | None) -> "Fitted":
    factory = open_factory(tenant=tenant)
    try:
        with _progress() as counter:
            made = factory.calibrate.now(tenant, request, counter.advance)
        fitted = factory.calibrations.fitted(tenant, made.id)
        if activate is not False:
            _activate(factory, tenant, fitted, must=activate is True)
        return fitted
    finally:
        factory.close()


def _activate(factory: "Factory", tenant: str, fitted: "Fitted", *, must: bool) -> None:
    from service.usecases.calibrate import check_use

    try:
        check_use(fitted)
    except TooFewLabels as error:
        if must:
            raise
        say(f"not activated: {error.problems[0].detail}")
        return
    made = fitted.calibration
    factory.calibrations.activate(tenant, made.id)
    say(f"new grades of {made.basis.grader} on {made.scorecard.name} follow calibration {made.id}")


def _from_runs(card: ScorecardRevision, runs: "Sequence[Run]", request: "CalibrationRequest") -> "Fitted":
    from service.usecases.calibrate import calibrated

    given = [one for run in runs for one in _labelled(run, card)]
    with _progress() as counter:
        return calibrated(card, request.grader or "llm", given, request, told=counter.advance)


def _progress() -> Counter:
    # Nearly all of the time goes there.
    from service.grading.learned.fitting import FOLDS

    return Counter("fitting text models", total=FOLDS)


def _read_run(path: Path) -> "Run":
    from service.domain.run import Run, foreign_grade

    content = b""
    try:
        content = path.read_bytes()
        run = Run.model_validate_json(content)
    except OSError as error:
        raise InvalidInput([FieldProblem("", f"cannot read {path}: {error.strerror}")]) from None
    except ValidationError as error:
        wrong = f"{path} is no run file as `qalibrate eval run --out` writes them"
        damaged = format_of(content).startswith("qalibrate-run@")
        where = field_problems(error.errors())[:3] if damaged else []
        raise InvalidInput([FieldProblem("", wrong), *where]) from None
    if problem := foreign_grade(run):
        raise InvalidInput([FieldProblem("", f"{path}: {problem}")])
    return run


def _one_card(paths: Sequence[Path], runs: "Sequence[Run]", wanted: str | None) -> ScorecardRevision:
    """Return the scorecard of all runs. Raises InvalidInput where they have several, or another one."""
    first = runs[0]
    for path, run in zip(paths, runs, strict=True):
        name = f"{path} is a run of {run.grader!r} on {run.scorecard.name}@{run.scorecard.revision}"
        if run.scorecard.scorecard.content_hash != first.scorecard.scorecard.content_hash:
            raise InvalidInput([FieldProblem("", f"{name}, {paths[0]} of another content of a scorecard")])
        if run.grader != first.grader:
            raise InvalidInput([FieldProblem("", f"{name}, {paths[0]} one of {first.grader!r}")])
    card = first.scorecard
    if wanted is not None and wanted not in (card.name, f"{card.name}@{card.revision}"):
        problem = f"{paths[0]} is a run on {card.name}@{card.revision}, not on {wanted}"
        raise InvalidInput([FieldProblem("--scorecard", problem)])
    return card


def _labelled(run: "Run", card: ScorecardRevision) -> "list[LabelledEvaluation]":
    """Return the first evaluation of each conversation; the same text in two runs is one conversation."""
    from service.domain.labelled import LabelledEvaluation

    on = ScorecardRef(name=card.name, revision=card.revision)
    found = []
    for one in run.conversations:
        if one.evaluations:
            # Other runs call other conversations the same, and the same content another revision.
            known = {"id": one.input_sha256, "external_id": one.input_sha256, "scorecard": on}
            evaluation = one.evaluations[0].model_copy(update=known)
            found.append(LabelledEvaluation(evaluation=evaluation, labels=one.labels))
    return found
