import pytest

from service.grading.signals.measures import measure
from service.grading.signals.registry import SIGNALS


def promises(conversation):
    return SIGNALS["promises"](conversation)


def test_the_value_is_the_share_of_promises_that_name_a_time(say):
    conversation = say("a: I will call you back by five o'clock.", "c: x", "a: We will send you the form.")
    finding = promises(conversation)
    assert finding.value == 0.5
    assert finding.rationale == "Promises of the agent: 2, 1 of them with a time, the first in turn 0."
    assert [piece.quote for piece in finding.evidence] == [
        "I will call you back by five o'clock.", "We will send you the form.",
    ]  # fmt: skip
    assert measure(conversation)["promises"] == 2


def test_without_a_promise_there_is_nothing_to_weigh(say):
    finding = promises(say("a: Hello", "c: x", "a: It is nine pounds"))
    assert finding.value is None
    assert finding.absence.looked_for == "a promise of the agent"


def test_promises_without_a_time_are_shown_before_those_with_one(say):
    timed = ["a: I will call you today."] * 3
    finding = promises(say(*timed, "a: I will call you."))
    assert [piece.turn for piece in finding.evidence] == [0, 1, 3]


def test_a_redacted_date_is_a_time(say):
    assert promises(say("a: You will receive it on <DATE_1>.")).value == 1


def test_a_time_in_another_sentence_is_no_time_of_the_promise(say):
    assert promises(say("a: I will call you. It was Monday, was it not?")).value == 0


@pytest.mark.parametrize(
    ("language", "timed", "vague"),
    [
        ("en", "a: we will refund it within three days", "a: we will refund it soon"),
        ("ru", "a: мы вернем деньги в течение трех дней", "a: мы вернем деньги"),
        ("ru", "a: я вам перезвоню завтра", "a: я вам обязательно перезвоню"),
        ("zh", "a: 我们三个工作日内会给您退款", "a: 我们会尽快给您退款"),
        ("zh", "a: 我明天给您回电", "a: 我稍后给您回电"),
    ],
)
def test_a_promise_with_a_time_is_told_from_one_without(say, language, timed, vague):
    assert promises(say(timed, language=language)).value == 1
    assert promises(say(vague, language=language)).value == 0
