"""What is asked for is what the next short answer holds; other answers are left alone."""

import pytest

from redaction import Redactor, Segment


def answer(language: str, question: str, reply: str) -> str:
    segments = [Segment("agent", question), Segment("customer", reply)]
    return Redactor().redact(segments, language).turns[1]


@pytest.mark.parametrize(
    ("language", "question", "reply", "redacted"),
    [
        ("en", "may i have your name", "zelda quorn", "<PERSON_1>"),
        ("en", "your full name please", "it's oriel tamsin and i called", "it's <PERSON_1> and i called"),
        ("en", "can you spell that", "o k a f o r", "<PERSON_1>"),
        ("en", "what is your password", "it's purple heron", "it's <SECRET_1>"),
        ("en", "the delivery address please", "um forty two pell street", "um <ADDRESS_1>"),
        ("en", "your date of birth", "march the ninth nineteen eighty four", "<DATE_OF_BIRTH_1>"),
        ("en", "your email please", "j dot doe at example dot com", "<EMAIL_ADDRESS_1>"),
        ("ru", "ваша фамилия", "желтоухова", "<PERSON_1>"),
        ("ru", "назовите кодовое слово", "василёк", "<SECRET_1>"),
        ("ru", "дата рождения", "девятое марта восемьдесят четвёртого", "<DATE_OF_BIRTH_1>"),
        ("ru", "ваша почта", "иван точка петров собака пример точка ру", "<EMAIL_ADDRESS_1>"),
        ("zh", "您贵姓", "免贵姓欧阳", "免贵姓<PERSON_1>"),
        ("zh", "请问您的姓名", "欧阳建国", "<PERSON_1>"),
        ("zh", "您的邮箱", "li八八艾特example点com", "<EMAIL_ADDRESS_1>"),
    ],
)  # fmt: skip
def test_an_answer_is_what_was_asked_for(language: str, question: str, reply: str, redacted: str) -> None:
    assert answer(language, question, reply) == redacted


@pytest.mark.parametrize(
    ("language", "question", "reply"),
    [
        ("en", "may i have your name", "why do you need it"),
        ("en", "what is your password", "i forgot it sorry"),
        ("en", "what is your email address", "i would rather not say"),
        ("en", "your date of birth", "can we do that later"),
        ("en", "is the name on the order correct", "yes it is"),
        ("ru", "ваша фамилия", "а зачем вам"),
        ("ru", "назовите кодовое слово", "я не помню"),
        ("ru", "назовите адрес доставки", "паспорт выдан в 2009, Почта России"),
        ("ru", "назовите адрес доставки", "выдан 12.03.2009"),
        ("zh", "您贵姓", "这个不方便说"),
        ("zh", "请输入您的密码", "我忘了"),
    ],
)
def test_an_answer_that_holds_nothing_is_left_alone(language: str, question: str, reply: str) -> None:
    assert answer(language, question, reply) == reply


@pytest.mark.parametrize(
    "text",
    [
        "turn left on Quimby and go on to Alder and Vine",
        "this is a two minutes walk down the road",
        "these three steps take one hundred and twenty seconds",
        "look at example dot the i and cross the t",
        "the plates are 2 for 10 and the bowls 3 for 12",
    ],
)
def test_streets_steps_and_offers_are_nobody(text: str) -> None:
    assert Redactor().redact_text(text, "en") == text


def test_a_short_name_of_a_colleague_is_found_where_it_stands_again() -> None:
    segments = [Segment("customer", "上次是你们小李接待的"), Segment("agent", "小李离职了")]
    assert Redactor().redact(segments, "zh").turns == ("上次是你们<PERSON_1>接待的", "<PERSON_1>离职了")


@pytest.mark.parametrize("name", ["роза", "вера", "любовь", "надежда", "лев", "роман", "злата"])
def test_a_name_that_is_also_a_word_is_a_name_when_it_was_asked_for(name: str) -> None:
    turns = [Segment("agent", "как вас зовут"), Segment("customer", name)]
    assert Redactor().redact(turns, "ru").turns[1] == "<PERSON_1>"
