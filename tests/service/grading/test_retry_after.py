from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.grading.retry_after import LONGEST_S, retry_after_s

NOW = datetime(2026, 11, 2, 10, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("-3", 0),
        ("Mon, 02 Nov 2026 10:00:30 GMT", 30),
        ("Mon, 02 Nov 2026 10:00:30 -0000", 30),
        ("Mon, 02 Nov 2026 09:00:00 GMT", 0),
        ("1e99", LONGEST_S),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_seconds_and_dates_are_understood(value, seconds):
    assert retry_after_s({"retry-after": value}, NOW) == seconds


def test_milliseconds_are_more_exact_and_come_first():
    assert retry_after_s({"retry-after-ms": "250", "retry-after": "1"}, NOW) == 0.25
    assert retry_after_s({}, NOW) is None


@given(st.text())
def test_no_value_raises(value):
    seconds = retry_after_s({"retry-after": value}, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_S
