import pytest

from service.grading.signals.measures import measure
from service.grading.signals.registry import SIGNALS


def _pace(say, language, rate, words=60):
    text = "字" * words if language == "zh" else "слово " * words
    seconds = 60 * words / rate
    lines = [f"a: {text}", "c: 1"]
    return say(*lines, language=language, times=[(0, seconds), (seconds, seconds + 30)])


@pytest.mark.parametrize(
    ("language", "rate", "value"),
    [
        ("en", 100, 1), ("en", 180, 1), ("en", 99, 0.5), ("en", 181, 0.5), ("en", 79, 0), ("en", 221, 0),
        ("ru", 80, 1), ("ru", 151, 0.5), ("ru", 181, 0),
        ("zh", 300, 1), ("zh", 149, 0.5), ("zh", 361, 0),
    ],
)  # fmt: skip
def test_a_pace_costs_when_it_is_slow_or_hurried(say, language, rate, value):
    conversation = _pace(say, language, rate)
    finding = SIGNALS["pace"](conversation)
    assert finding.value == value
    assert finding.evidence[0].turn == 0
    assert measure(conversation)["agent_words_per_minute"] == rate
    assert measure(conversation)["customer_words_per_minute"] == 2


def test_too_few_words_have_no_pace(say):
    assert SIGNALS["pace"](_pace(say, "en", 120, words=49)).value is None
    assert SIGNALS["pace"](_pace(say, "en", 120, words=50)).value == 1


def test_without_times_and_in_a_chat_there_is_no_pace(say):
    assert SIGNALS["pace"](say("a: " + "word " * 60, "c: x")).value is None
    chat = say("a: " + "word " * 60, "c: x", times=[(0, 30), (30, 31)], channel="chat")
    assert SIGNALS["pace"](chat).rationale == "This is a written chat, which has no pace of speaking."
