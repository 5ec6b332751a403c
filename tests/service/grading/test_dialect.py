import pytest

from service.grading.dialect import Dialect
from tests.service.grading.building import a_request


def all_steps(dialect):
    steps = []
    while dialect is not None:
        steps.append(dialect)
        dialect = dialect.simpler()
    return steps


@pytest.mark.parametrize(
    ("complaint", "changes"),
    [
        ("Unsupported value: 'temperature' does not support 0 with this model.", {"temperature": False}),
        ("logprobs are not supported with reasoning models", {"logprobs": False}),
        ("[{'type': 'extra_forbidden', 'loc': ('body', 'top_logprobs')}]", {"logprobs": False}),
        ("Log probabilities are off for this deployment.", {"logprobs": False}),
        ("Unrecognized request argument supplied: seed", {"seed": False}),
        ("This response_format type is unavailable now", {"answer_format": "json_object"}),
        ("Invalid grammar", {"answer_format": "json_object"}),
        ("Extra inputs are not permitted: max_completion_tokens", {"limit": "max_tokens"}),
        ("'messages[0].role' does not support 'system' with this model.", {"system_role": False}),
        ("System role not supported", {"system_role": False}),
        ("Only user and assistant roles are supported!", {"system_role": False}),
        ("Developer instruction is not enabled for this model", {"system_role": False}),
    ],
)
def test_a_complaint_takes_away_what_it_names(complaint, changes):
    full = Dialect(limit="max_completion_tokens")
    simpler = full.after(complaint)
    assert {name: getattr(simpler, name) for name in changes} == changes
    others = {"answer_format", "temperature", "seed", "logprobs", "system_role", "limit"} - changes.keys()
    assert all(getattr(simpler, name) == getattr(full, name) for name in others)


@pytest.mark.parametrize(
    "complaint",
    ["", "Bad Request", "the model is overloaded", "seeds are sown", "our file system is full"],
)
def test_a_complaint_about_something_else_takes_nothing_away(complaint):
    assert Dialect().after(complaint) is None


def test_what_is_gone_already_cannot_be_complained_about():
    assert Dialect(temperature=False).after("temperature") is None
    assert Dialect(limit=None).after("max_tokens") is None
    assert Dialect(answer_format="text").after("json_schema") is None


def test_a_limit_goes_by_its_other_name_and_then_not_at_all():
    first = Dialect(limit="max_completion_tokens")
    second = first.after("max_completion_tokens is not known")
    assert first.payload(a_request(), "m", 700)["max_completion_tokens"] == 700
    assert second.payload(a_request(), "m", 700)["max_tokens"] == 700
    third = second.after("max_tokens is not known, use max_completion_tokens")
    assert not {"max_tokens", "max_completion_tokens"} & third.payload(a_request(), "m", 700).keys()


def test_without_a_reason_the_least_needed_part_goes_first():
    steps = all_steps(Dialect())
    assert [step.logprobs for step in steps] == [True] + [False] * 6
    assert [step.seed for step in steps] == [True] * 2 + [False] * 5
    assert [step.temperature for step in steps] == [True] * 3 + [False] * 4
    formats = ["json_schema"] * 4 + ["json_object"] + ["text"] * 2
    assert [step.answer_format for step in steps] == formats
    assert [step.system_role for step in steps] == [True] * 6 + [False]


def test_the_simplest_request_is_one_message_with_everything_in_it():
    payload = all_steps(Dialect(limit="max_completion_tokens"))[-1].payload(a_request(), "m", 700)
    assert set(payload) == {"model", "messages"}
    (message,) = payload["messages"]
    assert message["role"] == "user"
    assert message["content"].startswith("You grade.")
    assert "JSON schema" in message["content"]
    assert message["content"].endswith("[0] agent: Hello there.")


def test_probabilities_are_asked_for_with_five_alternatives():
    payload = Dialect().payload(a_request(), "m", None)
    assert (payload["logprobs"], payload["top_logprobs"]) == (True, 5)
    assert "top_logprobs" not in Dialect(logprobs=False).payload(a_request(), "m", None)
