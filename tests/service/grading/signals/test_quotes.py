from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.transcript import RedactedConversation
from service.grading.signals.quotes import (
    MAX_QUOTES,
    QUOTE_LENGTH,
    in_context,
    quote_beginning,
    quote_end,
    telling,
)
from service.grading.signals.registry import SIGNALS
from service.grading.signals.speech import Spoken, quote


def context(text, phrase):
    start = text.index(phrase)
    begin, end = in_context(text, start, start + len(phrase))
    return text[begin:end]


@pytest.mark.parametrize(
    ("text", "phrase", "expected"),
    [
        ("good morning my name is <PERSON_1>", "my name is", "good morning my name is <PERSON_1>"),
        ("Yes. Good morning, my name is Ann! Bye.", "my name is", "Good morning, my name is Ann!"),
        ("It costs 4.5 pounds, sorry. Bye.", "sorry", "It costs 4.5 pounds, sorry."),
        ("Is it?? Sorry", "Is it??", "Is it??"),
        ("您好，我是<PERSON_1>。请讲", "我是", "您好，我是<PERSON_1>。"),
        ("Добрый день! Меня зовут Анна…", "Меня зовут", "Меня зовут Анна…"),
        ("  sorry  ", "sorry", "sorry"),
    ],
)
def test_a_phrase_is_quoted_in_its_sentence(text, phrase, expected):
    assert context(text, phrase) == expected


def test_a_long_sentence_is_quoted_from_the_beginning_of_a_near_clause_in_whole_words():
    text = "word " * 30 + "again, and my name is Ann from the billing team " + "so there " * 30
    assert context(text, "my name is").startswith("and my name is Ann from the billing team so there")
    assert context(text, "my name is").endswith(("so", "there"))


def test_a_long_sentence_without_a_clause_is_quoted_with_some_words_before():
    quoted = context("abcdefg " * 50 + "my name is Ann " + "abcdefg " * 50, "my name is")
    assert quoted.startswith("abcdefg abcdefg ")
    assert quoted.endswith(" abcdefg")
    assert 100 < len(quoted) <= QUOTE_LENGTH


def test_a_beginning_ends_in_a_whole_word(say):
    conversation = say("a: " + "abcdefg " * 50)
    assert quote_beginning(Spoken(0, conversation.turns[0])).quote == ("abcdefg " * 15).strip()


def test_an_end_begins_with_a_whole_word():
    text = "abcdefg " * 50 + "ok?"
    start, end = quote_end(text)
    assert text[start:end] == "abcdefg " * 14 + "ok?"


def test_phrases_of_one_sentence_are_one_quote(say):
    finding = SIGNALS["closing"](say("a: Hello", "a: Thank you for calling, have a nice day, goodbye!"))
    assert [piece.quote for piece in finding.evidence] == ["Thank you for calling, have a nice day, goodbye!"]


texts = st.text(alphabet=st.sampled_from("ab我。,.!?<>_ \n1'é…"), max_size=400)


@given(texts, st.data())
def test_a_quote_contains_its_phrase_and_is_short_and_cuts_no_word(text, data):
    start = data.draw(st.integers(0, max(0, len(text) - 1)))
    end = data.draw(st.integers(min(start + 1, len(text)), min(len(text), start + 60)))
    if not text[start:end].strip():
        return
    start, end = (
        start + len(text[start:end]) - len(text[start:end].lstrip()),
        start + len(text[start:end].rstrip()),
    )
    begin, stop = in_context(text, start, end)
    assert 0 <= begin <= start < end <= stop <= len(text)
    assert stop - begin <= QUOTE_LENGTH
    assert begin == start or _is_edge(text, begin)
    assert stop == end or _is_edge(text, stop)


def _is_edge(text, at):
    inside = [character.isalnum() and character < "\u3400" for character in text[max(0, at - 1) : at + 1]]
    return at in (0, len(text)) or not all(inside)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 20)), max_size=20), texts)
def test_quotes_are_few_and_do_not_overlap(say_spans, text):
    text = "x" + text
    conversation = RedactedConversation.model_validate(
        {"language": "en", "turns": [{"speaker": "agent", "text": text}]}
    )
    spoken = Spoken(0, conversation.turns[0])
    spans = sorted((s, min(s + n, len(text))) for s, n in say_spans if s < len(text))
    quotes = telling(conversation, [quote(spoken, s, e) for s, e in spans if text[s:e].strip() == text[s:e]])
    assert len(quotes) <= MAX_QUOTES
    assert all(a.end <= b.start for a, b in pairwise(quotes))
    assert all(text[q.start : q.end] == q.quote for q in quotes)
