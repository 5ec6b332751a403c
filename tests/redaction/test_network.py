"""The trained tagger: what it reads, what it gives back, and that its file holds all of it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redaction.network import WEIGHTS, Architecture, Tagger, feature_ids, runs, tokens_of

LABELS = ("O", "PERSON", "ADDRESS")
SMALL = Architecture(LABELS, embedding=4, width=6, dilations=(1, 2))


def texts(text: str) -> list[str]:
    return [token.text for token in tokens_of(text)]


def test_tokens_are_words_numbers_signs_and_ends_of_turns() -> None:
    assert texts("O'Neil, flat 12b\nйога") == ["O'Neil", ",", "flat", "12", "b", "\n", "йога"]


@given(st.text(max_size=200))
def test_tokens_stand_where_they_say(text: str) -> None:
    assert all(text[token.start : token.end] == token.text for token in tokens_of(text))


def test_numbers_of_the_same_length_are_the_same_word() -> None:
    ids = feature_ids(["4111", "9032", "411"])
    assert (ids[0] == ids[1]).all()
    assert (ids[0] != ids[2]).any()


def test_capitals_change_the_shape_and_nothing_else() -> None:
    lower, capital = feature_ids(["smith", "Smith"])
    assert [bool(same) for same in lower == capital] == [True, True, True, True, True, False]


def test_every_word_gets_probabilities_that_add_up_to_one() -> None:
    rows = Tagger(SMALL).probabilities(["my", "name", "is", "Aino"])
    assert rows.shape == (4, len(LABELS))
    assert np.allclose(rows.sum(axis=1), 1, atol=1e-5)


def test_no_words_give_no_rows() -> None:
    assert Tagger(SMALL).probabilities([]).shape == (0, len(LABELS))


def test_a_word_is_not_changed_by_words_beyond_the_reach() -> None:
    tagger = Tagger(SMALL)
    near = ["w"] * SMALL.reach
    here = len(near) + 1
    first = tagger.probabilities(["far", *near, "here", *near, "far"])
    second = tagger.probabilities(["other", *near, "here", *near, "other"])
    assert np.allclose(first[here], second[here], atol=1e-6)
    assert not np.allclose(first[1], second[1], atol=1e-6)


def test_a_saved_network_reads_as_before(tmp_path: Path) -> None:
    tagger, words = Tagger(SMALL), ["please", "ask", "for", "Aino", "at", "4", "Elm", "Street"]
    tagger.save(tmp_path / "small.npz")
    loaded = Tagger.load(tmp_path / "small.npz")
    assert loaded.architecture == SMALL
    assert np.allclose(loaded.probabilities(words), tagger.probabilities(words), atol=0.01)


def test_a_file_of_pickled_objects_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", architecture=np.array([{"labels": ["O"]}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        Tagger.load(tmp_path / "bad.npz")


def test_neighbours_of_one_label_are_one_finding_and_turns_part_them() -> None:
    tokens = tokens_of("ask Ann Lee\nLee here")
    rows = np.array([[1, 0, 0]] + 2 * [[0.1, 0.9, 0]] + [[0.1, 0.9, 0]] * 2 + [[1, 0, 0]], dtype="f")
    found = [(label, start, end) for label, start, end, _ in runs(tokens, rows, LABELS, 0.5)]
    assert found == [("PERSON", 1, 3), ("PERSON", 4, 5)]


def test_a_word_counts_when_its_personal_labels_together_reach_the_least() -> None:
    rows = np.array([[0.7, 0.16, 0.14]], dtype="f")
    assert [label for label, *_ in runs(tokens_of("Elm"), rows, LABELS, 0.25)] == ["PERSON"]
    assert not list(runs(tokens_of("Elm"), rows, LABELS, 0.35))


@pytest.mark.parametrize("path", sorted(WEIGHTS.glob("*.npz")), ids=lambda path: path.stem)
def test_shipped_weights_are_small(path: Path) -> None:
    assert path.stat().st_size < 12_000_000


@settings(deadline=None, max_examples=30)
@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert len(Tagger(SMALL).probabilities(texts(text))) == len(texts(text))
