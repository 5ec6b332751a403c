import pytest

from service.grading.signals.registry import SIGNALS


def overlaps(conversation):
    return SIGNALS["overlaps"](conversation)


def _call(say, interruptions, others):
    lines, times, at = [], [], 0
    for number in range(interruptions + others):
        begins = at + 3 if number < interruptions else at + 5
        lines += ["c: my bill is wrong again", "a: let me look at it"]
        times += [(at, at + 5), (begins, begins + 3)]
        at = begins + 4
    return say(*lines, times=times)


@pytest.mark.parametrize(
    ("interruptions", "others", "value"), [(0, 5, 1), (1, 1, 1), (2, 9, 0.5), (2, 8, 0), (5, 0, 0)]
)
def test_talking_over_the_customer_costs_from_the_second_time_on(say, interruptions, others, value):
    finding = overlaps(_call(say, interruptions, others))
    assert finding.value == value
    assert bool(finding.evidence) is (interruptions > 0)


def test_the_turn_that_begins_too_early_is_quoted(say):
    finding = overlaps(_call(say, 1, 0))
    assert finding.evidence[0].turn == 1
    assert finding.rationale == "Turns of the agent that begin over the customer: 1, first turn 1."


def test_a_customer_who_talks_over_the_agent_does_not_count(say):
    finding = overlaps(say("a: Your bill is nine pounds", "c: But no", times=[(0, 5), (3, 6)]))
    assert finding.value == 1
    assert finding.absence.searched == ((0, 0),)


def test_a_listener_who_says_yes_does_not_interrupt(say):
    assert overlaps(say("c: My bill is wrong", "a: Mhm", times=[(0, 5), (3, 4)])).absence is not None


def test_without_times_and_in_a_chat_overlaps_are_not_measured(say):
    assert overlaps(say("a: One", "c: Two")).value is None
    chat = overlaps(say("c: One", "a: Two", times=[(0, 5), (3, 6)], channel="chat"))
    assert (chat.value, chat.rationale) == (
        None,
        "This is a written chat, in which nobody can speak over another.",
    )
