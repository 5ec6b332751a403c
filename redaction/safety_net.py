"""The last look at a redacted conversation: no long run of digits leaves unless it is known to be harmless.

It fails closed. It knows the grammar of numbers and what is being asked for, and nothing of what the
recognizers have found, so that a mistake in one is not repeated here.
"""

from collections.abc import Iterator

from redaction import kinds
from redaction.digit_runs import DigitRun, digit_runs, is_alone
from redaction.recognizers.naming import Naming

LEAST_DIGITS = 7
"""A run of this many digits, written or told, may not leave."""

LEAST_EXPECTED = 4
"""Nor may one of this many, told digit by digit or alone, while a card, an SSN or a code is expected."""

_EXPECTED = frozenset(
    {
        kinds.CREDIT_CARD,
        kinds.SECRET,
        kinds.US_SSN,
        kinds.PASSPORT,
        kinds.RU_SNILS,
        kinds.RU_INN,
        kinds.CN_RESIDENT_ID,
    }
)


def leftovers(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every run of digits in ``text`` that should not be there, in order.

    Harmless are amounts, durations, times, dates, years and other numbers that say what they measure.
    """
    naming = Naming(text)
    for run in digit_runs(text):
        if not (run.is_year or run.is_amount) and (
            run.digits >= LEAST_DIGITS or _is_expected(run, naming, text)
        ):
            yield run.start, run.end


def _is_expected(run: DigitRun, naming: Naming, text: str) -> bool:
    if run.digits < LEAST_EXPECTED or run.is_measured or run.is_round:
        return False
    if not (run.is_dictated or is_alone(text, run.start, run.end)):
        return False
    name = naming.before(run.start, price_counts=True)
    return name is not None and name.kind in _EXPECTED
