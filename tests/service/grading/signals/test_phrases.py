import pytest

from service.grading.signals.registry import SIGNALS


def test_the_evidence_of_a_greeting_is_quoted_as_it_was_written(say):
    finding = SIGNALS["greeting"](say("c: Hi", "a: Well, GOOD  morning! How can I help?"))
    assert finding.value == 1
    assert finding.evidence[0].quote == "Well, GOOD  morning!"
    assert (finding.evidence[0].turn, finding.evidence[0].start) == (1, 0)
    assert finding.rationale == "The agent greets the customer in turn 1."


@pytest.mark.parametrize(("direction", "value"), [("inbound", 0), ("outbound", 1), (None, 1)])
def test_only_an_outbound_conversation_may_be_greeted_in_the_second_turn_of_the_agent(say, direction, value):
    conversation = say("a: Mr Vance?", "c: Yes", "a: Hello", direction=direction)
    assert SIGNALS["greeting"](conversation).value == value


def test_turns_of_the_agent_before_the_customer_speaks_are_one_contribution(say):
    conversation = say("c: It broke", "a: Acme", "a: Good morning", "c: x", "a: Two", direction="inbound")
    assert SIGNALS["greeting"](conversation).value == 1


def test_a_late_greeting_does_not_count_and_the_searched_turns_are_named(say):
    late = say("a: One", "c: x", "a: Two", "c: x", "a: Hello")
    finding = SIGNALS["greeting"](late)
    assert finding.value == 0
    assert finding.absence.searched == ((0, 2),)
    assert finding.absence.looked_for == "a greeting in the agent's first turns"


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [
        ("en", "c: yeah who's this", "a: This is <PERSON_1> from the bank"),
        ("ru", "c: А кто это?", "a: Меня зовут <PERSON_1>."),
        ("zh", "c: 你是谁啊", "a: 我是客服<PERSON_1>"),
    ],
)
def test_a_name_that_the_customer_had_to_ask_for_is_no_introduction(say, language, question, answer):
    asked = SIGNALS["self_introduction"](say("a: 1", question, answer, language=language))
    assert asked.value == 0
    assert asked.evidence[0].turn == 2
    assert asked.absence is None
    assert SIGNALS["self_introduction"](say(answer, question, language=language)).value == 1


def test_a_farewell_is_looked_for_in_the_last_three_turns_of_the_agent(say):
    early = say("a: Hello", "a: goodbye", "a: One", "c: x", "a: Two", "a: Three", "c: bye")
    finding = SIGNALS["closing"](early)
    assert finding.value == 0
    assert finding.absence.searched == ((2, 5),)


def test_thank_you_for_calling_greets_at_the_beginning_and_takes_leave_at_the_end(say):
    opening = say("a: Thank you for calling the bank", "c: x", "a: Your balance is nine pounds")
    assert SIGNALS["greeting"](opening).value == 1
    assert SIGNALS["closing"](opening).value == 0
    ending = say("a: Yes?", "c: x", "a: Nine pounds", "a: Yes", "a: No", "a: Thank you for calling the bank")
    assert SIGNALS["greeting"](ending).value == 0
    assert SIGNALS["closing"](ending).value == 1


@pytest.mark.parametrize("name", sorted(SIGNALS))
def test_without_a_word_from_the_agent_nothing_is_measured(say, name):
    assert SIGNALS[name](say("c: Hello, goodbye", "b: Welcome", "s: transferred")).value is None


def test_a_greeting_by_a_bot_is_not_a_greeting_by_the_agent(say):
    assert SIGNALS["greeting"](say("b: Good morning", "c: x", "a: Account number")).value == 0


@pytest.mark.parametrize(
    ("language", "line", "rationale"),
    [
        ("en", "a: I apologise", "The agent apologises, first in turn 0."),
        ("ru", "a: Приносим извинения", "Оператор извиняется, впервые в реплике 0."),
        ("zh", "a: 非常抱歉", "客服表示了歉意，首次在第0轮。"),
    ],
)
def test_the_rationale_is_in_the_language_of_the_conversation(say, language, line, rationale):
    assert SIGNALS["apology"](say(line, language=language)).rationale == rationale


def test_a_word_in_half_width_and_full_width_letters_is_the_same(say):
    assert SIGNALS["greeting"](say("a: Ｈｅｌｌｏ")).evidence[0].quote == "Ｈｅｌｌｏ"
