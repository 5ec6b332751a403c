"""A run as a table for spreadsheets: one row for each conversation, dimension and repeat."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from evals.runs.journal import RunNotKept
from service.atomic import write_atomically
from service.calibration.cases import consensus
from service.domain.evaluation import Evaluation
from service.domain.grade import Grade
from service.domain.label import Label
from service.domain.run import Run, RunConversation
from service.domain.scorecard import Dimension

_COLUMNS = (
    "conversation",
    "repeat",
    "dimension",
    "section",
    "outcome",
    "level",
    "label",
    "points",
    "confidence",
    "expected_level",
    "disposition",
    "grader",
    "reason",
    "rationale",
    "evidence",
    "problem",
)

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
"""What spreadsheets take for the start of a formula."""

_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Cell = str | int | float | None


def run_csv(run: Run) -> str:
    """Return the table, comma separated, names of columns first, lines ended by CR LF (RFC 4180).

    Columns `label by <rater>` hold people's levels, `consensus` what they say together. Text that a
    spreadsheet would take for a formula begins with an apostrophe.
    """
    raters = sorted({label.rater for one in run.conversations for label in one.labels})
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([harmless(name) for name in (*_COLUMNS, *(f"label by {r}" for r in raters), "consensus")])
    for row in _rows(run, raters):
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def write_csv(run: Run, path: Path) -> None:
    """Put the table into a file. Raises RunNotKept."""
    try:
        # Spreadsheets take a file without this mark for one of another century.
        write_atomically(path, run_csv(run), encoding="utf-8-sig")
    except OSError as error:
        raise RunNotKept(f"{path} cannot be written: {error.strerror}") from None


def harmless(text: str) -> str:
    """Return text that no spreadsheet takes for a formula, without characters that no text has."""
    plain = _NO_TEXT.sub("\ufffd", text)
    return f"'{plain}" if _FORMULA.match(plain) else plain


def _rows(run: Run, raters: Sequence[str]) -> Iterator[list[Cell]]:
    dimensions = list(run.scorecard.scorecard.dimensions)
    sections = run.scorecard.scorecard.section_of
    for one in run.conversations:
        for dimension in dimensions:
            labels = [label for label in one.labels if label.dimension == dimension.id]
            said = [*_by_rater(labels, raters), _together(dimension, labels)]
            for repeat, evaluation in enumerate(one.evaluations or (None,)):
                start: list[Cell] = [one.id, repeat, dimension.id, sections[dimension.id]]
                yield [*start, *_outcome(one, evaluation, dimension), *said]


def _outcome(one: RunConversation, evaluation: Evaluation | None, dimension: Dimension) -> list[Cell]:
    grades = () if evaluation is None else evaluation.grades
    grade = next((grade for grade in grades if grade.dimension == dimension.id), None)
    if grade is not None:
        return [*_grade(grade), None]
    error = evaluation.error if evaluation else None
    empty: list[Cell] = [None] * (len(_COLUMNS) - 5)
    return [*empty, error.detail if error else one.problem or "left ungraded"]


def _grade(grade: Grade) -> list[Cell]:
    quotes = " | ".join(f"[{piece.turn}] {piece.quote}" for piece in grade.evidence)
    return [
        grade.outcome,
        grade.level,
        grade.label,
        grade.points,
        grade.confidence,
        grade.expected_level,
        grade.disposition,
        grade.grader,
        grade.ungraded_reason or grade.not_applicable_reason,
        grade.rationale,
        quotes or None,
    ]


def _by_rater(labels: Sequence[Label], raters: Sequence[str]) -> list[Cell]:
    return [_last(labels, rater) for rater in raters]


def _last(labels: Sequence[Label], rater: str) -> Cell:
    """Return what a rater says, what they said before they saw the machine's grade first of all."""
    mine = sorted((label for label in labels if label.rater == rater), key=lambda label: label.blind is False)
    return mine[0].level if mine else None


def _together(dimension: Dimension, labels: Sequence[Label]) -> Cell:
    return consensus(dimension.scale, [label.level for label in labels if label.blind is not False])
