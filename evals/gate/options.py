"""What may be asked of the gate, on the command line and from code."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from service.cli.output import Format
from service.domain.errors import FieldProblem, InvalidInput

Figure = Literal["exact", "adjacent", "qwk", "ac2", "alpha"]
"""A figure of agreement that a threshold may be set on; more is better in each."""

_ASKED = re.compile(r"(?:([a-z0-9][a-z0-9_-]{0,79}):)?([a-z0-9]+)=(.+)")


@dataclass(frozen=True, slots=True)
class Least:
    """The least agreement that was asked for, of one dimension or, where that is None, of each."""

    dimension: str | None
    figure: Figure
    value: float

    @classmethod
    def parse(cls, text: str) -> "Least":
        """Read ``qwk=0.5`` or ``greeting:qwk=0.5``. Raises InvalidInput."""
        found = _ASKED.fullmatch(text.strip())
        if found is None or found[2] not in get_args(Figure):
            raise _bad(text, f"write [dimension:]figure=number, the figure one of {_figures()}")
        return cls(found[1], found[2], _number(text, found[3]))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class GateOptions:
    """How two runs are compared, what fails, and where reports go.

    `alpha` is the accepted chance of failing although nothing changed. Thresholds (`least`) are judged where
    a dimension has `min_n` items. `summary` is appended to; the other files are written anew.
    """

    alpha: float = 0.05
    least: tuple[Least, ...] = ()
    min_n: int = 30
    other_scorecards: bool = False
    other_datasets: bool = False
    output: Format = "table"
    junit: Path | None = None
    summary: Path | None = None
    html: Path | None = None
    annotations: bool = False

    @property
    def files(self) -> dict[str, Path | None]:
        """The files that are written, by option."""
        return {"--junit": self.junit, "--summary": self.summary, "--html": self.html}


AlphaOption = Annotated[
    float, typer.Option(min=0.0001, max=0.5, help="Accepted chance of failing although nothing changed.")
]
LeastOption = Annotated[
    list[str] | None,
    typer.Option(
        "--min-agreement",
        metavar="[DIMENSION:]FIGURE=NUMBER",
        help="Exit with 1 when agreement with people is below it, such as qwk=0.5 (on each dimension), "
        "greeting:exact=0.8 or overall:qwk=0.6; exact, adjacent, qwk, ac2 or alpha; may be repeated.",
    ),
]
MinNOption = Annotated[
    int, typer.Option(min=2, help="Judge --min-agreement only where so many items were labelled and graded.")
]
OtherScorecardsOption = Annotated[
    bool,
    typer.Option("--allow-different-scorecards", help="Compare the dimensions whose scale is the same."),
]
OtherDatasetsOption = Annotated[
    bool, typer.Option("--allow-different-datasets", help="Compare the conversations that are in both.")
]
JunitOption = Annotated[Path | None, typer.Option(dir_okay=False, help="Write JUnit XML to this file.")]
SummaryOption = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Append Markdown to this file, such as a CI summary.")
]
HtmlOption = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Write a report with plots to this file.")
]
AnnotationsOption = Annotated[
    bool,
    typer.Option("--annotations", help="Print ::error and ::warning lines for CI on standard error."),
]


def parse_least(asked: list[str] | None) -> tuple[Least, ...]:
    """Return the thresholds of a command line. Raises InvalidInput."""
    return tuple(Least.parse(text) for text in asked or ())


def _number(text: str, given: str) -> float:
    try:
        value = float(given)
    except ValueError:
        raise _bad(text, f"{given!r} is no number") from None
    if not math.isfinite(value) or not -1 <= value <= 1:
        raise _bad(text, "the number lies between -1 and 1")
    return value


def _figures() -> str:
    return ", ".join(get_args(Figure))


def _bad(text: str, why: str) -> InvalidInput:
    return InvalidInput([FieldProblem("", f"--min-agreement {text}: {why}")])
