"""Brands are neither people nor places, unless somebody is introduced by one."""

import pytest

from redaction import Redactor
from redaction.brands import brands_in, is_brand


@pytest.mark.parametrize(
    "text",
    [
        "Kenwood",
        "DELL",
        "Netflix's",
        "domino's",
        "Best Buy",
        "Bosch Kenwood",
        "Самсунгом",
        "эльдорадо",
        "Яндекс Маркете",
        "Почтой России",
        "альфа-банке",
        "Пятерочке",
    ],
)
def test_a_brand_is_known_in_any_case_and_inflection(text: str) -> None:
    assert is_brand(text)


@pytest.mark.parametrize("text", ["", "John", "Kenwood Smith", "best", "Россия", "почта", "Ford"])
def test_names_and_parts_of_brands_are_no_brands(text: str) -> None:
    assert not is_brand(text)


def test_the_longest_name_is_found_where_it_stands() -> None:
    text = "заказ через Яндекс Маркет, отправили Почтой\nРоссии"
    assert [text[start:end] for start, end in brands_in(text)] == ["Яндекс Маркет"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "it was raised in Salesforce"),
        ("ru", "Холодильник Самсунг купила в Эльдорадо, заказ через Яндекс Маркет."),
        ("ru", "Посылку Почта России доставит, а СДЭК нет."),
    ],
)
def test_brands_stay_in_a_call(language: str, text: str) -> None:
    assert Redactor().redact_text(text, language) == text


@pytest.mark.parametrize(
    ("language", "text", "redacted"),
    [
        ("en", "hi, my name is Mercedes", "hi, my name is <PERSON_1>"),
        ("ru", "меня зовут Мерседес", "меня зовут <PERSON_1>"),
    ],
)
def test_an_introduction_wins_against_a_brand(language: str, text: str, redacted: str) -> None:
    assert Redactor().redact_text(text, language) == redacted
