"""Each grade: what was asked, what the level means, why not the next one, and the words that prove it."""

from collections.abc import Iterator

from rich.text import Text

from service.cli.explaining.score import shown_level
from service.cli.in_context import searched, show_in_context
from service.cli.output import printable
from service.cli.page import Page
from service.domain.grade import ConfidenceParts, Grade
from service.domain.review import CurrentReview
from service.domain.scorecard import (
    AskWhen,
    Dimension,
    Level,
    WhenDimension,
    WhenMetadata,
    WhenMetric,
)
from service.usecases.explain import Explanation

_PARTS = {
    "level_probability": "the model's probability of the level",
    "votes": "share of the votes",
    "evidence": "strength of the proof",
    "agreement": "agreement with the rules",
}
_COLOURS = {"graded": "bold cyan", "not_applicable": "bold", "ungraded": "bold magenta"}

Row = tuple[str, str | Text | None]


def show_grades(page: Page, explanation: Explanation) -> None:
    """Write every grade in the order of the card."""
    grades = {grade.dimension: grade for grade in explanation.evaluation.grades}
    for section in explanation.scorecard.scorecard.sections:
        page.heading(section.title)
        for dimension in section.dimensions:
            if dimension.id in grades:
                _show_grade(page, explanation, dimension, grades[dimension.id])


def neighbours(dimension: Dimension, grade: Grade) -> list[tuple[str, Level]]:
    """Return the levels next to the one of the grade by points, the higher one first, with words for each."""
    ordered = sorted(dimension.scale.levels, key=lambda level: level.points)
    at = next((n for n, level in enumerate(ordered) if level.level == grade.level), None)
    if at is None:
        return []
    near = [("Higher", at + 1), ("Lower", at - 1)]
    return [(words, ordered[n]) for words, n in near if 0 <= n < len(ordered)]


def _show_grade(page: Page, explanation: Explanation, dimension: Dimension, grade: Grade) -> None:
    title = f"{dimension.id} ({dimension.title}): {shown_level(grade)}"
    page.line(title, indent=1, style=_COLOURS[grade.outcome])
    page.fields([*_asked(dimension), *_answered(dimension, grade)], indent=2)
    turns = explanation.evaluation.turns
    if grade.evidence:
        page.line("Said", indent=2)
        show_in_context(page, turns, grade.evidence, indent=3)
    page.fields(_judged(grade, None if turns is None else len(turns)), indent=2)


def _asked(dimension: Dimension) -> Iterator[Row]:
    yield "Question", dimension.question
    yield "Guidance", dimension.guidance
    if dimension.ask_when is not None:
        yield "Asked when", _condition(dimension.ask_when)
    if dimension.auto_fail is not None:
        yield "Note", f"its lowest level fails the whole {dimension.auto_fail}"


def _condition(condition: AskWhen) -> str:
    match condition:
        case WhenDimension():
            return f"{condition.dimension} is {condition.level}"
        case WhenMetadata():
            return f"{condition.metadata} is one of: {', '.join(str(value) for value in condition.in_)}"
        case WhenMetric():
            bounds = (("above", condition.above), ("below", condition.below))
            said = " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
            return f"{condition.metric} is {said}"


def _answered(dimension: Dimension, grade: Grade) -> Iterator[Row]:
    level = dimension.scale.find(grade.level)
    if level is not None:
        yield "Level", _level(level, "bold")
        for words, near in neighbours(dimension, grade):
            yield words, _level(near)
    if grade.outcome == "not_applicable":
        yield "N/A when", dimension.not_applicable
    yield "Because", grade.rationale or grade.not_applicable_reason or grade.ungraded_reason


def _level(level: Level, style: str = "") -> Text:
    label = f" “{level.label}”" if level.label else ""
    text = Text(printable(f"{level.level}{label} (points {level.points:g})"), style=style)
    return text.append(printable(f" {level.anchor}"), style="not bold")


def _judged(grade: Grade, turns: int | None) -> Iterator[Row]:
    if grade.absence is not None:
        found = f"{grade.absence.looked_for}; searched {searched(grade.absence, turns)}"
        yield "Not found", found
    if grade.outcome == "graded" or grade.confidence is not None:
        yield "Confidence", _confidence(grade)
    decision = f"{grade.disposition.replace('_', ' ')} ({grade.disposition_reason})"
    yield "Decision", f"{decision}; graded by {grade.grader}"
    if grade.review is not None:
        yield "Review", _reviewed(grade.review)


def _reviewed(review: CurrentReview) -> str:
    said = "accepted" if review.verdict == "accept" else f"overruled with {review.level!r}"
    times = f", reviewed {review.count} times" if review.count > 1 else ""
    why = f": {review.reason}" if review.reason else ""
    return f"{said} by {review.by} on {review.at:%Y-%m-%d %H:%M} UTC{times}{why}"


def _confidence(grade: Grade) -> str:
    value = "not measured" if grade.confidence is None else f"{grade.confidence:.2f}"
    if grade.raw_confidence is not None:
        value += f" that a person agrees, {grade.raw_confidence:.2f} before calibration"
    parts = grade.confidence_parts or ConfidenceParts()
    measured = ((words, getattr(parts, name)) for name, words in _PARTS.items())
    known = [f"{words} {part:.2f}" for words, part in measured if part is not None]
    if grade.expected_level is not None:
        known.append(f"expected level {_expected(grade, grade.expected_level)}")
    return f"{value} ({'; '.join(known)})" if known else value


def _expected(grade: Grade, level: float) -> str:
    """Return the level that people are expected to give, and the grader's own mean where that is another."""
    if grade.raw_expected_level in (None, level):
        return f"{level:g}"
    return f"{level:g}, {grade.raw_expected_level:g} before calibration"
