import json

import pytest

from benchmarks import redaction_corpora
from benchmarks.redaction_corpora import MISALIGNED, PERSONAL_SLOTS, read_multidogo, slot_spans
from evals.redaction.example import Span

# Invented, in the shapes of the public corpora.
TURNS = [
    {"conversation": "c1", "turn": 0, "text": "hello there", "slots": ["O", "O"]},
    {"conversation": "c1", "turn": 2, "text": "ann lee here", "slots": ["name", "name", "O"]},
    {"conversation": "c2", "turn": 0, "text": "to rome please", "slots": ["O", "arrival_city", "O"]},
    {"conversation": "c1", "turn": 4, "text": "my mail is a@example.com", "slots": [*"OOO", "email_address"]},
    {"conversation": "c2", "turn": 1, "text": "a b", "slots": ["O"]},
]
MADE = [
    {
        "full_text": "Write to a.b@example.com at Acme",
        "spans": [
            {"entity_type": "EMAIL_ADDRESS", "start_position": 9, "end_position": 24},
            {"entity_type": "ORGANIZATION", "start_position": 28, "end_position": 32},
        ],
    }
]
NEWS = [
    {
        "id": "n1",
        "text": "Приехал Иван Петров. Москва рада.",
        "entities": [{"type": "Person", "start": 8, "end": 19}, {"type": "Location", "start": 21, "end": 27}],
    }
]
COFFEE = [
    {"id": name, "turns": [{"speaker": "customer", "text": "A small latte"}]} for name in ("o1", "o2", "o3")
]


def test_neighbouring_tokens_of_one_slot_are_one_span():
    line = {"text": "im ann lee  rome 12", "slots": ["O", "name", "name", "O", "city", "name"]}
    assert [(span.start, span.end, span.type) for span in slot_spans(3, line)] == [
        (3, 10, "name"),
        (12, 16, "city"),
        (17, 19, "name"),
    ]


def test_a_turn_whose_labels_do_not_fit_is_left_out_of_the_count():
    assert list(slot_spans(0, {"text": "a b", "slots": ["O"]})) == [Span(0, 0, 3, MISALIGNED)]


@pytest.fixture
def folder(tmp_path):
    files = {
        "multidogo_airline.jsonl": TURNS,
        "factrueval_dev.jsonl": NEWS,
        "taskmaster4_coffee_negatives.jsonl": COFFEE,
    }
    for name, rows in files.items():
        (tmp_path / name).write_text("\n".join(json.dumps(row) for row in rows))
    (tmp_path / "presidio_research_generated_large.json").write_text(json.dumps(MADE))
    return tmp_path


def test_slots_are_personal_data_or_neither(folder):
    path = folder / "multidogo_airline.jsonl"
    first, second = read_multidogo(path, frozenset(PERSONAL_SLOTS), others_are_false=False)
    assert [turn.text for turn in first.conversation.turns] == [
        TURNS[0]["text"],
        TURNS[1]["text"],
        TURNS[3]["text"],
    ]
    assert first.spans == (Span(1, 0, 7, "name"), Span(2, 11, 24, "email_address"))
    assert second.spans == ()
    assert {span.type for span in second.neutral} == {"arrival_city", MISALIGNED}
    _, second = read_multidogo(path, frozenset(PERSONAL_SLOTS), others_are_false=True)
    assert {span.type for span in second.neutral} == {MISALIGNED}


def test_every_corpus_in_the_folder_is_measured_and_the_others_are_named(folder, capfd):
    redaction_corpora.main([str(folder), "--processes", "0", "--format", "json"])
    out, err = capfd.readouterr()
    reports = {report["set"]: report["groups"][0] for report in map(json.loads, out.splitlines())}
    assert set(reports) == {
        "MultiDoGO airline",
        "presidio-research",
        "presidio-research --lower",
        "factRuEval PERSON",
        "factRuEval PERSON --lower",
        "coffee orders",
        "coffee orders, unseen half",
    }
    assert reports["coffee orders"]["conversations"] == 3
    assert reports["coffee orders, unseen half"]["conversations"] == 1
    assert "MultiDoGO finance: there is no" in err
    spans = {
        name: {row["type"]: row["spans"] for row in report["types"] if row["spans"]}
        for name, report in reports.items()
    }
    assert spans["MultiDoGO airline"] == {"ANY": 2, "name": 1, "email_address": 1}
    assert spans["presidio-research"] == {"ANY": 1, "EMAIL_ADDRESS": 1}
    assert spans["factRuEval PERSON"] == {"ANY": 1, "PERSON": 1}
    assert spans["coffee orders"] == {}


def test_a_table_stands_the_rates_beside_the_marks(folder, capfd):
    which = ["--sets", "MultiDoGO", "coffee", "--sample", "1", "--types"]
    redaction_corpora.main([str(folder), "--processes", "0", *which])
    out = capfd.readouterr().out
    assert "recall ≥ 0.95:" in out
    assert "false ≤ 10:" in out
    assert "en: 1 conversations" in out


def test_what_the_weights_were_fitted_to_is_said(folder, capfd):
    redaction_corpora.main([str(folder), "--processes", "0", "--sets", "coffee"])
    assert "Trained on: the shipped weights were fitted to coffee orders.\n" in capfd.readouterr().out
    redaction_corpora.main([str(folder), "--processes", "0", "--sets", "unseen", "presidio"])
    assert "Trained on" not in capfd.readouterr().out
