import math

import numpy as np
import pytest

from service.domain.evaluation import RedactedTurn
from service.grading.learned.ngrams import BLOCKS, MEASURES
from service.grading.learned.space import MAX_FEATURES, Space, read


def readings(*texts: str):
    return [read([RedactedTurn(speaker="agent", text=text)]) for text in texts]


def a_space(*texts: str, groups: list[str] | None = None) -> Space:
    return Space.of(readings(*texts), groups or [str(at) for at in range(len(texts))])


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
    vector = space.vector(*readings("hi hi you"))
    assert vector.weights[:3] == pytest.approx([common / length, rarer / length, rarer / length], abs=1e-6)


def test_every_block_has_length_one_and_figures_are_bounded():
    space = a_space(*["hello dear customer"] * 5)
    vector = space.vector(*readings("hello dear customer " * 500))
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
    vector = space.vector(*readings("привет"))
    assert len(vector.places) == len(MEASURES)
