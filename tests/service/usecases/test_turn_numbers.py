import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.usecases.turn_numbers import HiddenTurnNumbers


def hidden(text, turns=30):
    return HiddenTurnNumbers([text], turns).texts[0]


@pytest.mark.parametrize(
    "text",
    [
        "It asks in turns 12, 14, 16 and 18.",
        "See [12], [14], [16], [18].",
        "См. реплики 12, 14, 16 и 18.",
        "见第12、14、16、18轮。",
    ],
)
def test_a_list_of_turns_is_hidden_and_comes_back(text):
    hiding = HiddenTurnNumbers([text], 30)
    assert "14" not in hiding.texts[0]
    assert hiding.shown(hiding.texts[0]) == text


@pytest.mark.parametrize(
    "text",
    [
        "The card is 41 11 11 11 11 11 11 11.",
        "In turns 41 11 11 11 11 11.",
        "In turns 12, 14, 16 and 99.",
        "Call 12 34 56 78.",
        "In turns 12, 14; <TURNS_1>",
    ],
)
def test_anything_else_stays_for_redaction_to_see(text):
    assert hidden(text) == text


@given(st.lists(st.text(alphabet="[]0123456789, turns<TURNS_1>第и"), max_size=4))
def test_whatever_the_texts_nothing_is_lost(texts):
    hiding = HiddenTurnNumbers(texts, 50)
    assert [hiding.shown(text) for text in hiding.texts] == texts


@pytest.mark.parametrize(
    "piece", [" ", "1 ", "turns 1 ", "turns 1 2 ", "[1] ", "turns ", "[", "22222 ", "and", "第1"]
)
def test_a_hostile_text_takes_no_time(piece):
    text = "turns 1" + piece * (200_000 // len(piece)) + "x"
    started = time.perf_counter()
    hiding = HiddenTurnNumbers([text], 100)
    assert hiding.shown(hiding.texts[0]) == text
    assert time.perf_counter() - started < 20
