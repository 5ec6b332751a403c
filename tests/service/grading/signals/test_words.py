import pytest

from service.grading.signals.registry import SIGNALS


@pytest.mark.parametrize(("fillers", "others", "value"), [(1, 30, 1), (1, 29, 0.5), (3, 28, 0.5), (3, 27, 0)])
def test_filler_words_cost_from_one_in_thirty_words_on_and_more_from_one_in_ten(say, fillers, others, value):
    finding = SIGNALS["filler_words"](say("a: " + "um " * fillers + "word " * others))
    assert finding.value == value


@pytest.mark.parametrize(("others", "value"), [(45, 1), (44, 0.5), (15, 0.5), (14, 0)])
def test_in_chinese_three_characters_are_two_words(say, others, value):
    finding = SIGNALS["filler_words"](say("a: 呃，" + "字" * others, language="zh"))
    assert finding.value == value


def test_in_a_chat_filler_words_are_not_measured(say):
    finding = SIGNALS["filler_words"](say("a: um um um", channel="chat"))
    assert finding.value is None
    assert finding.rationale == "This is a written chat, in which filler words are not counted."
    assert SIGNALS["filler_words"](say("a: um um um", channel="call")).value == 0


def test_the_rate_of_filler_words_in_russian_has_a_decimal_comma(say):
    finding = SIGNALS["filler_words"](say("a: Ну " + "слово " * 99, language="ru"))
    assert finding.rationale == "Слов-паразитов у оператора: 1, то есть 1,0 на 100 слов."


def test_a_bare_hum_is_an_answer_and_no_filler_word(say):
    conversation = say("c: Is it on?", "a: Hmm.", "c: Is it?", "a: It is on now", "a: Good")
    assert SIGNALS["filler_words"](conversation).value == 1
    assert SIGNALS["one_word_answers"](conversation).evidence[0].quote == "Hmm."


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Yes."), ("en", "uh-huh"), ("en", "OK, ok"), ("en", "all right"), ("ru", "Да"), ("ru", "угу"),
        ("ru", "Ну да."), ("ru", "нет нет"), ("zh", "嗯"), ("zh", "好的。"), ("zh", "嗯，好的"), ("zh", "是"),
        ("en", "Surname?"), ("ru", "Вижу."), ("ru", "Фамилия?"), ("zh", "规定。"), ("zh", "出生日期"),
    ],
)  # fmt: skip
def test_a_bare_word_is_a_one_word_answer(say, language, text):
    reply = ("c: 1", f"a: {text}")
    assert SIGNALS["one_word_answers"](say(*reply, *reply, *reply, language=language)).value == 0


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Yes, it is on."), ("en", "okay let me check"), ("en", "12"), ("ru", "Да, оформила."),
        ("ru", "Нет такого"), ("zh", "好的，我查一下"), ("zh", "是的没有了呢亲"),
        ("en", "Goodbye!"), ("en", "<PERSON_1>?"), ("ru", "Спасибо!"), ("zh", "再见"), ("zh", "12"),
    ],
)  # fmt: skip
def test_more_than_a_bare_word_is_no_one_word_answer(say, language, text):
    reply = ("c: 1", f"a: {text}")
    finding = SIGNALS["one_word_answers"](say(*reply, *reply, *reply, language=language))
    assert finding.value == 1
    assert finding.absence.searched == ((1, 5),)


def test_only_replies_to_the_customer_count_as_one_word_answers(say):
    conversation = say(
        "a: Hello", "a: Yes", "c: Is it?", "s: note", "a: Yes", "c: Sure?", "a: It is indeed on"
    )
    finding = SIGNALS["one_word_answers"](conversation)
    assert finding.rationale == (
        "The agent answers with a single word in 1 of 2 replies to the customer (50 %)."
    )
    assert [piece.turn for piece in finding.evidence] == [4]


@pytest.mark.parametrize(
    ("bare", "full", "value"), [(1, 2, 1), (2, 3, 0.5), (2, 2, 0), (1, 50, 1), (3, 2, 0)]
)
def test_one_bare_reply_is_spared_and_half_of_them_are_the_worst(say, bare, full, value):
    lines = ["c: 1", "a: Yes"] * bare + ["c: 1", "a: It is on"] * full
    assert SIGNALS["one_word_answers"](say(*lines, "a: x")).value == value


def test_with_fewer_than_three_turns_of_the_agent_one_word_answers_are_not_measured(say):
    assert SIGNALS["one_word_answers"](say("c: 1", "a: Yes", "c: 1", "a: No")).value is None
