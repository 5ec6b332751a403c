import pytest

from service.grading.signals.measures import measure
from service.grading.signals.registry import SIGNALS


def hold(conversation):
    return SIGNALS["hold_etiquette"](conversation)


@pytest.mark.parametrize(
    ("lines", "value", "details"),
    [
        (["a: Hold on."], 0, "no reason is named, the customer is not asked, nobody thanks the customer"),
        (["a: Hold on, I need to ask a colleague."], 0.6, "a reason is named, the customer is not asked"),
        (["a: Would you mind holding?"], 0.2, "no reason is named, the customer is asked"),
        (["a: Hold on.", "c: Okay", "a: Thank you for waiting."], 0.2, "the customer is thanked for waiting"),
        (
            ["a: Could you please hold while I check the bill?", "c: Sure", "a: Thanks for holding."],
            1,
            "a reason is named, the customer is asked, the customer is thanked for waiting",
        ),
    ],
)  # fmt: skip
def test_a_wait_is_weighed_by_reason_question_and_thanks(say, lines, value, details):
    finding = hold(say(*lines))
    assert finding.value == value
    assert details in finding.rationale
    assert finding.evidence[0].turn == 0


def test_the_weakest_of_several_waits_decides_and_all_are_quoted(say):
    conversation = say(
        "a: Hold on while I check the bill.", "c: Okay", "a: Found it.", "c: And the other?", "a: Hold on."
    )
    finding = hold(conversation)
    assert finding.value == 0
    assert finding.rationale.startswith(
        "Waits announced by the agent: 2. The weakest announcement is in turn 4"
    )
    assert [piece.turn for piece in finding.evidence] == [0, 4]
    assert measure(conversation)["holds"] == 2


def test_turns_that_follow_one_another_announce_one_wait(say):
    conversation = say("a: One moment please.", "a: I am just checking the bill, hold on.")
    assert measure(conversation)["holds"] == 1
    assert hold(conversation).value >= 0.6


def test_a_reason_that_comes_after_the_customers_answer_is_too_late(say):
    late = say("a: Hold on.", "c: Okay", "a: I was checking the bill, is that all right?")
    assert hold(late).value == 0
    assert hold(say("a: Let me check the bill.", "a: Hold on.")).value == 0.6


def test_please_alone_asks_nobody(say):
    assert hold(say("a: Please hold.")).value == 0
    assert hold(say("a: 请稍等", language="zh")).value == 0


def test_the_points_of_a_wait_are_listed_as_chinese_lists_things(say):
    assert "、" in hold(say("a: 您稍等", language="zh")).rationale


def test_without_an_announced_wait_there_is_nothing_to_weigh_and_the_searched_turns_are_named(say):
    finding = hold(say("a: Hello", "c: x", "a: Goodbye"))
    assert finding.value is None
    assert finding.absence.searched == ((0, 2),)


def test_thanks_that_come_much_later_are_not_for_the_wait(say):
    answers = ["c: x", "a: It is nine pounds."] * 4
    assert hold(say("a: Hold on.", *answers, "c: x", "a: Thank you for waiting.")).value == 0


@pytest.mark.parametrize(
    ("language", "lines", "value"),
    [
        ("ru", ["a: Минуту."], 0),
        ("ru", ["a: не могли бы вы подождать я уточню у коллег", "c: да", "a: спасибо за ожидание"], 1),
        ("zh", ["a: 您稍等"], 0),
        ("zh", ["a: 您稍等我查一下订单可以吗", "c: 好的", "a: 感谢您的耐心等待"], 1),
    ],
)
def test_waits_are_weighed_in_russian_and_chinese_too(say, language, lines, value):
    assert hold(say(*lines, language=language)).value == value
