import math

import numpy as np
import pytest

from service.domain.evaluation import RedactedTurn
from service.grading.learned.corpus import MAX_FEATURES, Corpus, View
from service.grading.learned.ngrams import BLOCKS, MEASURES
from service.grading.learned.space import Space


def said(text: str) -> list[RedactedTurn]:
    return [RedactedTurn(speaker="agent", text=text)]


def a_view(*texts: str, groups: list[str] | None = None) -> View:
    corpus = Corpus(map(said, texts), groups or [str(at) for at in range(len(texts))])
    return corpus.view(np.arange(len(texts)))


def a_space(*texts: str, groups: list[str] | None = None) -> Space:
    return a_view(*texts, groups=groups).space


def test_what_fewer_than_three_conversations_hold_is_not_kept():
    space = a_space("hello world", "hello there world", "hello you")
    assert space.ngrams["agent words"] == ("hello",)


def test_a_conversation_given_three_times_counts_once():
    space = a_space("secret", "secret", "secret", "hello", groups=["a", "a", "a", "b"])
    assert not any(space.ngrams.values())


def test_weights_are_those_of_the_formula():
    space = a_space("hi hi you", "hi you", "hi you", "hi")
    assert space.ngrams["agent words"] == ("hi", "hi you", "you")
    # n = 4; hi: df 4, tf 2; you and "hi you": df 3, tf 1.
    common = (1 + math.log(2)) * (1 + math.log(5 / 5))
    rarer = 1 + math.log(5 / 4)
    length = math.sqrt(common**2 + 2 * rarer**2)
    vector = space.vector(said("hi hi you"))
    assert vector.weights[:3] == pytest.approx([common / length, rarer / length, rarer / length], abs=1e-6)


def test_every_block_has_length_one_and_figures_are_bounded():
    space = a_space(*["hello dear customer"] * 5)
    vector = space.vector(said("hello dear customer " * 500))
    words = len(space.ngrams["agent words"])
    assert np.sum(vector.weights[:words] ** 2) == pytest.approx(1)
    assert np.abs(vector.weights[-len(MEASURES) :]).max() < 1


def test_the_vocabulary_is_bounded():
    rng = np.random.default_rng(0)
    text = " ".join("".join(rng.choice(list("abcdefghij"), 6)) for _ in range(1500))
    space = a_space(text, text, text)
    assert max(len(space.ngrams[block]) for block in BLOCKS) == MAX_FEATURES


def test_words_that_were_never_seen_leave_the_figures_alone():
    space = a_space("hello", "hello", "hello")
    vector = space.vector(said("привет"))
    assert len(vector.places) == len(MEASURES)


def test_a_vector_is_the_same_whether_counted_with_the_others_or_alone():
    texts = ["thank you so much", "thank you", "so thank you so so", "much <NAME_1> 12", "thank you so"]
    view = a_view(*texts)
    for text, vector in zip(texts, view.vectors(np.arange(5)), strict=True):
        alone = view.space.vector(said(text))
        assert alone.places.tolist() == vector.places.tolist()
        assert alone.weights.tolist() == vector.weights.tolist()


def test_a_part_of_a_corpus_has_a_vocabulary_of_its_own():
    corpus = Corpus(map(said, ["yes", "yes", "yes", "no", "no", "no"]), list("abcdef"))
    parts = [corpus.view(np.array(rows)) for rows in ([0, 1, 2, 3, 4], [2, 3, 4, 5])]
    assert [part.space.ngrams["agent words"] for part in parts] == [("yes",), ("no",)]
    assert len(parts[0].vectors(np.array([5]))[0].places) == len(MEASURES)
