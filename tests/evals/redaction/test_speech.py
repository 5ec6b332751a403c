from hypothesis import given
from hypothesis import strategies as st

from evals.redaction.example import Span
from evals.redaction.speech import as_recognized, lowered
from tests.evals.redaction.examples import example


def test_punctuation_becomes_one_space_and_nothing_at_the_start():
    assert lowered("«Hi», said O'Neil -- twice.")[0] == "hi said o neil twice "


def test_spans_go_where_their_text_went():
    text = "¡Mr. ANN  LEE! (555)-0100"
    spans = (Span(0, 5, 13, "PERSON"), Span(0, 15, 25, "PHONE"))
    changed = as_recognized(example(text, spans=spans))
    new = changed.conversation.turns[0].text
    assert new == "mr ann lee 555 0100"
    assert [new[span.start : span.end].strip() for span in changed.spans] == ["ann lee", "555 0100"]


def test_letters_that_grow_in_lower_case_move_what_follows():
    changed = as_recognized(example("İİ Ann", spans=(Span(0, 3, 6, "PERSON"),)))
    span = changed.spans[0]
    assert changed.conversation.turns[0].text[span.start : span.end] == "ann"


@given(st.text(max_size=40), st.data())
def test_a_span_keeps_its_letters_and_digits(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    new, places = lowered(text)
    kept = "".join(c for c in new[places[start] : places[end]] if c.isalnum())
    assert kept == "".join(c for c in text[start:end].lower() if c.isalnum()) or "Σ" in text
    assert len(places) == len(text) + 1
