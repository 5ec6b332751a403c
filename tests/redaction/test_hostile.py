"""Texts made to hurt: they are finished in bounded time, nothing crashes, nothing in them slips through.

No time is asserted: the sizes are such that anything quadratic would not end.
"""

import pytest

from redaction import Redactor, Segment
from redaction.placeholders import TYPED

MEGABYTE = 1_000_000
LONG = 100_000
UNITS = [
    "1", "1 ", "a", "a.", "a@", "John ", "<A_1>", "x-1", "(", "\n", "+1 ", "é", "A1", "12,", "one ",
    "um one ", "幺", "一十", "born ", "at x dot com ", "your name\n", "пять ", "张伟", "1\u200b", "e\u0301",
    "1😀", "Jоhn ", "s m i t h ", "a b ", "http://", "1:", "\ufffc1", "1█", "Иван ", "<PERSON_1>",
    "a.b@c.com ", "שלום ",
]  # fmt: skip
LIGHT = [
    "\n",
    " ",
    ".",
    "@",
    "\u200b",
    "\u0301",
    "\u202e",
    "\x00",
    "'",
    "-",
    "<",
    "a",
    "привет",
    "\ud800",
    "/",
]


def digits_left(text: str) -> int:
    """How many digits of a text are left after redaction."""
    return sum(character.isdigit() for character in TYPED.sub("", Redactor().redact_text(text, "en")))


@pytest.mark.parametrize("unit", UNITS)
def test_many_repetitions_take_bounded_time(unit: str) -> None:
    redacted = Redactor().redact_text(unit * 4_000, "en")
    assert "1" * 7 not in redacted


@pytest.mark.parametrize("unit", LIGHT)
def test_a_hundred_thousand_of_one_thing_takes_bounded_time(unit: str) -> None:
    text = unit * (LONG // len(unit))
    assert Redactor().redact_text(text, "en")


def test_a_turn_of_more_than_a_million_characters_is_redacted_to_its_end() -> None:
    text = "yes yes.\n" + " " * MEGABYTE + "my name is John Smith, 4111111111111111"
    assert len(text) > MEGABYTE
    assert Redactor().redact_text(text, "en").endswith("my name is <PERSON_1>, <CREDIT_CARD_1>")


def test_thousands_of_short_turns_take_bounded_time() -> None:
    result = Redactor().redact([Segment("customer", "my name is John, 212-555-0147")] * 1_000, "en")
    assert set(result.turns) == {"my name is <PERSON_1>, <PHONE_NUMBER_1>"}


@pytest.mark.parametrize(
    "hidden",
    [
        "4111\u200b1111\u200b1111\u200b1111",
        "٤١١١١١١١١١١١١١١١",
        "４１１１　１１１１　１１１１　１１１１",
        "4111\u00a01111\u20111111\u20131111",
        "4111\x001111\x001111\x001111",
        "4\u03321\u03321\u03321\u0332 1111 1111 1111",
        "④①①①1111𝟏𝟏𝟏𝟏1111",
        "4111\U000e00201111\u31641111\u202e1111",
    ],
)
def test_a_card_number_in_disguise_is_still_a_card_number(hidden: str) -> None:
    redacted = Redactor().redact_text(f"pay with card {hidden}.", "en")
    assert redacted == Redactor().redact_text("pay with card 4111111111111111.", "en")


@pytest.mark.parametrize("between", ["😀", "★", "\ufffc", "█", "\ud800", "·", "\ufe0f\u20e3"])
def test_signs_between_digits_hide_nothing(between: str) -> None:
    assert digits_left("card " + between.join("4111111111111111")) == 0


@pytest.mark.parametrize(
    ("plain", "disguised", "language"),
    [
        ("my name is John Smith", "my name is Jоhn Smіth", "en"),
        ("my name is John Smith", "my name is Jοhn Smith", "en"),
        ("my name is John Smith", "my name is Ｊｏｈｎ Ｓｍｉｔｈ", "en"),
        ("my name is John Smith", "my name is 𝐉𝐨𝐡𝐧 𝐒𝐦𝐢𝐭𝐡", "en"),
        ("my name is John Smith", "my name is J\u200bohn Sm\u00adith", "en"),
        ("my name is John Smith", "my name is J\u0332o\u0332h\u0332n\u0332 S\u0332m\u0332ith", "en"),
        ("my name is John Smith", "\u202emy name is\u202c J\u0332\u200bohn Smith", "en"),
        ("меня зовут Сергей Петров", "меня зовут Cергей Пeтpов", "ru"),
        ("меня зовут сергей петров", "меня зовут сеpгей пeтpoв", "ru"),
        ("my mail is john@example.com", "my mail is jоhn@exаmple.com", "en"),
    ],
)
def test_a_disguise_hides_nothing_that_plain_spelling_would_not(
    plain: str, disguised: str, language: str
) -> None:
    redactor = Redactor()
    redacted = redactor.redact_text(disguised, language)
    visible = "".join(character for character in redacted if character.isprintable())
    assert visible == redactor.redact_text(plain, language)


@pytest.mark.parametrize(
    "word", ["Приватbank", "iPhoneом", "кофе latte", "α-тест", "β версия", "m² и №5", "5 °C"]
)
def test_words_that_mix_alphabets_for_a_reason_stay(word: str) -> None:
    assert Redactor().redact_text(f"это {word} тут", "ru") == f"это {word} тут"


def test_three_languages_in_one_call_are_all_read() -> None:
    turns = ["my name is John Smith", "меня зовут Сергей", "我叫张伟", "4111 1111", "1111 1111"]
    result = Redactor().redact([Segment("customer", turn) for turn in turns], "zh")
    assert result.counts["PERSON"] == 3
    assert not any(character.isdigit() for character in TYPED.sub("", " ".join(result.turns)))


@pytest.mark.parametrize(
    "text",
    [
        "Ich heiße Jürgen, meine Nummer ist 01701234567",
        "مرحبا رقم هاتفي هو ٠١٢٣٤٥٦٧٨٩",
        "שלום, המספר שלי הוא 0541234567",
        "मेरा नंबर ९८७६५४३२१० है",
        "ᚠᛇᚻ 4111111111111111 ᛒᛦᚦ",
    ],
)
def test_numbers_go_in_texts_of_no_known_language(text: str) -> None:
    assert digits_left(text) == 0


def test_a_number_of_any_length_is_taken_out_whole() -> None:
    assert Redactor().redact_text("7" * 120_000, "en").startswith("<")
    assert "77" not in Redactor().redact_text("7" * 120_000, "en")


@pytest.mark.parametrize("word", ["𗀀", "𗀀х", "х𗀀", "ᲀᲁ", "ѿ҉"])
def test_letters_without_a_name_do_no_harm(word: str) -> None:
    segments = [Segment("customer", f"карта {word}"), Segment("customer", f"меня зовут Иван {word}")]
    assert "Иван" not in Redactor().redact(segments, "ru").turns[1]
