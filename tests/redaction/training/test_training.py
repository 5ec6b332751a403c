"""Training: readers, variants, templates, and that fitting learns and repeats itself."""

import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np

from redaction.network import Architecture, Tagger
from redaction.training import corpora
from redaction.training.english import LABELS as ENGLISH_LABELS
from redaction.training.english import English
from redaction.training.examples import LABELS, Conversation, Word, label_characters, numbered
from redaction.training.fit import Plan, fit
from redaction.training.recipes import HERE
from redaction.training.templates import Templates
from redaction.training.variants import as_recognized, as_typed, renamed

TINY = Architecture(LABELS, embedding=8, width=12, dilations=(1, 2))


def spoken(text: str, label: str) -> Conversation:
    """Words; those in brackets carry the label."""
    return (tuple(Word(word.strip("[]"), label if word[0] == "[" else "O") for word in text.split()),)


def test_a_word_takes_the_label_of_the_span_it_begins_in() -> None:
    turn = label_characters("ask Ann Lee now", [(4, 11, "PERSON")])
    assert [word.label for word in turn] == ["O", "PERSON", "PERSON", "O"]


def test_conversations_are_parted_by_padding_that_is_not_learned() -> None:
    words, labels = numbered(spoken("hi [ann]", "PERSON"))
    assert words[:3] == ["hi", "ann", "\n"]
    assert labels[:3] == [0, LABELS.index("PERSON"), 0]
    assert set(labels[3:]) == {-1}


def test_multidogo_rows_become_conversations_in_the_order_of_their_turns(tmp_path: Path) -> None:
    rows = [
        {"conversation": "c1", "turn": 3, "text": "it is 41", "slots": ["O", "O", "account_number"]},
        {"conversation": "c1", "turn": 1, "text": "aino here", "slots": ["name", "O"]},
        {"conversation": "c1", "turn": 5, "text": "does not match", "slots": ["O"]},
    ]
    path = tmp_path / "multidogo_finance.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    (call,) = corpora.multidogo(tmp_path, "finance")
    assert [[word.text for word in turn] for turn in call] == [["aino", "here"], ["it", "is", "41"]]
    assert call[0][0].label == "PERSON"
    assert call[1][2].label == "ACCOUNT_NUMBER"


def test_a_corpus_that_is_not_there_gives_nothing(tmp_path: Path) -> None:
    assert corpora.multidogo(tmp_path, "airline") == []
    assert corpora.wnut(tmp_path) == corpora.coffee(tmp_path) == corpora.factrueval(tmp_path) == []


def test_recognized_speech_has_neither_capitals_nor_signs() -> None:
    (turn,) = as_recognized(spoken("Well, [Aino] !", "PERSON"))
    assert [word.text for word in turn] == ["well", "aino"]


def test_typed_text_has_capitals_where_names_are() -> None:
    rng = random.Random(3)
    turns = [as_typed(spoken("ask [aino] now", "PERSON"), rng)[0] for _ in range(50)]
    assert sum(turn[1].text in ("Aino", "AINO") for turn in turns) > 40


def test_renaming_keeps_labels_and_the_rest_of_the_words() -> None:
    changed = renamed(spoken("ask [aino] now", "PERSON"), 1.0, random.Random(1), lambda: "Zoe", lambda: "Zoe")
    assert [(word.text, word.label) for word in changed[0]] == [("ask", "O"), ("zoe", "PERSON"), ("now", "O")]


def test_templates_fill_their_slots_with_labelled_words() -> None:
    values = English(random.Random(5)).slots()
    templates = Templates(HERE / "templates_en.txt", values, ENGLISH_LABELS)
    turn = templates.fill("call {person} in {city} about {product}")
    assert {word.label for word in turn} == {"O", "PERSON", "LOCATION"}
    assert all(word.label == "O" for word in templates.remark(random.Random(2)))


def test_every_slot_of_the_templates_can_be_filled() -> None:
    templates = Templates(HERE / "templates_en.txt", English(random.Random(5)).slots(), ENGLISH_LABELS)
    assert all(templates.fill(line) for line in templates.lines)


def test_fitting_learns_and_the_same_seed_gives_the_same_weights() -> None:
    names = ["aino", "bela", "cato", "dara", "edda", "finn", "gero", "hale"]
    calls = [spoken(f"my name is [{name}] thanks", "PERSON") for name in names] * 20
    losses: list[float] = []

    def run() -> Tagger:
        return fit(
            lambda _: list(calls),
            TINY,
            Plan(epochs=4, rate=0.02, batch=100),
            lambda _, loss, __: losses.append(loss),
        )

    first, second = run(), run()
    assert losses[5] < losses[0] / 2
    words = ["my", "name", "is", "hale", "thanks"]
    assert np.array_equal(first.probabilities(words), second.probabilities(words))
    assert first.probabilities(words)[3].argmax() == LABELS.index("PERSON")


def test_the_command_writes_weights_that_can_be_loaded(tmp_path: Path) -> None:
    out = tmp_path / "weights" / "en.npz"
    options = ["--epochs", "1", "--invented", "20", "--out", str(out)]
    command = [sys.executable, "-m", "redaction.training", "en", str(tmp_path), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "epoch 1" in done.stderr
    assert Tagger.load(out).architecture.labels == LABELS


def test_the_command_says_so_when_the_folder_is_wrong(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "redaction.training", "en", str(tmp_path / "nowhere")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is no folder" in done.stderr


def test_without_its_libraries_the_command_says_how_to_install_them() -> None:
    run = "runpy.run_module('redaction.training', run_name='__main__')"
    code = f"import sys, runpy; sys.modules['faker'] = None; {run}"
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: faker is not installed; it comes with: pip install -e '.[training]'"
    ]
