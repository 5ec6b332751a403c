"""`qalibrate explain`: one evaluation as a person wants to read it who disputes it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from pydantic import ValidationError

from service.cli.grade import scorecards_for
from service.cli.output import BAD_INPUT, FormatOption, complain, console, print_json, say
from service.cli.setup import make_factory
from service.domain.errors import FieldProblem, InvalidInput, UnknownScorecard, field_problems
from service.domain.evaluation import Evaluation
from service.domain.keys import DEFAULT_TENANT
from service.domain.scorecard import ScorecardRevision
from service.formats.strict_json import bad_json, load_json

if TYPE_CHECKING:
    from service.usecases.explain import Explanation


def explain(
    evaluation: Annotated[
        str,
        typer.Argument(
            help="An id or external_id; or a .json file (- is stdin) with what `grade` printed of one."
        ),
    ],
    tenant: Annotated[str, typer.Option(help="Whose evaluation.")] = DEFAULT_TENANT,
    scorecard: Annotated[
        str | None, typer.Option(help="For a file: the scorecard that was used, built-in or a YAML file.")
    ] = None,
    include: Annotated[
        Literal["turns"] | None, typer.Option(help="`turns` adds the whole redacted conversation.")
    ] = None,
    output: FormatOption = "table",
) -> None:
    """Explain one evaluation: the score, each grade with its proof, and where it all comes from.

    It only reads the database, and may do so while the service runs.
    """
    if evaluation == "-" or evaluation.endswith(".json"):
        found = read_explanation(_content(evaluation), scorecard)
    elif scorecard is not None:
        problem = "only an evaluation in a file needs a scorecard; the database knows which one was used"
        raise InvalidInput([FieldProblem("--scorecard", problem)])
    else:
        found = _from_database(tenant, evaluation)
    if output == "json":
        print_json(found if include == "turns" else _without_turns(found))
    else:
        from service.cli.explaining.screen import show_explanation

        show_explanation(found, console(), turns=include == "turns")


def read_explanation(content: bytes, scorecard: str | None = None) -> "Explanation":
    """Return the explanation of the one evaluation in `content`: as `grade` prints it, or as `explain` does.

    Raises InvalidInput when it is none, or when its scorecard is not known.
    """
    from service.usecases.explain import explained

    data = load_json(content)
    if not isinstance(data, dict):
        raise bad_json("this is not one evaluation; a list or a number cannot be explained")
    try:
        evaluation = Evaluation.model_validate(data.get("evaluation", data))
        stored = data.get("scorecard") if "evaluation" in data and scorecard is None else None
        card = ScorecardRevision.model_validate(stored) if stored else _card_of(evaluation, scorecard)
    except ValidationError as error:
        raise InvalidInput(field_problems(error.errors())) from None
    return explained(evaluation, card)


def _card_of(evaluation: Evaluation, reference: str | None) -> ScorecardRevision:
    if reference is not None:
        return scorecards_for(reference)[0]
    name = f"{evaluation.scorecard.name}@{evaluation.scorecard.revision}"
    try:
        return scorecards_for(name)[0]
    except UnknownScorecard:
        problem = f"{name} is not built in; name its file with --scorecard"
        raise InvalidInput([FieldProblem("/scorecard", problem)]) from None


def _content(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InvalidInput([FieldProblem("", f"cannot read {path}: {error.strerror}")]) from None


def _from_database(tenant: str, name: str) -> "Explanation":
    from service.usecases.explain import SeveralEvaluations

    factory = make_factory()
    try:
        return factory.explain(tenant, name)
    except SeveralEvaluations as error:
        complain(error.detail.removeprefix("input: "))
        for one in error.evaluations:
            score = "" if one.score is None or one.score.value is None else f"  {one.score.value:g}"
            card = f"{one.scorecard.name}@{one.scorecard.revision}"
            say(f"  {one.id}  {one.created_at:%Y-%m-%d %H:%M}  {card}  {one.status}{score}")
        raise typer.Exit(BAD_INPUT) from None
    finally:
        factory.close()


def _without_turns(explanation: "Explanation") -> dict[str, Any]:
    evaluation = explanation.evaluation.model_copy(update={"turns": None})
    return {
        "evaluation": evaluation,
        "scorecard": explanation.scorecard,
        "breakdown": explanation.breakdown,
    }
