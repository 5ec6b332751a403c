"""Files of conversations: every suffix, standard input, bad lines, and memory that stays bounded."""

import io
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.errors import InvalidInput
from service.formats.files import read_conversations
from service.formats.registry import resolve
from service.formats.strict_json import MAX_LINE, json_lines, load_json

ONE = {"turns": [{"speaker": "agent", "text": "Hi"}]}
TEXT = "Agent: Hi\nCustomer: Hello"
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Agent>Hi"
SRT = "1\n00:00:01,000 --> 00:00:02,000\nAgent: Hi"


def read(name: str, content: str | bytes) -> list[tuple[int, Any]]:
    """Conversations as they are, errors as their sentences."""
    data = content.encode() if isinstance(content, str) else content
    return [
        (position, found.detail if isinstance(found, InvalidInput) else found)
        for position, found in read_conversations(name, data)
    ]


def detail(name: str, content: str | bytes) -> str:
    ((_, found),) = read(name, content)
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize("name", ["a.json", "A.JSON", "-", "a.conversation"])
def test_one_conversation_in_a_json_file_is_read(name: str) -> None:
    assert read(name, json.dumps(ONE, indent=2)) == [(0, ONE)]


@pytest.mark.parametrize("name", ["a.json", "-"])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_in_a_json_file_is_read(name: str, indent: int | None) -> None:
    assert read(name, json.dumps([ONE, ONE], indent=indent)) == [(0, ONE), (1, ONE)]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "-", "a"])
def test_json_lines_are_read_and_blank_lines_are_skipped(name: str) -> None:
    line = json.dumps(ONE)
    assert read(name, f"\ufeff{line}\r\n\n  \n{line}") == [(0, ONE), (1, ONE)]


@pytest.mark.parametrize(("name", "content"), [("a.txt", TEXT), ("a.vtt", VTT), ("a.srt", SRT)])
def test_a_transcript_is_read_by_its_suffix_and_by_its_content(name: str, content: str) -> None:
    by_suffix = read(name, content)
    assert by_suffix[0][1]["turns"][0]["text"] == "Hi"
    assert read("-", content) == by_suffix
    assert read("-", "\ufeff" + content.replace("\n", "\r\n")) == by_suffix


def test_text_that_begins_with_a_bracketed_time_is_no_json() -> None:
    assert read("-", "[00:00:01] Agent: Hi")[0][1]["turns"][0]["start_s"] == 0


def test_a_bad_line_is_reported_with_its_number_and_does_not_stop_the_rest() -> None:
    good = json.dumps(ONE)
    lines = [good, "", "{broken", "[1]", '{"a": NaN}', "\\xff", good]
    found = read("a.jsonl", "\n".join(lines))
    assert [position for position, _ in found] == list(range(6))
    assert found[0][1] == found[5][1] == ONE
    errors = [error for _, error in found[1:5]]
    assert [error.split(":")[0] for error in errors] == ["line 3", "line 4", "line 5", "line 6"]


def test_what_is_missing_at_the_end_of_a_line_is_missing_on_that_line() -> None:
    (_, error), _ = read("a.jsonl", '{"turns": [\n' + json.dumps(ONE))
    assert error.startswith("line 1: this is not JSON: ")
    assert error.endswith("(column 12)")


def test_a_bad_first_line_does_not_turn_json_lines_into_something_else() -> None:
    found = read("-", '{"a": oops}\n' + json.dumps(ONE))
    assert "line 1" in found[0][1]
    assert found[1] == (1, ONE)


def test_a_json_document_may_break_after_a_brace() -> None:
    assert read("-", '{"metadata": {"a": 1}\n, "turns": []}') == [(0, {"metadata": {"a": 1}, "turns": []})]


def test_a_line_that_is_not_utf_8_is_reported_with_its_number() -> None:
    found = read("a.jsonl", json.dumps(ONE).encode() + b'\n{"a": "\xff"}\n')
    assert "line 2: this is not UTF-8" in found[1][1]


@pytest.mark.parametrize("name", ["a.txt", "-"])
def test_a_transcript_in_another_encoding_is_told_to_be_saved_as_utf_8(name: str) -> None:
    assert "line 2" in detail(name, b"Agent: Hi\n" + "Клиент: Да".encode("cp1251"))


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused(literal: str) -> None:
    assert f"{literal} is no JSON number" in detail("a.json", f'{{"metrics": {{"wait_s": {literal}}}}}')


def test_numbers_that_overflow_are_refused() -> None:
    assert "too large" in detail("a.json", '{"a": 1e999}')
    assert detail("a.json", '{"a": ' + "9" * 10_000 + "}")


def test_of_a_repeated_key_the_last_counts() -> None:
    assert read("a.json", '{"a": 1, "a": 2}') == [(0, {"a": 2})]


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="nested too deeply"):
        load_json(text)


def test_json_lines_under_the_wrong_suffix_are_told_the_right_one() -> None:
    assert ".jsonl" in detail("a.json", f"{json.dumps(ONE)}\n{json.dumps(ONE)}")


@pytest.mark.parametrize("content", ["", "5", '"x"', "null"])
def test_a_json_file_without_an_object_is_refused(content: str) -> None:
    assert detail("a.json", content)


def test_an_empty_json_lines_file_holds_nothing() -> None:
    assert read("a.jsonl", "") == read("a.jsonl", "\n\n") == read("a.json", "[]") == []


def test_an_item_of_a_list_that_is_wrong_does_not_stop_the_rest() -> None:
    found = read("a.json", json.dumps([3, ONE, {"format": "text", "content": "Hm"}]))
    assert found[0][1].startswith("item 0: ")
    assert found[1] == (1, ONE)
    assert "item 2: line 1: nobody" in found[2][1]


def test_a_line_over_the_limit_is_reported_and_skipped() -> None:
    long = b'{"a": "' + b"x" * (2 * MAX_LINE) + b'"}'
    found = read("a.jsonl", b"\n".join([b'{"a": 1}', long, b'{"a": 2}']))
    assert [position for position, _ in found] == [0, 1, 2]
    assert "line 2: longer than" in found[1][1]
    assert found[2][1] == {"a": 2}


class Endless(io.RawIOBase):
    """A stream of JSON lines that never ends."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        line = b'{"a": 1}\n'
        buffer[: len(line)] = line
        return len(line)


@pytest.mark.parametrize("name", ["a.jsonl", "-"])
def test_json_lines_are_read_as_they_come(name: str) -> None:
    found: Iterator[Any] = read_conversations(name, io.BufferedReader(Endless()))
    assert [next(found) for _ in range(1_000)][-1] == (999, {"a": 1})


def test_json_lines_give_line_numbers() -> None:
    assert list(json_lines(io.BytesIO(b"\n1\n\n[2]\n"))) == [(2, 1), (4, [2])]


def test_a_conversation_with_turns_is_left_as_it_is() -> None:
    assert resolve(ONE) is ONE
    kept = {**ONE, "format": "text", "content": "x"}
    assert resolve(kept) is kept
    assert resolve({"a": 1}) == {"a": 1}


def test_content_is_resolved_and_all_other_keys_are_kept() -> None:
    given_data = {"format": "text", "content": TEXT, "external_id": "x", "channel": "chat", "campaign": 7}
    assert resolve(given_data) == {
        "external_id": "x",
        "channel": "chat",
        "campaign": 7,
        "turns": [{"speaker": "agent", "text": "Hi"}, {"speaker": "customer", "text": "Hello"}],
    }
    assert "content" in given_data


def test_speakers_and_the_agents_name_help_to_resolve() -> None:
    names = {"format": "text", "content": "Kim: Hi\nAnna: Hello"}
    by_speakers = resolve({**names, "speakers": {"Kim": "customer"}})
    by_agent = resolve({**names, "agent": {"id": "a-1", "name": "Anna"}})
    assert [turn["speaker"] for turn in by_speakers["turns"]] == ["customer", "agent"]
    assert [turn["speaker"] for turn in by_agent["turns"]] == ["customer", "agent"]
    assert by_agent["agent"] == {"id": "a-1", "name": "Anna"}
    assert "speakers" not in by_speakers


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"format": "text"}, "/content"),
        ({"content": "x"}, "/format"),
        ({"format": 5, "content": "x"}, "/format"),
        ({"format": "text", "content": ["x"]}, "/content"),
        ({"format": "docx", "content": "x"}, "/format"),
        ({"format": "text", "content": TEXT, "speakers": ["Kim"]}, "/speakers"),
        ({"format": "text", "content": TEXT, "speakers": {"Kim": "agnet"}}, "/speakers"),
        ({"format": "text", "content": TEXT, "speakers": {"Kim": ["agent"]}}, "/speakers"),
        ({"format": "text", "content": TEXT, "speakers": {"Bbo": "agent"}}, "/speakers"),
        ({"format": "text", "content": TEXT, "turns": []}, "/turns"),
        ({"format": "text", "content": TEXT, "turns": None}, "/turns"),
        ({"format": "text", "content": "Hm"}, "/content"),
        ({"format": "text", "content": "Kim: Hi", "agent": "Anna"}, "/content"),
    ],
)
def test_what_cannot_be_resolved_points_at_the_field(data: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve(data)
    assert [problem.pointer for problem in caught.value.problems] == [pointer]


@given(st.sampled_from(["a.json", "a.jsonl", "a.txt", "a.vtt", "a.srt", "-"]), st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    for position, found in read_conversations(name, data):
        assert position >= 0
        assert isinstance(found, dict | InvalidInput)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_resolve_takes_any_json_object(value: Any) -> None:
    with suppress(InvalidInput):
        resolve({"format": value, "content": value, "speakers": value, "agent": value})
