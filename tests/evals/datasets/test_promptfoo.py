"""promptfoo test cases."""

import json

import pytest

from tests.evals.datasets.conftest import labels, turns

CONFIG = """
description: Parcels
prompts: [judge.txt]
defaultTest:
  metadata: {language: en}
  assert:
    - {type: latency, threshold: 5000}
tests:
  - description: parcel-1
    vars:
      messages:
        - {role: user, content: Where is my parcel?}
        - {role: assistant, content: It comes tomorrow.}
    metadata:
      labels: {helpful: 3, polite: yes}
  - vars:
      transcript: |
        Agent: Good day.
        Customer: Where is my parcel?
    metadata: {id: parcel-2}
    assert:
      - {type: equals, metric: helpful, value: "2"}
      - {type: llm-rubric, metric: polite, value: Is polite., threshold: 0.5}
  - vars:
      chat_log:
        - user: Hello
        - assistant: Good day
    assert:
      - {type: equals, metric: helpful, value: 9}
      - {type: llm-rubric, value: Is friendly.}
      - {type: equals, value: 1}
"""


def test_a_configuration_becomes_conversations_labels_and_floors(read):
    first, second, third = read(CONFIG, name="promptfooconfig.yaml")
    assert turns(first) == [("customer", "Where is my parcel?"), ("agent", "It comes tomorrow.")]
    assert labels(first) == [("helpful", "promptfoo", 3), ("polite", "promptfoo", "yes")]
    assert (first.id, first.labelled.conversation.language) == ("parcel-1", "en")
    assert turns(second) == [("agent", "Good day."), ("customer", "Where is my parcel?")]
    assert (second.id, labels(second)) == ("parcel-2", [("helpful", "promptfoo", 2)])
    assert second.labelled.floors == {"polite": "yes"}
    assert turns(third) == [("customer", "Hello"), ("agent", "Good day")]
    assert first.notes == ("assertions of type 'latency' are about an answer and were not used",)


def test_what_cannot_be_mapped_is_named_with_its_line_and_field(read):
    *_, third = read(CONFIG, name="promptfooconfig.yaml")
    lines = CONFIG.split("\n")
    expected = {
        "value: 9": "/assert/0/value/helpful: '9' is not on the scale",
        "Is friendly.": "/assert/1/metric: nothing says which dimension this rubric is about",
        "value: 1}": "/assert/2/value: this is a verdict on one thing; say on which with --dimension",
    }
    for words, said in expected.items():
        number = next(n for n, line in enumerate(lines, 1) if words in line)
        assert any(f", line {number}: {said}" in problem for problem in third.problems), third.problems


def test_a_verdict_without_a_dimension_is_about_the_one_that_was_named(read):
    test = {
        "vars": {"messages": [{"role": "user", "content": "Hi"}]},
        "assert": [{"type": "equals", "value": 2}],
    }
    (entry,) = read([test], dimension="helpful", rater="anna")
    assert labels(entry) == [("helpful", "anna", 2)]


def test_tests_as_json_lines_and_as_a_list_are_read_too(read):
    test = {
        "vars": {"conversation": "Agent: Good day.\nCustomer: Hello."},
        "metadata": {"labels": {"helpful": 1}},
    }
    for text in (json.dumps(test), json.dumps([test]), json.dumps({"tests": [test]})):
        (entry,) = read(text, name="tests.json")
        assert labels(entry) == [("helpful", "promptfoo", 1)]


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ({"vars": "file://vars.yaml"}, "/vars: this has to be a mapping"),
        ({"vars": {"question": "?"}}, "/vars: no variable holds a conversation"),
        ({"vars": {"messages": []}}, "/vars/messages: this has to be a list of messages"),
        ({"vars": {"messages": [{"role": "wizard", "content": "x"}]}}, "/vars/messages/0/role"),
        ({"vars": {"messages": [{"role": "user", "content": 3}]}}, "/vars/messages/0/content"),
        ({"vars": {"transcript": "no speakers here"}}, "/vars/transcript: line 1"),
        ({"vars": {"transcript": "Agent: Hi"}, "assert": {}}, "/assert: this has to be a list"),
        (
            {"vars": {"transcript": "Agent: Hi"}, "assert": [{"type": "g-eval", "metric": "helpful"}]},
            "/assert/0/threshold: nothing says which level",
        ),
        (
            {"vars": {"transcript": "Agent: Hi"}, "assert": [{"type": "llm-rubric", "metric": "gone"}]},
            "/assert/0/metric: the scorecard",
        ),
    ],
)
def test_what_cannot_be_used_is_a_sentence(read, test, said):
    (entry,) = read([test])
    assert any(said in problem for problem in entry.problems), entry.problems


def test_tests_in_another_file_are_not_followed(read):
    (entry,) = read("tests: file://tests.csv\n", name="promptfooconfig.yaml")
    assert "files are not followed" in entry.problems[0]
