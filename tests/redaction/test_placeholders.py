"""Placeholders: the same for the same value, and never one that somebody typed."""

import pytest

from redaction import Policy, Redactor, Segment
from redaction.placeholders import Numbering


def number(*values: str, kind: str = "PERSON", typed: str = "") -> list[str]:
    numbering = Numbering([typed])
    return [numbering.placeholder(kind, value) for value in values]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Иван", "иваном"),
        ("Анна Сергеевна", "Анне Сергеевне"),
        ("John Smith", "john"),
        ("John", "JOHN SMITH"),
        ("Mr. Smith", "smith"),
        ("张伟", "张"),
        ("小李", "李"),
    ],
)
def test_two_mentions_of_one_person_share_a_placeholder(first: str, second: str) -> None:
    assert number(first, second) == ["<PERSON_1>", "<PERSON_1>"]


@pytest.mark.parametrize(
    ("first", "second"), [("John Smith", "John Brown"), ("张伟", "李伟"), ("Иван", "Пётр")]
)
def test_two_people_have_two_placeholders(first: str, second: str) -> None:
    assert number(first, second) == ["<PERSON_1>", "<PERSON_2>"]


def test_a_part_that_fits_two_people_is_a_third() -> None:
    assert number("John Smith", "Mary Smith", "Smith") == ["<PERSON_1>", "<PERSON_2>", "<PERSON_3>"]


def test_a_number_is_the_same_with_and_without_spaces_and_in_full_width() -> None:
    assert (
        len(
            set(
                number(
                    "4111 1111 1111 1111",
                    "4111-1111-1111-1111",
                    "４１１１１１１１１１１１１１１１",
                    kind="CREDIT_CARD",
                )
            )
        )
        == 1
    )


def test_numbers_that_were_typed_are_not_issued() -> None:
    assert number("John", "Mary", typed="<person_1> and <PERSON_02> and <EMAIL_3>") == [
        "<PERSON_3>",
        "<PERSON_4>",
    ]


def test_typed_placeholders_are_left_as_they_are_and_never_collide() -> None:
    text = "I am <PERSON_1>, my name is John Smith and <Person_2> is Mary"
    assert (
        Redactor().redact_text(text, "en")
        == "I am <PERSON_1>, my name is <PERSON_3> and <Person_2> is <PERSON_4>"
    )


def test_a_name_inside_a_typed_placeholder_is_no_content() -> None:
    assert Redactor().redact_text("<JOHN_4> <EMAIL_ADDRESS_9>", "en") == "<JOHN_4> <EMAIL_ADDRESS_9>"


def test_dropping_text_cannot_forge_a_placeholder() -> None:
    policy = Policy(entities={"EMAIL_ADDRESS": "drop"})
    turns = (
        Redactor(policy).redact([Segment("customer", "<PERSON_a@example.com1> my name is John")], "en").turns
    )
    assert turns[0].count("<PERSON_1>") <= 1


def test_digits_around_a_typed_placeholder_are_not_one_number() -> None:
    assert Redactor().redact_text("4111 1111 <X_1> 1111 1111", "en").count("<X_1>") == 1
