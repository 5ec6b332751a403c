"""What is told letter by letter or digit by digit, with its context: questions and corrections."""

import pytest

from redaction import Redactor, Segment


def redacted(language: str, *turns: str) -> tuple[str, ...]:
    return Redactor().redact([Segment("", turn) for turn in turns], language).turns


@pytest.mark.parametrize(
    ("language", "question", "reply", "answer"),
    [
        ("en", "your confirmation code", "k five j two w seven", "<REFERENCE_CODE_1>"),
        ("en", "the plate please", "b as in boy four two zulu eight eight nine", "<LICENSE_PLATE_1>"),
        ("en", "could you spell that", "d as in dog e l a c r o i x", "<PERSON_1>"),
        (
            "en",
            "the booking number",
            "my booking number is kyf 176",
            "my booking number is <REFERENCE_CODE_1>",
        ),
        ("en", "and the card expires when", "november twenty nine", "<CREDIT_CARD_1>"),
        ("en", "your email", "b as in boy lue nine at yahoo dot com", "<EMAIL_ADDRESS_1>"),
        ("en", "your email", "sunny 90 mailcom", "<EMAIL_ADDRESS_1>"),
        ("en", "user name please", "sunny marmot forty four", "<ACCOUNT_NUMBER_1>"),
        ("ru", "номер брони", "тэ как тамара семь восемь эр как роман два", "<REFERENCE_CODE_1>"),
        ("ru", "почта ваша", "зет эль дефис сервис собачка яндекс точка ру", "<EMAIL_ADDRESS_1>"),
        ("ru", "паспорт когда выдан", "пятнадцатого мая две тысячи восьмого", "<PASSPORT_1>"),
        ("ru", "индекс", "сто семьдесят тысяч сто", "<ADDRESS_1>"),
        ("zh", "车牌是多少", "沪A八八幺二七", "<LICENSE_PLATE_1>"),
        ("zh", "银行卡有效期", "十一月二九年", "<CREDIT_CARD_1>"),
        ("zh", "微信号是多少", "xiaoyu下划线九九", "<ACCOUNT_NUMBER_1>"),
    ],
)
def test_an_answer_with_letters_and_digits_is_taken_whole(
    language: str, question: str, reply: str, answer: str
) -> None:
    assert redacted(language, question, reply)[1] == answer


def test_a_question_is_remembered_while_the_other_side_puts_the_answer_off() -> None:
    turns = ("what's your mother's maiden name", "why do you need that", "to verify you", "castellano")
    assert redacted("en", *turns)[3] == "<SECRET_1>"


@pytest.mark.parametrize(
    ("language", "turns", "last"),
    [
        ("en", ("card number", "four one one seven", "got it", "no sorry seven not one"), ("seven", "one")),
        ("ru", ("номер карты", "сорок два семьдесят шесть", "не восемь а три"), ("восемь", "три")),
        ("zh", ("卡号多少", "六二二八零四", "不是八是三"), ("八", "三")),
    ],
)
def test_the_digits_of_a_correction_go(language: str, turns: tuple[str, ...], last: tuple[str, ...]) -> None:
    left = redacted(language, *turns)[-1]
    assert not any(digit in left.replace("CREDIT_CARD", "") for digit in last)


def test_speech_recognition_that_writes_for_and_to_ends_no_number() -> None:
    assert redacted("en", "card number", "four five three for to two one ate eight") == (
        "card number",
        "<CREDIT_CARD_1>",
    )


@pytest.mark.parametrize(
    ("language", "turns"),
    [
        ("en", ("unplug it", "okay ten nine eight seven six five four three two one")),
        ("en", ("what would the monthly be", "sixteen sixty nine twenty six")),
        ("en", ("i was charged three times one forty nine ninety five and then ninety nine",)),
        ("en", ("what do you see on the meter", "zero four eight one seven two")),
        ("en", ("no it changed", "okay what's the new one")),
        ("en", ("it comes with two or three", "press one for billing and two for sales")),
        ("ru", ("показания счетчика", "ноль семь восемьсот сорок два")),
        ("ru", ("здравствуйте", "кодовое слово назовите")),
        ("zh", ("密码是几位的", "六位")),
        ("zh", ("拔掉电源", "好十九八七六五四三二一")),
    ],
)
def test_counting_prices_and_readings_stay(language: str, turns: tuple[str, ...]) -> None:
    assert redacted(language, *turns) == turns
