import pytest

from service.grading.signals.measures import measure
from service.grading.signals.registry import SIGNALS


def name_use(conversation):
    return SIGNALS["name_use"](conversation)


def test_a_name_that_the_customer_gave_counts_wherever_the_agent_says_it(say):
    conversation = say("c: My name is <PERSON_2>.", "a: So the order of <PERSON_2> arrived broken.")
    finding = name_use(conversation)
    assert finding.value == 1
    assert finding.evidence[0].turn == 1
    assert measure(conversation)["name_uses"] == 1


def test_a_name_given_as_an_answer_is_the_customers(say):
    lines = ["a: May I have your name?", "c: <PERSON_2>", "a: The account of <PERSON_2> is open."]
    assert name_use(say(*lines)).value == 1
    assert name_use(say("a: The account of <PERSON_2> is open.")).value == 0


def test_the_agents_own_name_does_not_count(say):
    lines = ["a: My name is <PERSON_1>.", "c: Hello <PERSON_1>", "a: Thank you, <PERSON_1> will do."]
    finding = name_use(say(*lines))
    assert finding.value == 0
    assert finding.absence.searched == ((0, 2),)


def test_the_name_of_somebody_else_does_not_count(say):
    assert name_use(say("c: My name is <PERSON_2>.", "a: Your engineer will be <PERSON_7>.")).value == 0


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ["a: thank you <PERSON_2> that is done"]),
        ("en", ["a: Good morning, Mr Vance."]),
        ("ru", ["c: меня зовут <PERSON_2>", "a: заказ <PERSON_2> в пути"]),
        ("ru", ["a: <PERSON_2>, я всё проверил."]),
        ("zh", ["c: 我叫<PERSON_2>", "a: 查到<PERSON_2>的订单了"]),
        ("zh", ["a: 王女士您好"]),
    ],
)
def test_a_name_is_heard_in_every_language(say, language, lines):
    assert name_use(say(*lines, language=language)).value == 1
