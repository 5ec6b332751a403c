"""Texts made to hurt: they are finished in bounded time and nothing in them slips through."""

import time

import pytest

from redaction import Redactor, Segment

MEGABYTE = 1_000_000
# Generous for a busy machine: the point is that no text is quadratic.
SECONDS = 40.0


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "1 ",
        "a",
        "a.",
        "a@",
        "John ",
        "<A_1>",
        "x-1",
        "(",
        "\n",
        "+1 ",
        "é",
        "A1",
        "12,",
        "one ",
        "um one ",
        "幺",
        "一十",
        "born ",
        "at x dot com ",
        "your name\n",
        "пять ",
    ],
)
def test_many_repetitions_take_bounded_time(unit: str) -> None:
    started = time.monotonic()
    Redactor().redact_text(unit * 25_000, "en")
    assert time.monotonic() - started < SECONDS


def test_a_turn_of_more_than_a_million_characters_is_redacted_to_its_end() -> None:
    text = (
        "the quick brown fox jumps over it. " * (MEGABYTE // 34) + "my name is John Smith, 4111111111111111"
    )
    assert len(text) > MEGABYTE
    started = time.monotonic()
    assert Redactor().redact_text(text, "en").endswith("my name is <PERSON_1>, <CREDIT_CARD_1>")
    assert time.monotonic() - started < SECONDS


def test_ten_thousand_short_turns_take_bounded_time() -> None:
    started = time.monotonic()
    result = Redactor().redact([Segment("customer", "my name is John, 212-555-0147")] * 10_000, "en")
    assert time.monotonic() - started < SECONDS
    assert set(result.turns) == {"my name is <PERSON_1>, <PHONE_NUMBER_1>"}


@pytest.mark.parametrize(
    "hidden",
    [
        "4111\u200b1111\u200b1111\u200b1111",
        "٤١١١١١١١١١١١١١١١",
        "４１１１　１１１１　１１１１　１１１１",
        "4111\u00a01111\u20111111\u20131111",
    ],
)
def test_a_card_number_in_disguise_is_still_a_card_number(hidden: str) -> None:
    assert Redactor().redact_text(f"card {hidden}.", "en") == "card <CREDIT_CARD_1>."


def test_a_number_of_any_length_is_taken_out_whole() -> None:
    assert Redactor().redact_text("7" * 120_000, "en").startswith("<")
    assert "77" not in Redactor().redact_text("7" * 120_000, "en")
