"""Written dates of birth in the orders of three languages, and dates that are nobody's birthday."""

import pytest

from redaction import Redactor, Segment, kinds

ENGLISH = [
    "03/14/1985", "3/14/85", "14.03.1985", "1985-03-14", "14 March 1985",
    "14th of March 1985",
    "march 14 1985", "March 14th, 1985", "14-Mar-1985", "14 mar 85", "03 14 1985",
    "mar. 14, 1985", "19850314",
]  # fmt: skip
RUSSIAN = [
    "14.03.1985",
    "14 марта 1985",
    "14-го марта 85",
    "14/03/1985",
    "14 03 1985",
    "1985-03-14",
    "14.03.85",
]
CHINESE = ["1985年3月14日", "85年3月14号", "1985.3.14", "1985/03/14", "1985-3-14", "19850314"]
BORN = [
    *(
        ("en", sentence, date)
        for sentence in ("my date of birth is {} ok", "i was born on {}")
        for date in ENGLISH
    ),
    *(
        ("ru", sentence, date)
        for sentence in ("дата рождения {} записали", "я родилась {}")
        for date in RUSSIAN
    ),
    *(("zh", sentence, date) for sentence in ("生日是{}", "我是{}出生的") for date in CHINESE),
]


def dates(language: str, *turns: str) -> list[str]:
    entities = Redactor().redact([Segment("customer", turn) for turn in turns], language).entities
    return [
        turns[entity.turn][entity.start : entity.end]
        for entity in entities
        if entity.type == kinds.DATE_OF_BIRTH
    ]


@pytest.mark.parametrize(("language", "sentence", "date"), BORN)
def test_a_date_somebody_was_born_on_is_found_whole(language: str, sentence: str, date: str) -> None:
    assert dates(language, sentence.format(date)) == [date]


def test_the_question_of_the_turn_before_is_enough() -> None:
    assert dates("en", "what is your date of birth", "march 14 1985") == ["march 14 1985"]


@pytest.mark.parametrize(
    "text", ["delivered on 03/14/2024", "see you on march 14", "счёт от 14.03.2024", "3月14日到货"]
)
def test_other_dates_are_no_birthdays(text: str) -> None:
    assert dates("en", text) == []
