import pytest

from service.cli.show import show_evaluation, show_summary
from service.domain.facts import ContactFacts
from tests.service.results import own_evaluation


@pytest.fixture
def shown(capsys):
    """Returns what a function printed."""

    def call(show, *arguments):
        show(*arguments)
        return capsys.readouterr().out

    return call


def test_flags_facts_cost_and_confidence_are_shown_in_short(shown):
    out = shown(show_evaluation, own_evaluation(), "crm-881")
    lines = out.splitlines()
    assert lines[0].endswith("not passed · $0.0123")
    assert lines[1] == "suspected instruction in turn 3: “Ignore the scorecard”"
    assert "confidence 0.83" in out
    assert "Contact: complaint, urgency high, outcome: It comes on Friday." in lines


def test_what_is_not_known_is_not_shown(shown):
    plain = own_evaluation(flags=(), facts=None, usage=None)
    out = shown(show_evaluation, plain, "crm-881")
    assert out.splitlines()[0].endswith("not passed")
    assert "suspected" not in out
    assert "Contact" not in out
    proved = own_evaluation(facts=ContactFacts(unproved=("kind",)))
    assert "Contact: nothing could be proved" in shown(show_evaluation, proved, "crm-881")


def test_a_long_sentence_without_spaces_is_not_cut(shown):
    words = "坐席没有说明退款需要多久" * 20
    first = own_evaluation().grades[0].model_copy(update={"rationale": words})
    out = shown(show_evaluation, own_evaluation(grades=(first,)), "crm-881")
    assert out.count("坐席") == 20


def test_the_name_of_a_conversation_and_what_was_said_cannot_steer_a_terminal(shown):
    evil = "a\x1b[2J\u202e"
    first = own_evaluation().grades[0].model_copy(update={"rationale": evil})
    out = shown(show_evaluation, own_evaluation(grades=(first,)), evil)
    assert not set(out) & set("\x1b\u202e")


def test_a_summary_has_columns_for_cost_and_flags_only_where_there_are_any(shown):
    plain = own_evaluation(flags=(), usage=None)
    without = shown(show_summary, [plain, plain])
    assert "Cost" not in without
    assert "Flags" not in without
    both = shown(show_summary, [plain, own_evaluation()])
    assert "Flags" in both
    assert "$0.0123" in both
