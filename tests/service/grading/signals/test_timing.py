import pytest

from service.grading.signals.measures import measure
from service.grading.signals.registry import SIGNALS


def test_the_longest_silence_is_named_with_the_turns_around_it(say):
    conversation = say("a: One", "c: Two", "a: Three", times=[(0, 2), (3, 4), (16.5, 18)])
    finding = SIGNALS["dead_air"](conversation)
    # 12.5 s: (20 - 12.5) / (20 - 5) = 0.5
    assert finding.value == pytest.approx(0.5)
    assert finding.rationale == "Longest silence 12.5 s, between turns 1 and 2."
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
    assert SIGNALS["dead_air"](conversation).rationale == "Longest silence 2.0 s, between turns 0 and 2."


def test_turns_out_of_order_are_put_into_the_order_of_time(say):
    conversation = say("a: Late", "c: Early", times=[(10, 12), (0, 4)])
    assert SIGNALS["dead_air"](conversation).rationale == "Longest silence 6.0 s, between turns 1 and 0."


@pytest.mark.parametrize(
    ("agent", "customer", "value"),
    [(50, 50, 1), (35, 65, 1), (65, 35, 1), (25, 75, 0.5), (75, 25, 0.5), (10, 90, 0), (95, 5, 0)],
)
def test_a_share_of_the_words_that_is_far_from_half_costs(say, agent, customer, value):
    finding = SIGNALS["talk_share"](say("a: " + "w " * agent, "c: " + "w " * customer))
    assert finding.value == pytest.approx(value)
    assert finding.rationale == f"The agent speaks {agent} % of the words."


def test_in_chinese_characters_are_counted_and_a_redacted_name_is_one(say):
    conversation = say("a: 您好，<PERSON_1>！", "c: 你好", language="zh")
    assert measure(conversation)["agent_talk_share"] == pytest.approx(3 / 5)


def test_measures_of_a_timed_call(say):
    conversation = say(
        "a: Hello what is your name", "c: um", "a: um one two", times=[(0, 5), (4, 10), (15, 20)]
    )
    assert measure(conversation) == {
        "longest_silence_s": 5.0,
        "silence_share": 0.25,
        "agent_words_per_minute": 48,
        "overlaps": 1,
        "agent_talk_share": 0.889,
        "agent_questions": 1,
        "filler_words": 1,
        "rude_words": 0,
        "agent_turns": 2,
        "customer_turns": 1,
    }


def test_a_quick_answer_is_no_overlap(say):
    conversation = say("a: One", "c: Two", times=[(0, 5), (4.8, 10)])
    assert measure(conversation)["overlaps"] == 0
