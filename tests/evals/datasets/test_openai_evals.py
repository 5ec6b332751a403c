"""OpenAI Evals samples, old and new."""

import pytest

from tests.evals.datasets.conftest import labels, turns

MESSAGES = [
    {"role": "system", "content": "You are polite."},
    {"role": "user", "content": [{"type": "input_text", "text": "包裹在哪里？"}]},
    {"role": "assistant", "content": None, "tool_calls": []},
    {"role": "assistant", "content": "明天到。"},
]


def test_a_sample_becomes_a_conversation_and_its_ideal_a_label(read):
    (entry,) = read([{"input": MESSAGES, "ideal": "3"}], dimension="helpful", rater="li")
    assert turns(entry) == [
        ("system", "You are polite."),
        ("customer", "包裹在哪里？"),
        ("agent", "明天到。"),
    ]
    assert labels(entry) == [("helpful", "li", 3)]


@pytest.mark.parametrize("ideal", [{"helpful": 3, "polite": "yes"}, '{"helpful": 3, "polite": "yes"}'])
def test_an_ideal_that_names_dimensions_needs_no_dimension(read, ideal):
    (entry,) = read([{"input": MESSAGES, "ideal": ideal}])
    assert labels(entry) == [("helpful", "openai-evals", 3), ("polite", "openai-evals", "yes")]


def test_an_item_of_the_later_api_is_read_with_the_answer_that_was_sampled(read):
    sample = {
        "item": {"id": 7, "dialogue_so_far": MESSAGES[1:2], "helpful": 1},
        "sample": {"output_text": "明天。"},
    }
    (entry,) = read([sample])
    assert turns(entry) == [("customer", "包裹在哪里？"), ("agent", "明天。")]
    assert (entry.id, labels(entry)) == ("7", [("helpful", "openai-evals", 1)])


def test_a_transcript_as_text_is_read(read):
    item = {"item": {"input": "Agent: Good day.\nCustomer: Hello.", "correct_label": "N/A"}}
    (entry,) = read([item], dimension="helpful")
    assert labels(entry) == [("helpful", "openai-evals", "na")]


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ({"input": MESSAGES, "ideal": "3"}, "/ideal: this is a verdict on one thing; say on which"),
        ({"input": "Spell this backwards", "ideal": "x"}, "/input: line 1"),
        ({"item": {"question": "?"}}, "/item: nothing here is a conversation"),
        (
            {"input": [{"role": "user", "content": [{"type": "image"}]}]},
            "/input/0/content/0: only parts with text",
        ),
    ],
)
def test_what_cannot_be_mapped_is_named_with_line_and_field(read, sample, said):
    (entry,) = read([sample])
    assert any(f", line 1: {said}" in problem for problem in entry.problems), entry.problems


def test_several_ideals_are_no_label(read):
    (entry,) = read([{"input": MESSAGES, "ideal": ["2", "3"]}], dimension="helpful")
    assert "these are 2 verdicts" in entry.problems[0]
