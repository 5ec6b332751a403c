"""A date is a document's where it is named as one; other dates of a call stay."""

import pytest

from redaction import Redactor, Segment


def redacted(language: str, *turns: str) -> tuple[str, ...]:
    speakers = ("agent", "customer")
    segments = [Segment(speakers[at % 2], turn) for at, turn in enumerate(turns)]
    return Redactor().redact(segments, language).turns


def test_dates_after_a_passport_are_dates_but_for_that_of_issue() -> None:
    turns = redacted(
        "ru",
        "назовите паспорт",
        "45 08 123456, выдан 12.03.2009.",
        "спасибо",
        "заказ оформлен 12.03.2024",
        "понятно",
        "срок до 15.08.2026 и акция с 01.09.2026, было 2024-03-12",
    )
    assert turns[1] == "<PASSPORT_1>, выдан <PASSPORT_2>."
    assert turns[3] == "заказ оформлен 12.03.2024"
    assert turns[5] == "срок до 15.08.2026 и акция с 01.09.2026, было 2024-03-12"


@pytest.mark.parametrize(
    ("language", "turns"),
    [
        ("en", ("your card number please", "4111 1111 1111 1111", "delivery on 15.08.2026", "or 2026-08-16")),
        ("en", ("your passport please", "123456789, issued 12.03.2009", "thanks", "it ships 12.03.2024")),
        ("zh", ("请报一下您的身份证号", "11010519491231002X", "配送日期2026-08-15", "2026.08.16到")),
        ("ru", ("паспорт когда выдан", "12 марта 2009 года", "спасибо", "заказ оформлен 12 марта 2024")),
    ],
)
def test_a_date_of_delivery_after_a_number_that_was_asked_for_stays(
    language: str, turns: tuple[str, ...]
) -> None:
    assert redacted(language, *turns)[3] == turns[3]


def test_a_date_of_issue_that_answers_a_question_is_found() -> None:
    assert redacted("ru", "паспорт когда выдан", "12.03.2009")[1] == "<PASSPORT_1>"


def test_a_date_of_birth_beside_a_passport_is_found() -> None:
    turns = redacted("ru", "назовите паспорт и дату рождения", "45 08 123456, 12.03.1984")
    assert turns[1] == "<PASSPORT_1>, <DATE_OF_BIRTH_1>"
