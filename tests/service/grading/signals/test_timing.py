import pytest

from service.grading.signals.measures import measure
from service.grading.signals.registry import SIGNALS


def test_the_longest_silence_is_named_with_the_turns_around_it(say):
    conversation = say("a: One", "c: Two", "a: Three", times=[(0, 2), (3, 4), (16.5, 18)])
    finding = SIGNALS["dead_air"](conversation)
    assert finding.value == 0.5
    assert finding.rationale == "Longest unexplained silence 12.5 s, between turns 1 and 2."
    assert [piece.quote for piece in finding.evidence] == ["Two", "Three"]


def test_a_long_turn_covers_the_gap_between_short_ones_inside_it(say):
    conversation = say("a: Long", "c: mm", "c: mm", times=[(0, 30), (1, 2), (29, 31)])
    finding = SIGNALS["dead_air"](conversation)
    assert finding.value == 1
    assert finding.absence.searched == ((0, 2),)


@pytest.mark.parametrize(
    "times",
    [
        None,
        [(0, None), (9, None)],
        [(None, 1), (None, 9)],
        [(0, 1), (9, None)],
        [(0, 0), (0, 0)],
    ],
)
def test_silence_is_not_measurable_unless_every_turn_has_a_beginning_and_an_end(say, times):
    conversation = say("a: One", "c: Two", times=times)
    assert SIGNALS["dead_air"](conversation).value is None
    assert measure(conversation)["longest_silence_s"] is None


def test_notes_of_the_system_need_no_times(say):
    conversation = say("a: One", "s: transfer", "c: Two", times=[(0, 1), (None, None), (3, 4)])
    assert (
        SIGNALS["dead_air"](conversation).rationale
        == "Longest unexplained silence 2.0 s, between turns 0 and 2."
    )


def test_turns_out_of_order_are_put_into_the_order_of_time(say):
    conversation = say("a: Late", "c: Early", times=[(10, 12), (0, 4)])
    assert (
        SIGNALS["dead_air"](conversation).rationale
        == "Longest unexplained silence 6.0 s, between turns 1 and 0."
    )


def test_a_chat_has_no_silence_even_where_its_messages_have_times(say):
    conversation = say("a: One", "c: Two", times=[(0, 1), (99, 100)], channel="chat")
    finding = SIGNALS["dead_air"](conversation)
    assert finding.value is None
    assert finding.rationale == "This is a written chat, in which a pause is no silence."


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ["a: When did it stop?", "c: on monday"]),
        ("en", ["a: let me check that for you", "a: here it is"]),
        ("en", ["a: bear with me while i open the bill", "c: okay", "a: here it is"]),
        ("ru", ["a: сейчас проверю ваш договор", "a: нашла"]),
        ("ru", ["a: Когда это началось?", "c: вчера"]),
        ("zh", ["a: 我帮您查一下", "c: 好的", "a: 查到了"]),
        ("zh", ["a: 什么时候开始的", "c: 昨天"]),
    ],
)
def test_a_silence_after_a_question_or_an_announcement_is_explained(say, language, lines):
    times = [(i * 60, i * 60 + 2) for i in range(len(lines))]
    finding = SIGNALS["dead_air"](say(*lines, language=language, times=times))
    assert finding.value == 1
    assert finding.absence is not None


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ["a: One moment", "c: okay", "a: here it is"]),
        ("en", ["a: When did it stop?", "a: hello"]),
        ("en", ["c: Can you help?", "a: yes"]),
        ("ru", ["a: секунду", "a: нашла"]),
        ("zh", ["a: 在的稍等", "a: 查到了"]),
    ],
)
def test_a_silence_without_a_reason_is_not_explained(say, language, lines):
    times = [(i * 60, i * 60 + 2) for i in range(len(lines))]
    assert SIGNALS["dead_air"](say(*lines, language=language, times=times)).value == 0


def test_a_rounding_error_of_the_times_does_not_lengthen_a_silence(say):
    assert 16.1 - 6.1 > 10
    assert SIGNALS["dead_air"](say("a: One", "c: Two", times=[(0, 6.1), (16.1, 17.1)])).value == 1


@pytest.mark.parametrize(
    ("agent", "customer", "value"),
    [(5, 95, 1), (50, 50, 1), (60, 30, 1), (61, 30, 0.5), (80, 20, 0.5), (81, 20, 0)],
)
def test_a_share_of_the_words_costs_when_it_is_large_and_never_when_it_is_small(say, agent, customer, value):
    lines = ["a: " + "w " * (agent - 2), "c: " + "w " * (customer - 2), "a: w", "c: w", "a: w", "c: w"]
    finding = SIGNALS["talk_share"](say(*lines))
    assert finding.value == value
    assert finding.rationale == f"The agent speaks {100 * agent / (agent + customer):.0f} % of the words."


def test_fewer_than_six_turns_have_no_share(say):
    lines = ["a: One", "c: Two", "a: Three", "c: Four", "a: Five"]
    assert SIGNALS["talk_share"](say(*lines)).value is None
    assert SIGNALS["talk_share"](say(*lines, "c: Six")).value == 1


def test_in_chinese_characters_are_counted_and_a_redacted_name_is_one(say):
    conversation = say("a: 您好，<PERSON_1>！", "c: 你好", language="zh")
    assert measure(conversation)["agent_talk_share"] == pytest.approx(3 / 5)


def test_measures_of_a_timed_call(say):
    conversation = say(
        "a: Hello when did it break", "c: um", "a: um one two", times=[(0, 5), (4, 10), (15, 20)]
    )
    assert measure(conversation) == {
        "longest_silence_s": 5.0,
        "silence_share": 0.25,
        "agent_words_per_minute": 48,
        "customer_words_per_minute": 10,
        "overlaps": 1,
        "agent_talk_share": 0.889,
        "agent_questions": 1,
        "filler_words": 1,
        "rude_words": 0,
        "forbidden_words": 0,
        "holds": 0,
        "promises": 0,
        "name_uses": 0,
        "agent_turns": 2,
        "customer_turns": 1,
    }


def test_a_quick_answer_is_no_overlap(say):
    conversation = say("a: One", "c: Two", times=[(0, 5), (4.8, 10)])
    assert measure(conversation)["overlaps"] == 0
