import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.grading.completion import GarbledCompletion, read_completion
from service.grading.port import TokenChoice

OBJECT = '{"dimensions": {}}'


def read(message=None, *, logprobs=None, **other):
    choice = {"message": {"content": OBJECT} if message is None else message, "finish_reason": "stop"}
    if logprobs is not None:
        choice["logprobs"] = {"content": logprobs}
    return read_completion(json.dumps({"choices": [choice], **other}).encode(), "configured", "00")


def entry(token, logprob=-0.1, *, others=(), raw=None):
    top = [{"token": text, "logprob": value} for text, value in others]
    return {"token": token, "logprob": logprob, "top_logprobs": top, "bytes": raw and list(raw)}


def test_tokens_that_spell_the_answer_come_with_what_else_was_possible():
    entries = [entry("4", -0.2, others=[("4", -0.2), ("5", -1.7)]), entry("2")]
    answer = read({"content": "42"}, logprobs=entries)
    assert answer.tokens == (TokenChoice("4", -0.2, (("4", -0.2), ("5", -1.7))), TokenChoice("2", -0.1))


@pytest.mark.parametrize(
    "entries",
    [
        [entry("4")],
        [entry("4"), entry("3")],
        [{"token": "42"}],
        [{"token": "42", "logprob": "-1"}],
        [{"token": "42", "logprob": True}],
        [{"token": "42", "logprob": math.nan}],
        [{"token": "42", "logprob": -math.inf}],
        [{"token": "42", "logprob": -(10**400)}],
        [{"token": 42, "logprob": -1}],
        [{"logprob": -1}],
        [entry("42", raw=b"4")],
        [entry("4"), entry("2", raw=b"\xd0")],
        [{"token": "42", "logprob": -1, "bytes": [1000]}],
        ["42"],
        [None],
        [],
        {"token": "42"},
        "42",
        7,
        [entry("42")] + [entry("")] * 60_000,
    ],
)
def test_probabilities_that_are_not_those_of_the_answer_are_left_out(entries):
    answer = read({"content": "42"}, logprobs=entries)
    assert (answer.text, answer.tokens) == ("42", ())


@pytest.mark.parametrize("logprobs", [None, [], 3, "x", {"content": None}, {"tokens": ["42"]}])
def test_a_choice_without_probabilities_has_none(logprobs):
    body = {"choices": [{"message": {"content": "42"}, "logprobs": logprobs}]}
    assert read_completion(json.dumps(body).encode(), "m", "").tokens == ()


def test_an_alternative_in_bad_shape_is_left_out_alone():
    top = [{"token": "4", "logprob": -0.1}, {"token": "5"}, 7, {"token": "6", "logprob": math.nan}]
    answer = read({"content": "4"}, logprobs=[{"token": "4", "logprob": -0.1, "top_logprobs": top}])
    assert answer.tokens == (TokenChoice("4", -0.1, (("4", -0.1),)),)


def test_a_chance_above_one_is_one():
    assert read({"content": "4"}, logprobs=[entry("4", 1e-7)]).tokens[0].logprob == 0


def test_tokens_that_are_parts_of_one_character_become_one():
    first, second = "好".encode()[:1], "好".encode()[1:]
    entries = [entry("\\xe5", -0.5, raw=first), entry("\\xa5\\xbd", -0.25, raw=second), entry("!", raw=b"!")]
    tokens = read({"content": "好!"}, logprobs=entries).tokens
    assert tokens == (TokenChoice("好", -0.75), TokenChoice("!", -0.1))


def test_thoughts_before_and_end_marks_behind_the_answer_do_not_count():
    entries = [entry("hmm 42"), entry("</think>"), entry("4"), entry("2"), entry("<|end|>")]
    tokens = read({"content": "42"}, logprobs=entries).tokens
    assert [token.text for token in tokens] == ["4", "2"]


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=20))
def test_tokens_joined_are_always_the_text(words):
    answer = read({"content": "".join(words)}, logprobs=[entry(word) for word in words])
    assert "".join(token.text for token in answer.tokens) == answer.text


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["token", "logprob", "bytes", "top_logprobs", "content", "x"]),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_stands_there_the_answer_is_read(logprobs):
    answer = read({"content": "42"}, logprobs=logprobs)
    assert answer.text == "42"
    assert "".join(token.text for token in answer.tokens) in ("", "42")


def test_a_large_list_of_probabilities_is_read_in_little_time():
    entries = [entry("ab", others=[(str(n), -float(n)) for n in range(1, 21)]) for _ in range(10_000)]
    body = json.dumps(
        {"choices": [{"message": {"content": "ab" * 10_000}, "logprobs": {"content": entries}}]}
    ).encode()
    started = time.perf_counter()
    assert len(read_completion(body, "m", "").tokens) == 10_000
    assert time.perf_counter() - started < 15


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "reasoning_content": OBJECT},
        {"content": "", "reasoning": OBJECT},
        {"content": " \n", "reasoning_content": OBJECT},
        {
            "content": None,
            "tool_calls": [{"type": "function", "function": {"name": "any", "arguments": OBJECT}}],
        },
    ],
)
def test_an_answer_that_the_server_filed_elsewhere_is_found(message):
    assert read(message).text == OBJECT


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "reasoning_content": f"First I thought of {OBJECT}"},
        {"content": "", "reasoning": "[1, 2]"},
        {"content": None, "reasoning_content": {"dimensions": {}}},
        {"content": None, "tool_calls": [{"function": {"arguments": OBJECT}}] * 2},
        {"content": None, "tool_calls": [{"function": {"arguments": "rm -rf"}}]},
        {"content": None, "tool_calls": "x"},
        {"content": None, "tool_calls": [None]},
        {"content": None, "reasoning_content": "[" * 100_000},
    ],
)
def test_thoughts_and_calls_that_are_no_answer_are_an_empty_answer(message):
    assert read(message).text == ""


def test_content_comes_before_whatever_stands_elsewhere():
    message = {
        "content": "{}",
        "reasoning_content": OBJECT,
        "tool_calls": [{"function": {"arguments": OBJECT}}],
    }
    assert read(message).text == "{}"


def test_the_name_of_the_model_is_the_servers_unless_it_is_none():
    assert read(model="gpt-5.5-2026").model == "gpt-5.5-2026"
    assert read(model="call 79161234567").model == "configured"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"choices": 3}', b"\xff", b"[" * 100_000])
def test_what_is_no_completion_says_so(body):
    with pytest.raises(GarbledCompletion):
        read_completion(body, "m", "")
