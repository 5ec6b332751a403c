"""Placeholders: the same for the same value, and never one that somebody typed."""

import pytest

from redaction import Policy, Redactor, Segment
from redaction.placeholders import Numbering

LETTERS = "abcdefghijklmnopqrstuv"


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
        ("张伟", "张先生"),
        ("John Smith", "Smith, John"),
        ("John Smith", "J. Smith"),
        ("John Quentin Smith", "JOHN SMITH"),
        ("Smith", "s m i t h"),
        ("S-M-I-T-H", "Smith"),
        ("Смирнова", "с м и р н о в а"),
        ("Петрова", "Петрову"),
        ("Екатерина", "Кате"),
        ("Robert Miles", "Bob"),
        ("Анна Сергеевна", "Анне Ивановой"),
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


def together(*names: str) -> list[str]:
    numbering = Numbering([""], names)
    return [numbering.placeholder("PERSON", name) for name in names]


def test_parts_told_before_the_whole_name_are_the_same_person() -> None:
    assert set(together("John", "Smith", "mr smith", "John Smith")) == {"<PERSON_1>"}


def test_numbers_follow_the_order_of_appearance_and_not_the_length() -> None:
    assert together("Mary", "John Smith", "Mary Brown") == ["<PERSON_1>", "<PERSON_2>", "<PERSON_1>"]


def test_a_part_that_fits_two_people_is_a_third_wherever_it_stands() -> None:
    assert together("Smith", "John Smith", "Mary Smith", "mr smith") == [
        "<PERSON_1>",
        "<PERSON_2>",
        "<PERSON_3>",
        "<PERSON_1>",
    ]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (
            "PHONE_NUMBER",
            ["415-555-0122", "four one five five five five oh one two two", "+1 (415) 555 0122",
             "four fifteen, triple five um zero one double two"],
        ),
        ("PHONE_NUMBER", ["8 916 123-45-67", "+79161234567",
                          "девятьсот шестнадцать сто двадцать три сорок пять шестьдесят семь"]),
        ("PHONE_NUMBER", ["13800138000", "幺三八零零幺三八零零零", "+86 138 0013 8000"]),
        ("EMAIL_ADDRESS", ["john.smith@example.com", "John dot Smith at example dot com"]),
        ("EMAIL_ADDRESS", ["ivan.petrov@yandex.ru", "иван точка петров собака яндекс точка ру"]),
        ("EMAIL_ADDRESS", ["kim42@example.com", "kim four two at example dot com"]),
        ("REFERENCE_CODE", ["XK4R9T", "xk4-r9t"]),
    ],
)  # fmt: skip
def test_a_value_is_the_same_written_and_told(kind: str, values: list[str]) -> None:
    assert len(set(number(*values, kind=kind))) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("four one five", "four one six"),
        ("one two no sorry three", "one two three"),
        ("415-555-0122", "415-555-0123"),
        ("double four", "four"),
    ],
)
def test_different_or_doubtful_numbers_are_different(first: str, second: str) -> None:
    assert len(set(number(first, second, kind="PHONE_NUMBER"))) == 2


def test_a_telephone_number_over_turns_is_the_one_that_is_read_back() -> None:
    turns = ["your phone number please", "it's four one five", "mhm", "five five five oh one two two"]
    turns.append("so that is 415-555-0122")
    result = Redactor().redact([Segment("customer", turn) for turn in turns], "en")
    told = {entity.placeholder for entity in result.entities if entity.type == "PHONE_NUMBER"}
    assert told == {"<PHONE_NUMBER_1>"}


def test_ten_thousand_different_people_are_numbered() -> None:
    names = [f"John {first}{second}{third}x" for first in LETTERS for second in LETTERS for third in LETTERS]
    assert len(set(together(*names))) == len(names)


@pytest.mark.parametrize("typed", ["<PERS\u200bON_1>", "＜PERSON_1＞", "<РERSON_1>", "<PERSON_１>"])
def test_a_placeholder_typed_in_disguise_is_not_issued(typed: str) -> None:
    result = Redactor().redact([Segment("customer", f"{typed} my name is John")], "en")
    assert result.entities[-1].placeholder == "<PERSON_2>"


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
