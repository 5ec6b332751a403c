"""Agreement that is asked for."""

import pytest

from evals.gate.judging import judged
from evals.gate.options import GateOptions, Least, parse_least
from service.domain.errors import InvalidInput
from tests.evals.gate.runs import card, conversation, evaluation, ordinal, run, simple, yes_no

GOOD = simple([1, 2, 3, 4, 5] * 8, [1, 2, 3, 4, 5] * 8)
BAD = simple([1, 2, 3, 4, 5] * 8, [5, 1, 2, 5, 1] * 8)


def judge(new, *asked, min_n=30):
    return judged(None, new, GateOptions(least=parse_least(list(asked)), min_n=min_n))


def test_what_is_asked_for_and_reached_passes():
    found = judge(GOOD, "exact=0.9", "qwk=0.5")
    assert found.outcome == "passed"
    assert [threshold.missed for threshold in found.new.thresholds] == [False, False]


def test_what_is_asked_for_and_missed_fails_with_the_figure():
    found = judge(BAD, "qwk=0.5")
    assert found.outcome == "failed"
    assert "asked for is 0.5" in found.failures[0]


def test_too_few_items_are_not_judged_and_it_is_said():
    found = judge(simple([1, 5, 3], [5, 1, 2]), "qwk=0.5")
    assert found.outcome == "unmeasured"
    assert found.failures == ()
    assert any("it takes 30" in warning for warning in found.warnings)


def test_what_was_asked_for_and_cannot_be_judged_is_no_pass_even_where_no_loss_is_certain():
    found = judged(GOOD, GOOD, GateOptions(least=parse_least(["qwk=0.99"]), min_n=500))
    assert found.outcome == "unmeasured"
    assert "could not be judged" in found.warnings[0]


def test_a_named_dimension_that_cannot_be_judged_is_no_pass_though_others_are():
    content = card(ordinal("help"), ordinal("needs"))
    new = simple([1, 2, 3, 4] * 10, [1, 2, 3, 4] * 10, content=content)
    assert judge(new, "qwk=0.5").outcome == "passed"
    found = judge(new, "qwk=0.5", "needs:qwk=0.5")
    assert found.outcome == "unmeasured"
    assert [one.unanswered for one in found.new.thresholds] == [False, False, True]


def test_floors_that_hold_do_not_answer_what_was_asked_for():
    content = card()
    new = run([conversation("a", [evaluation(content, {"help": 4})], floors={"help": 3})], content)
    assert judge(new, "qwk=0.5").outcome == "unmeasured"
    assert judge(new).outcome == "passed"


def test_a_figure_that_is_not_defined_is_not_judged():
    found = judge(simple([3] * 40, [3] * 40), "qwk=0.5", "exact=0.5")
    judged_, undefined = sorted(found.new.thresholds, key=lambda one: one.figure)
    assert (judged_.judged, undefined.judged) == (True, False)


def test_a_scale_without_an_order_has_no_adjacent():
    content = card(yes_no("greeting"))
    new = simple(["yes", "no"] * 20, ["yes", "no"] * 20, content=content)
    with pytest.raises(InvalidInput, match="on no dimension have levels an order"):
        judge(new, "adjacent=0.9")
    (asked,) = judge(new, "greeting:adjacent=0.9").new.thresholds
    assert not asked.judged


def test_a_threshold_may_be_over_all_dimensions():
    content = card(ordinal("help"), ordinal("needs"))
    conversations = [
        conversation(
            f"c{n}",
            [evaluation(content, {"help": 1 + n % 5, "needs": 1 + (n + n % 2) % 5}, n)],
            [("help", 1 + n % 5), ("needs", 1 + n % 5)],
        )
        for n in range(40)
    ]
    found = judge(run(conversations, content), "overall:exact=0.8")
    # All answers on one dimension and half of them on the other are people's.
    assert found.new.thresholds[0].found.value == pytest.approx(0.75)
    assert found.outcome == "failed"


def test_an_unknown_dimension_is_bad_input():
    with pytest.raises(InvalidInput, match="no dimension 'gone'"):
        judge(GOOD, "gone:qwk=0.5")


def test_a_threshold_may_name_its_dimension():
    assert Least.parse("thanks:qwk=0.5") == Least("thanks", "qwk", 0.5)
    assert Least.parse("exact=1") == Least(None, "exact", 1.0)


@pytest.mark.parametrize("text", ["qwk", "qwk=", "qwk=x", "qwk=nan", "qwk=2", "kappa=0.5", "A:qwk=0.5", ""])
def test_what_is_no_threshold_is_bad_input(text):
    with pytest.raises(InvalidInput):
        Least.parse(text)
