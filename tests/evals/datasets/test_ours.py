"""Our own format, and what is wrong with labels whatever the format."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.datasets.entry import Reading
from evals.datasets.reading import dataset_sha256, read_dataset
from service.domain.scorecard_file import read_scorecard
from tests.evals.datasets.conftest import labels
from tests.evals.runs.sets import CARD, conversation, record


def said(entry):
    return "\n".join(entry.problems)


def with_labels(*given):
    return [{"conversation": conversation(1), "labels": list(given)}]


@pytest.mark.parametrize("name", ["set.jsonl", "set.json", "set", "set.txt"])
def test_lines_and_lists_are_told_apart_by_their_content(read, name):
    records = [record(1), record(2)]
    for text in ("\n\n".join(map(json.dumps, records)), json.dumps(records), json.dumps(records, indent=1)):
        assert [entry.id for entry in read("\ufeff" + text, name=name)] == ["order-1", "order-2"]


def test_a_document_of_one_object_over_many_lines_is_read(read):
    (entry,) = read(json.dumps(record(1), indent=2), name="one.json")
    assert entry.id == "order-1"


def test_a_conversation_alone_has_no_labels_and_labels_beside_turns_are_labels(read):
    alone, beside = read([conversation(1), {**conversation(2), "labels": record(2)["labels"]}])
    assert (labels(alone), len(labels(beside))) == ([], 3)
    assert beside.labelled.conversation.metadata == {}


def test_a_transcript_as_text_is_read_as_everywhere(read):
    text = "Agent: Good day.\nCustomer: Where is my parcel?"
    (entry,) = read([{"conversation": {"format": "text", "content": text}, "labels": []}])
    assert [turn.speaker for turn in entry.labelled.conversation.turns] == ["agent", "customer"]
    assert entry.id == "0"


def test_floors_are_kept_and_those_off_the_scale_are_named(read):
    (entry,) = read([{"conversation": conversation(1), "floors": {"helpful": 2, "polite": 1, "na": 1}}])
    assert entry.labelled.floors == {"helpful": 2}
    assert "/floors/polite: '1' is not on the scale" in said(entry)
    assert "/floors/na: the scorecard" in said(entry)


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ({"dimension": "helpful", "rater": "a", "level": "3"}, "write 3, without quotes"),
        ({"dimension": "helpful", "rater": "a", "level": "9"}, "'9' is not on the scale"),
        ({"dimension": "helpful", "rater": "a", "level": True}, "level"),
        ({"dimension": "helpful", "rater": "a", "level": 2.5}, "level"),
        ({"dimension": "helpful", "rater": "", "level": 1}, "/labels/0/rater"),
        ({"dimension": "polite", "rater": "a", "level": "na"}, "'na' is not on the scale"),
        ({"dimension": "gone", "rater": "a", "level": 1}, "has no dimension 'gone'; it has: helpful, polite"),
        ({"dimension": "helpful", "rater": "a"}, "/labels/0/level: Field required"),
        ("r1: 3", "/labels/0"),
    ],
)
def test_a_label_that_cannot_be_used_is_named_and_its_conversation_stays(read, label, why):
    good = {"dimension": "polite", "rater": "b", "level": "yes"}
    (entry,) = read(with_labels(label, good))
    assert why in said(entry)
    assert labels(entry) == [("polite", "b", "yes")]


def test_the_same_label_twice_is_one_and_two_that_contradict_are_none(read):
    one = {"dimension": "helpful", "rater": "a", "level": 1}
    (same,) = read(with_labels(one, one))
    assert (labels(same), same.problems) == ([("helpful", "a", 1)], ())
    (other,) = read(with_labels(one, {**one, "level": 2}))
    assert labels(other) == []
    assert "'a' gives 'helpful' 1 and 2" in said(other)


def test_a_label_before_and_one_after_the_machines_grade_was_seen_do_not_contradict(read):
    one = {"dimension": "helpful", "rater": "a", "level": 1, "blind": True}
    (entry,) = read(with_labels(one, {**one, "level": 2, "blind": False}))
    assert (len(labels(entry)), entry.problems) == (2, ())


def test_a_misspelt_key_is_named(read):
    (entry,) = read([{"conversation": conversation(1), "label": []}])
    assert "did you mean 'labels'?" in said(entry)


@pytest.mark.parametrize(
    "text",
    ["", "\n", "nonsense", "42", '"text"', "[1]", "{}", '{"a": 1}', "null", "- a\n- b", "a: b: c", "\x00"],
)
def test_what_is_no_set_says_what_one_looks_like(read, text):
    entries = read(text, name="set")
    assert all(entry.labelled is None for entry in entries)
    assert any("expected are labelled conversations" in said(entry) for entry in entries)


def test_a_file_that_is_not_there_is_a_problem():
    (entry,) = read_dataset(["/nowhere/at/all.json"], Reading(read_scorecard(CARD)))
    assert "cannot be read" in said(entry)


def test_the_digest_is_of_conversations_and_labels(read):
    digest = dataset_sha256(read([record(1), record(2)]))
    assert digest == dataset_sha256(read(json.dumps([record(1), record(2)])))
    assert digest != dataset_sha256(read([record(2), record(1)]))
    assert digest != dataset_sha256(read([record(1), {**record(2), "labels": []}]))
    assert digest != dataset_sha256(read([record(1), {**record(2), "floors": {"helpful": 2}}]))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "conversation",
                    "labels",
                    "turns",
                    "speaker",
                    "role",
                    "text",
                    "content",
                    "dimension",
                    "level",
                    "rater",
                    "vars",
                    "assert",
                    "input",
                    "ideal",
                    "item",
                    "tests",
                    "test_cases",
                    "metadata",
                    "helpful",
                    "type",
                    "metric",
                    "threshold",
                    "value",
                    "sample",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(json_values, min_size=1, max_size=4), dimension=st.sampled_from([None, "helpful"]))
def test_whatever_json_stands_there_each_record_is_a_conversation_or_a_problem(read, values, dimension):
    for text in (json.dumps(values), "\n".join(map(json.dumps, values))):
        for entry in read(text, dimension=dimension):
            assert entry.labelled is not None or entry.problems
            assert entry.where.startswith("/")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
def test_whatever_text_stands_there_nothing_breaks(read, text):
    for entry in read(text.encode("utf-8", "replace").decode(), name="set"):
        assert entry.labelled is not None or entry.problems
