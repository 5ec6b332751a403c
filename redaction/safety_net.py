"""The last look at a redacted conversation: no long run of digits leaves unless it is known to be harmless.

It fails closed. It knows no context and no types, only the grammar of numbers, so that a mistake in a
recognizer is not repeated here.
"""

from collections.abc import Iterator

from redaction.digit_runs import digit_runs

LEAST_DIGITS = 7
"""A run of this many digits, written or told, may not leave."""


def leftovers(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every run of digits in ``text`` that should not be there, in order.

    Harmless are amounts, durations, times, dates, years and other numbers that say what they measure.
    """
    for run in digit_runs(text):
        if run.digits >= LEAST_DIGITS and not run.is_year and not run.is_amount:
            yield run.start, run.end
