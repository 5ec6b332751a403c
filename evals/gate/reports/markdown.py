"""The judgement as Markdown, for the summary page of a CI run."""

import re
from collections.abc import Iterator, Sequence

from evals.gate.judgement import Comparison, Flip, Judgement, RunReport
from evals.gate.reports import cells, words

_FLIPS_SHOWN = 20
_REASON = 200
# Everything that could begin markup, a link, a mention, or end a table's cell. A full stop or a colon before
# a blank cannot.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~$&@!]|:(?=\S)|\.(?=[^\W\d])")


def markdown(judgement: Judgement) -> str:
    """Return the document; it ends with a line break, so that another one can follow."""
    return "\n".join(_lines(judgement)) + "\n"


def escaped(text: str) -> str:
    """Return strangers' text so that it is shown as it was written, on one line."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", words.plain(text))


def _lines(judgement: Judgement) -> Iterator[str]:
    yield f"## Grading gate: {judgement.outcome}"
    yield ""
    yield from _bullets(judgement.failures)
    yield from _bullets(judgement.warnings, "Note: ")
    comparison = judgement.comparison
    if comparison is not None:
        yield from _comparison(comparison)
    yield from _agreement(judgement.new)
    yield from _thresholds(judgement.new)
    if comparison is not None:
        yield from _flips(comparison.flips)
        yield from _bullets((*words.stability_sentences(comparison), *comparison.notes))
    yield from _bullets((*words.agreement_notes(judgement.new), *judgement.new.notes))


def _bullets(sentences: Sequence[str], before: str = "") -> Iterator[str]:
    yield from (f"- {before}{escaped(sentence)}" for sentence in sentences)
    if sentences:
        yield ""


def _comparison(comparison: Comparison) -> Iterator[str]:
    if comparison.changes:
        rows = [(c.what, words.listed(c.base), words.listed(c.new)) for c in comparison.changes]
        yield from _table(("What changed", "Base", "New"), rows)
    if comparison.tests:
        yield "### Distance from people, 0 (their answer) to 1"
        yield ""
        yield from _table(cells.TEST_COLUMNS, [cells.test_cells(test) for test in comparison.tests])
    yield from _bullets(tuple(words.power_sentences(comparison)))


def _agreement(report: RunReport) -> Iterator[str]:
    rows = cells.agreement_rows(report)
    if rows:
        yield f"### Agreement of the run with people, and of people with each other{words.of_repeats(report)}"
        yield ""
        yield from _table(cells.AGREEMENT_COLUMNS, rows)


def _thresholds(report: RunReport) -> Iterator[str]:
    rows = [cells.threshold_cells(threshold) for threshold in report.thresholds]
    if rows:
        yield f"### Asked for{words.of_repeats(report)}"
        yield ""
        yield from _table(cells.THRESHOLD_COLUMNS, rows)


def _flips(flips: Sequence[Flip]) -> Iterator[str]:
    if not flips:
        return
    yield f"### Flips: {len(flips)}" + (f", the first {_FLIPS_SHOWN}" if len(flips) > _FLIPS_SHOWN else "")
    yield ""
    columns = ("Conversation", "Dimension", "Answer", "People", "Distance", "Was, because", "Is, because")
    rows = [
        (
            words.plain(flip.conversation, 80),
            flip.dimension,
            words.arrow(flip),
            words.people(flip),
            words.effect(flip),
            words.reason(flip.base, _REASON),
            words.reason(flip.new, _REASON),
        )
        for flip in flips[:_FLIPS_SHOWN]
    ]
    yield from _table(columns, rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(escaped(str(cell)) for cell in row)} |"
    yield ""
