"""DeepEval test cases and goldens."""

import json

import pytest

from tests.evals.datasets.conftest import labels, turns

TURNS = [{"role": "user", "content": "Где посылка?"}, {"role": "assistant", "content": "Завтра придёт."}]
CASE = {
    "name": "parcel-1",
    "scenario": "A parcel is late.",
    "expected_outcome": "The customer knows when it comes.",
    "turns": TURNS,
    "context": ["Parcels take three days."],
    "additional_metadata": {"labels": {"helpful": 3}, "polite": "YES"},
}


def test_a_case_becomes_a_conversation_with_labels_and_what_was_expected_as_metadata(read):
    (entry,) = read([CASE])
    assert turns(entry) == [("customer", "Где посылка?"), ("agent", "Завтра придёт.")]
    assert labels(entry) == [("helpful", "deepeval", 3), ("polite", "deepeval", "yes")]
    conversation = entry.labelled.conversation
    assert (entry.id, conversation.context[0].text) == ("parcel-1", "Parcels take three days.")
    assert conversation.metadata["scenario"] == "A parcel is late."
    assert entry.problems == ()


@pytest.mark.parametrize(
    "holder", ["test_cases", "testCases", "conversational_goldens", "goldens", "conversationalGoldens"]
)
def test_files_of_cases_are_read_whatever_their_names_are_written_like(read, holder):
    camel = {"turns": TURNS, "expectedOutcome": "x", "additionalMetadata": {"labels": {"helpful": 2}}}
    entries = read(json.dumps({holder: [CASE, camel]}), name="cases.json")
    assert [len(labels(entry)) for entry in entries] == [2, 1]
    assert ", ".join((holder, "1")).split(", ")[0] in entries[1].where


def test_one_question_and_one_answer_are_two_turns(read):
    case = {"input": "Where is it?", "actual_output": "Here.", "expected_output": "2"}
    (entry,) = read([case], dimension="helpful")
    assert turns(entry) == [("customer", "Where is it?"), ("agent", "Here.")]
    assert labels(entry) == [("helpful", "deepeval", 2)]


def test_an_expected_outcome_that_is_no_level_is_named_when_a_dimension_is(read):
    (entry,) = read([CASE], dimension="helpful")
    assert any("/expected_outcome" in problem for problem in entry.problems)
    scored = {**CASE, "additional_metadata": {"score": 1.0}}
    assert labels(read([scored], dimension="helpful")[0]) == [("helpful", "deepeval", 1)]


def test_a_golden_in_which_nothing_was_said_cannot_be_graded(read):
    (entry,) = read([{"scenario": "A parcel is late.", "expected_outcome": "It is found.", "turns": []}])
    assert entry.labelled is None
    assert "a golden without turns" in entry.problems[0]


def test_what_cannot_be_used_is_named_with_its_place(read):
    cases = [
        {"scenario": "x", "turns": [{"role": "user"}, "text"]},
        {**CASE, "context": "x", "metadata": None},
    ]
    first, second = read(json.dumps(cases), name="cases.json")
    assert any("item 0: /turns/1: a message is an object" in problem for problem in first.problems)
    assert any("item 1: /context: this has to be a list of texts" in problem for problem in second.problems)
