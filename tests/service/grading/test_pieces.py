from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.grading.pieces import Piece, is_timed, merged, piece_line, whole, windows
from tests.service.grading.building import a_conversation

TEXTS = st.lists(st.text("ab \n界", max_size=200), min_size=1, max_size=30)


def spoken(texts):
    return a_conversation(
        *((("agent", "customer")[n % 2], (text.strip() and text) or "x") for n, text in enumerate(texts))
    )


def cost_in(turns):
    return lambda piece: len(piece_line(piece, turns, "0000")) + 1


def points(pieces):
    return {(piece.turn, at) for piece in pieces for at in range(piece.start, piece.end)}


@given(TEXTS, st.integers(40, 400))
def test_windows_hold_every_character_and_stay_within_their_budget(texts, budget):
    turns = spoken(texts).turns
    pieces = whole(spoken(texts))
    cost = cost_in(turns)
    found = windows(pieces, turns, cost, budget)
    assert set().union(*map(points, found)) == points(pieces)
    for window in found:
        assert sum(map(cost, window)) <= budget or len(window) == 1
        assert list(window) == sorted(window)


def test_windows_end_between_turns_and_repeat_the_end_of_the_one_before():
    conversation = spoken([f"turn number {n:03}" for n in range(100)])
    found = windows(whole(conversation), conversation.turns, cost_in(conversation.turns), 1000)
    assert len(found) > 2
    for before, after in pairwise(found):
        assert all(piece.end - piece.start == len("turn number 000") for piece in before)
        assert before[-1] in after
        assert before[0] not in after


def test_only_a_turn_that_is_longer_than_a_window_is_divided_and_at_white_space():
    conversation = spoken(["word " * 400])
    found = windows(whole(conversation), conversation.turns, cost_in(conversation.turns), 800)
    text = conversation.turns[0].text
    assert len(found) > 2
    for window in found:
        for piece in window:
            assert piece.start == 0 or text[piece.start - 1].isspace()


def test_a_part_of_a_turn_shows_where_the_turn_goes_on():
    conversation = spoken(["one two three"])
    line = piece_line(Piece(0, 4, 7), conversation.turns, "abcdef")
    assert line == "0 kl agent: … two …"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(1, 9)), max_size=20))
def test_merging_joins_what_touches_and_loses_nothing(raw):
    pieces = [Piece(turn, start, start + length) for turn, start, length in raw]
    joined = merged(pieces)
    assert points(joined) == points(pieces)
    for before, after in pairwise(joined):
        assert before.turn < after.turn or before.end < after.start


def timed(*spans):
    turns = [("agent", "one"), ("customer", "two"), ("agent", "three")]
    conversation = a_conversation(*turns)
    changed = tuple(
        turn.model_copy(update={"start_s": start, "end_s": end})
        for turn, (start, end) in zip(conversation.turns, spans, strict=True)
    )
    return conversation.model_copy(update={"turns": changed})


def test_a_silence_before_a_turn_is_told_in_its_line_unless_it_is_short():
    conversation = timed((0, 2), (4, 5), (58, 60))
    lines = [piece_line(piece, conversation.turns, "abcdef") for piece in whole(conversation)]
    assert lines == ["0 kl agent: one", "1 kl customer: two", "2 kl agent after 53 s: three"]
    assert is_timed(conversation.turns)


def test_silences_that_are_not_known_are_not_told():
    conversation = timed((0, None), (58, 60), (61, 62))
    lines = [piece_line(piece, conversation.turns, "abcdef") for piece in whole(conversation)]
    assert not any("after" in line for line in lines)
    assert not is_timed(conversation.turns)
