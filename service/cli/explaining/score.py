"""The score and how it came about."""

from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from service.cli.output import printable
from service.cli.page import Page
from service.domain.breakdown import DimensionShare, SectionShare
from service.domain.grade import Grade
from service.domain.score import ENOUGH_GRADED, Score, score
from service.domain.scorecard import Scorecard
from service.usecases.explain import Explanation

_LEVEL = 10
_NUMBERS = 36
"""Columns of what stands after the level."""


class _Line(NamedTuple):
    """One line of the table: a name, the level, and what stands after them."""

    name: str
    level: str
    rest: str


def show_score(page: Page, explanation: Explanation) -> None:
    """Write the score, the verdict, and what every section and dimension gave of 100."""
    evaluation, card = explanation.evaluation, explanation.scorecard.scorecard
    if evaluation.score is None:
        return
    page.heading(f"Score: {_value(evaluation.score)}")
    page.line(_verdict(evaluation.score, card), indent=1, style="bold")
    for sentence in (*_left_out(evaluation.score), *_failed_sections(explanation)):
        page.line(sentence, indent=1)
    if score(card, evaluation.grades).value != evaluation.score.value:
        warning = "This scorecard makes another score of these grades: it is not the revision that was used."
        page.line(warning, indent=1, style="bold red")
    _show_table(page, list(_lines(explanation)))


def shown_level(grade: Grade) -> str:
    """Return a grade's level, or what stands in its place."""
    if grade.outcome == "graded":
        return str(grade.level)
    return "n/a" if grade.outcome == "not_applicable" else "ungraded"


def _value(result: Score) -> str:
    return "none" if result.value is None else f"{result.value:g} of 100"


def _verdict(result: Score, card: Scorecard) -> str:
    if result.auto_failed_by:
        return f"Not passed: {result.auto_failed_by} has its lowest level, which fails the whole card."
    if result.value is None:
        return "Nothing could be graded, so nobody passes or fails."
    if result.passed is None:
        why = f"less than {ENOUGH_GRADED:.0%} of the weight that applies is graded"
        return f"No verdict: {why} (the pass mark is {card.pass_mark:g})."
    return f"{'Passed' if result.passed else 'Not passed'}: the pass mark is {card.pass_mark:g}."


def _left_out(result: Score) -> Iterator[str]:
    total = result.graded + result.ungraded + result.not_applicable
    left_out = f"{result.not_applicable} not applicable, {result.ungraded} ungraded"
    yield f"{result.graded} of {total} dimensions graded, {left_out}."
    if result.ungraded + result.not_applicable and result.graded:
        yield "What is left out counts neither for nor against: its weight is shared out over the rest."


def _failed_sections(explanation: Explanation) -> Iterator[str]:
    titles = {section.id: section.title for section in explanation.scorecard.scorecard.sections}
    for section in explanation.breakdown:
        if section.failed_by:
            title = titles[section.section]
            yield f"{title} gives nothing: {section.failed_by} has its lowest level, which fails the section."


def _lines(explanation: Explanation) -> Iterator[_Line]:
    evaluation, card = explanation.evaluation, explanation.scorecard.scorecard
    grades = {grade.dimension: grade for grade in evaluation.grades}
    titles = {section.id: section.title for section in card.sections}
    yield _Line("", "level", f"{'points × weight':>16}{'at most':>10}{'gave':>10}")
    for section in explanation.breakdown:
        yield _Line(titles[section.section], "", _section_rest(section))
        for dimension in section.dimensions:
            grade = grades.get(dimension.dimension)
            level = shown_level(grade) if grade else "ungraded"
            yield _Line(f"  {dimension.dimension}", level, _dimension_rest(dimension))
    gave = sum(section.gives for section in explanation.breakdown)
    most = sum(section.share for section in explanation.breakdown)
    failed = evaluation.score is not None and evaluation.score.auto_failed_by
    yield _Line("Sum, had it not failed" if failed else "Sum", "", _numbers("", most, gave))


def _numbers(before: str, most: float, gave: float) -> str:
    return f"{before:>16}{most:>10.2f}{gave:>10.2f}"


def _section_rest(section: SectionShare) -> str:
    weight = f"weight {section.weight:g}"
    return _numbers(weight, section.share, section.gives) if section.share else f"{weight:>16}  left out"


def _dimension_rest(dimension: DimensionShare) -> str:
    if dimension.points is None:
        return f"{f'weight {dimension.weight:g}':>16}  left out"
    return _numbers(f"{dimension.points:.2f} × {dimension.weight:g}", dimension.share, dimension.gives)


def _show_table(page: Page, lines: list[_Line]) -> None:
    longest = max(cell_len(line.name) for line in lines)
    room = longest if page.width is None else min(longest, max(page.width - _LEVEL - _NUMBERS - 5, 20))
    for line in lines:
        name = printable(line.name)
        if cell_len(name) > room:
            name = set_cell_size(name, room - 1) + "…"
        level = printable(line.level)
        level = level if cell_len(level) <= _LEVEL else set_cell_size(level, _LEVEL - 1) + "…"
        words = f"{set_cell_size(name, room)} {set_cell_size(level, _LEVEL)} {line.rest}"
        page.line(words.rstrip(), indent=1)
