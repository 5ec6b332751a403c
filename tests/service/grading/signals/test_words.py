import pytest

from service.grading.signals.registry import SIGNALS


def test_a_single_insult_makes_the_value_0(say):
    finding = SIGNALS["rude_words"](say("a: Hello", "c: It broke", "a: Are you deaf? Not my problem."))
    assert finding.value == 0
    assert [piece.quote for piece in finding.evidence] == ["Are you deaf", "Not my problem"]
    assert finding.rationale == "Insulting or dismissive words of the agent: 2, first in turn 2."


def test_without_an_insult_the_value_is_1_and_the_searched_turns_are_named(say):
    finding = SIGNALS["rude_words"](say("c: Shut up", "a: One moment", "c: x", "a: Done"))
    assert finding.value == 1
    assert finding.absence.searched == ((1, 3),)


def test_a_little_more_than_two_filler_words_in_a_hundred_begins_to_cost(say):
    words = "word " * 95
    # 5 of 100: (8 - 5) / (8 - 2) = 0.5
    finding = SIGNALS["filler_words"](say(f"a: {words} um uh um uh um"))
    assert finding.value == pytest.approx(0.5)
    assert finding.rationale == "Filler words of the agent: 5, which is 5.0 per 100 words."
    assert SIGNALS["filler_words"](say(f"a: um uh {words} word word word")).value == 1


def test_the_rate_of_filler_words_in_russian_has_a_decimal_comma(say):
    finding = SIGNALS["filler_words"](say("a: Ну " + "слово " * 99, language="ru"))
    assert finding.rationale == "Слов-паразитов у оператора: 1, то есть 1,0 на 100 слов."


def test_a_bare_hum_is_an_answer_and_no_filler_word(say):
    conversation = say("c: Is it on?", "a: Hmm.", "c: Is it?", "a: It is on now")
    assert SIGNALS["filler_words"](conversation).value == 1
    assert SIGNALS["one_word_answers"](conversation).evidence[0].quote == "Hmm."


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Yes."), ("en", "uh-huh"), ("en", "OK, ok"), ("en", "all right"), ("ru", "Да"), ("ru", "угу"),
        ("ru", "Ну да."), ("ru", "нет нет"), ("zh", "嗯"), ("zh", "好的。"), ("zh", "嗯，好的"), ("zh", "是"),
    ],
)  # fmt: skip
def test_a_bare_word_is_a_one_word_answer(say, language, text):
    assert SIGNALS["one_word_answers"](say("c: 1", f"a: {text}", language=language)).value == 0


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Yes, it is on."), ("en", "okay let me check"), ("en", "12"), ("ru", "Да, оформила."),
        ("ru", "Нет такого"), ("zh", "好的，我查一下"), ("zh", "是的没有了呢亲"),
    ],
)  # fmt: skip
def test_more_than_a_bare_word_is_no_one_word_answer(say, language, text):
    finding = SIGNALS["one_word_answers"](say("c: 1", f"a: {text}", language=language))
    assert finding.value == 1
    assert finding.absence.searched == ((1, 1),)


def test_only_replies_to_the_customer_count_as_one_word_answers(say):
    conversation = say(
        "a: Hello", "a: Yes", "c: Is it?", "s: note", "a: Yes", "c: Sure?", "a: It is indeed on"
    )
    finding = SIGNALS["one_word_answers"](conversation)
    assert finding.rationale == (
        "The agent answers with a bare word in 1 of 2 replies to the customer (50 %)."
    )
    assert [piece.turn for piece in finding.evidence] == [4]
