import io
import json
import sys

import pytest

from evals.redaction.dataset import read_dataset
from evals.redaction.example import Span
from service.domain.errors import InvalidInput

PRESIDIO = {
    "full_text": "I am Ann, from Paris",
    "masked": "I am {{name}}, from {{city}}",
    "spans": [
        {"entity_type": "PERSON", "entity_value": "Ann", "start_position": 5, "end_position": 8},
        {"entity_type": "GPE", "entity_value": "Paris", "start_position": 15, "end_position": 20},
    ],
    "template_id": 3,
    "metadata": None,
}
OURS = {
    "conversation": {
        "external_id": "call-1",
        "language": "ru",
        "turns": [{"speaker": "agent", "text": "Имя?"}, {"speaker": "customer", "text": "Анна"}],
    },
    "entities": [{"turn": 1, "start": 0, "end": 4, "type": "PERSON", "placeholder": "<PERSON_1>"}],
}


@pytest.fixture
def read(tmp_path):
    def written_and_read(text, name="set.json", language=None):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return list(read_dataset([str(path)], language))

    return written_and_read


def only(records):
    assert len(records) == 1
    return records[0]


def problems(record):
    assert isinstance(record.example, InvalidInput), record
    return [(problem.pointer, problem.detail) for problem in record.example.problems]


@pytest.mark.parametrize("name", ["set.json", "set.jsonl", "set"])
@pytest.mark.parametrize("record", [PRESIDIO, OURS], ids=["presidio", "ours"])
@pytest.mark.parametrize(
    "write",
    [
        lambda record: json.dumps([record, record]),
        lambda record: json.dumps([record, record], indent=4, ensure_ascii=False),
        lambda record: f"{json.dumps(record)}\n{json.dumps(record)}\n",
        lambda record: f"\ufeff\n\n{json.dumps(record)}\n\n{json.dumps(record, ensure_ascii=False)}",
    ],
    ids=["list", "indented list", "lines", "lines with blank ones and a mark"],
)
def test_what_a_file_is_called_and_how_it_is_laid_out_does_not_matter(read, name, record, write):
    first, second = read(write(record), name)
    assert first.example.spans == second.example.spans != ()
    assert first.where != second.where


def test_a_record_of_presidio_is_a_conversation_of_one_turn(read):
    example = only(read(json.dumps([PRESIDIO]))).example
    assert [turn.text for turn in example.conversation.turns] == ["I am Ann, from Paris"]
    assert example.spans == (Span(0, 5, 8, "PERSON"), Span(0, 15, 20, "GPE"))
    assert example.conversation.language is None


def test_a_record_of_ours_is_the_conversation_that_it_holds(read):
    example = only(read(json.dumps(OURS, indent=2))).example
    assert (example.conversation.external_id, example.conversation.language) == ("call-1", "ru")
    assert example.spans == (Span(1, 0, 4, "PERSON"),)


def test_a_language_that_is_given_wins_over_their_own(read):
    assert only(read(json.dumps(OURS), language="en")).example.conversation.language == "en"


def test_both_formats_may_stand_in_one_file_and_in_several(read, tmp_path):
    read(json.dumps(OURS), "a.json")
    read(f"{json.dumps(OURS)}\n{json.dumps(PRESIDIO)}", "b.jsonl")
    records = list(read_dataset([str(tmp_path / "a.json"), str(tmp_path / "b.jsonl")]))
    assert [len(record.example.spans) for record in records] == [1, 1, 2]


def test_standard_input_is_told_by_its_content(monkeypatch):
    for text in (json.dumps([PRESIDIO]), json.dumps(PRESIDIO), json.dumps(OURS, indent=1)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert only(list(read_dataset(["-"]))).example.spans


@pytest.mark.parametrize(
    ("change", "pointer", "said"),
    [
        ({"spans": [{"entity_type": "X", "start_position": 5}]}, "/spans/0/end_position", "required"),
        ({"spans": [PRESIDIO["spans"][0] | {"start_position": -1}]}, "/spans/0/start_position", "greater"),
        ({"spans": [PRESIDIO["spans"][0] | {"end_position": 5}]}, "/spans/0/end_position", "where it starts"),
        ({"spans": [PRESIDIO["spans"][0] | {"end_position": 99}]}, "/spans/0/end_position", "20 code points"),
        ({"spans": [PRESIDIO["spans"][0] | {"start_position": 4}]}, "/spans/0/entity_value", "not the text"),
        ({"spans": [PRESIDIO["spans"][0] | {"entity_type": "ANY"}]}, "/spans/0/entity_type", "all types"),
        ({"spans": None}, "/spans", "a list"),
        ({"full_text": " "}, "/full_text", "match"),
    ],
)
def test_a_bad_record_of_presidio_names_its_item_and_field_and_no_text(read, change, pointer, said):
    good, bad = read(json.dumps([PRESIDIO, PRESIDIO | change]))
    assert good.example.spans
    assert bad.where.endswith("set.json, item 1")
    [(where, detail)] = problems(bad)
    assert where == pointer
    assert said in detail
    assert "Ann" not in str(bad.example)


@pytest.mark.parametrize(
    ("change", "pointer", "said"),
    [
        ({"entities": [OURS["entities"][0] | {"turn": 2}]}, "/entities/0/turn", "turns are 0 to 1"),
        ({"entities": [OURS["entities"][0] | {"end": 5}]}, "/entities/0/end", "4 code points"),
        ({"entities": [OURS["entities"][0] | {"start": "0"}]}, "/entities/0/start", "integer"),
        ({"entities": [OURS["entities"][0] | {"type": ""}]}, "/entities/0/type", "at least 1"),
        ({"conversation": {"turns": []}}, "/conversation/turns", "at least 1"),
        ({"entities": None}, "/entities", "a list"),
    ],
)
def test_a_bad_record_of_ours_names_its_line_and_field(read, change, pointer, said):
    good, bad = read(f"{json.dumps(OURS)}\n{json.dumps(OURS | change)}\n", "set.jsonl")
    assert good.example.spans
    assert bad.where.endswith("set.jsonl, line 2")
    [(where, detail)] = problems(bad)
    assert where == pointer
    assert said in detail


def test_a_line_that_is_no_json_is_named_and_does_not_stop_the_rest(read):
    bad, good = read(f'{{"full_text": \n{json.dumps(PRESIDIO)}\n', "set.jsonl")
    assert "line 1: this is not JSON" in str(bad.example)
    assert good.example.spans


@pytest.mark.parametrize("text", ["[1", "", "7", '"x"', '{"a": 1}', "[[1]]", '[{"text": "x"}]', b"[\xff]"])
def test_what_is_no_labelled_set_is_an_error(read, text):
    records = read(text)
    assert all(isinstance(record.example, InvalidInput) for record in records)
    assert records or text == ""


def test_a_record_of_neither_format_says_what_is_wanted(read):
    [(pointer, detail)] = problems(only(read('[{"text": "x"}]')))
    assert pointer == ""
    assert "full_text and spans, or conversation and entities" in detail


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    record = only(list(read_dataset([str(tmp_path / "nothing.json")])))
    assert "No such file" in str(record.example)
