import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.grading.port import ChatAnswer, TokenChoice
from service.grading.probability import level_probability
from tests.service.grading.building import good_answer, three_dimensions

SCALES = {dimension.id: dimension.scale for dimension in three_dimensions().dimensions}


def answer(text, choices=None):
    """Return an answer whose tokens are words; `choices` gives (probability, alternatives) by position of
    the token among those that hold the text of its key.
    """
    tokens = []
    for word in re.findall(r'"level"|\w+|\W+?', text):
        p, others = (choices or {}).get(word, (1.0, ()))
        tokens.append(TokenChoice(word, math.log(p), tuple((t, math.log(q)) for t, q in others)))
    assert "".join(token.text for token in tokens) == text
    return ChatAnswer(text, "m", tokens=tuple(tokens))


def test_the_probability_is_that_of_the_token_which_writes_the_level():
    said = answer('{"dimensions": {"needs": {"level": 2}}}', {"2": (0.7, ())})
    assert level_probability(said, "needs", SCALES["needs"]) == 0.7
    said = answer('{"dimensions": {"needs": {"level": 2}}}', {"2": (0.6, [("3", 0.2), ("2", 0.6)])})
    assert level_probability(said, "needs", SCALES["needs"]) == 0.75


def test_a_level_in_the_thoughts_is_not_the_level():
    draft = '<think>{"needs": {"level": 3}}</think>'
    said = answer(draft + '{"dimensions": {"needs": {"level": 2}}}', {"3": (0.9, ()), "2": (0.4, ())})
    assert level_probability(said, "needs", SCALES["needs"]) == 0.4


def test_alternatives_that_begin_no_level_take_nothing_away():
    said = answer('{"dimensions": {"needs": {"level": 2}}}', {"2": (0.6, [("}", 0.3), ("no", 0.1)])})
    assert level_probability(said, "needs", SCALES["needs"]) == 1.0


def test_a_word_and_null_are_levels_too():
    said = answer('{"dimensions": {"mood": {"level": "yes"}}}', {"yes": (0.5, [("no", 0.5)])})
    assert level_probability(said, "mood", SCALES["mood"]) == 0.5
    said = answer('{"dimensions": {"mood": {"level": null}}}', {"null": (0.8, [("yes", 0.2)])})
    assert level_probability(said, "mood", SCALES["mood"]) == 0.8


def test_a_level_in_a_rationale_is_not_the_level():
    text = json.dumps({"dimensions": {"needs": {"rationale": '"level": 3', "level": 2}}})
    said = answer(text, {"2": (0.5, [("1", 0.5)]), "3": (0.9, [("1", 0.1)])})
    assert level_probability(said, "needs", SCALES["needs"]) == 0.5


@pytest.mark.parametrize(
    "text", ["", "{", '{"dimensions": {"needs": {}}}', '{"dimensions": {"needs": {"level"']
)
def test_what_cannot_be_found_has_no_probability(text):
    assert level_probability(answer(text), "needs", SCALES["needs"]) is None


def test_a_server_without_probabilities_gives_none():
    assert level_probability(ChatAnswer(good_answer(), "m"), "needs", SCALES["needs"]) is None


@given(st.text(max_size=200), st.lists(st.floats(max_value=0.5, allow_nan=False), max_size=3))
def test_whatever_a_server_sends_gives_a_share_or_nothing(noise, logprobs):
    text = f'{noise}{{"needs": {{"level": 2}}}}'
    tokens = tuple(TokenChoice(c, -1.0, tuple((str(n), p) for n, p in enumerate(logprobs))) for c in text)
    found = level_probability(ChatAnswer(text, "m", tokens=tokens), "needs", SCALES["needs"])
    assert found is None or 0 <= found <= 1
