import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.grading.folding import FoldedText, is_boundary, tears_word


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("Good MORNING, madam", "good morning", "Good MORNING"),
        ("one\n\t two\u2028three", "One two three", "one\n\t two\u2028three"),
        ("Ｆｕｌｌ width", "full WIDTH", "Ｆｕｌｌ width"),
        ("the oﬃce is shut", "office", "oﬃce"),
        ("le cafe\u0301 noir", "le café noir", "le cafe\u0301 noir"),
        ("le café noir", "le cafe\u0301 noir", "le café noir"),
        ("die STRASSE", "straße", "STRASSE"),
        ("Ёлка стоит", "ёлка", "Ёлка"),
        ("您好，请问有什么可以帮您？", "请问有什么", "请问有什么"),
        ("he said yes to it", "“said yes…”", "said yes"),
        ("well... maybe", "...well... maybe...", "well... maybe"),
        ('she said "no" to him', '"no" to him', '"no" to him'),
        ("\U0001f44d", "\U0001f44d", "\U0001f44d"),
    ],
)
def test_a_quote_is_found_whatever_its_case_width_and_white_space(text, quote, found):
    start, end = FoldedText(text).find(quote)
    assert text[start:end] == found


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Good morning", "Good evening"),
        ("no where", "nowhere"),
        ("nowhere", "no where"),
        ("anything", ""),
        ("anything", " \n\u3000 "),
        ("anything. And", "."),
        ("anything... And", "..."),
        ("I pay nothing", "I pay. nothing"),
        ("I pay the bill", "I pay the bill."),
        ("first half second half", "first … half"),
        ("", "x"),
    ],
)
def test_other_words_are_not_found(text, quote):
    assert FoldedText(text).find(quote) is None


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("cafe\u0301", "cafe"),  # between a letter and its accent
        ("oﬃce", "of"),  # inside a ligature
        ("oﬃce", "fice"),
        ("½ of it", "1"),  # inside a fraction, which folds to 1⁄2
        ("\U0001f468\u200d\U0001f469", "\U0001f468"),  # inside a joined emoji
    ],
)
def test_a_match_never_cuts_a_character(text, quote):
    assert FoldedText(text).find(quote) is None


def test_a_later_whole_match_is_taken_where_the_first_would_cut():
    text = "cafe\u0301 or cafe"
    assert FoldedText(text).find("cafe") == (9, 13)


_TEXT = st.text(
    alphabet=st.sampled_from('aAbeſßﬃ½ \n\u2028\u0301\u200d.…"„é¨ˊИи̇İ中𝒜\U0001f44d'), max_size=60
) | st.text(max_size=60)


@given(_TEXT, _TEXT)
@example("ﬀ" * 40, "f" * 39)
def test_what_is_found_is_a_whole_part_of_the_text_that_folds_like_the_quote(text, quote):
    span = FoldedText(text).find(quote)
    if span is not None:
        start, end = span
        assert 0 <= start < end <= len(text)
        assert is_boundary(text, start)
        assert is_boundary(text, end)
        assert FoldedText(text[start:end]).find(quote) == (0, end - start)


@given(_TEXT, st.data())
def test_every_part_of_a_text_that_says_something_is_found_in_it(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    part = text[start:end]
    whole = all(is_boundary(text, at) and not tears_word(text, at) for at in (start, end))
    if any(c.isalnum() for c in part) and whole:
        assert FoldedText(text).find(part) is not None


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("That is impossible.", "possible", False),
        ("an unhappy customer", "happy customer", False),
        ("I cannot refund it", "not refund", False),
        ("это невозможно", "возможно", False),
        ("это невозможно", "Невозможно", True),
        ("我们不可能退款", "可能退款", True),
        ("don't worry", "don't", True),
        ("order 12345", "1234", False),
    ],
)
def test_a_part_of_a_word_is_not_what_was_said(text, quote, found):
    assert (FoldedText(text).find(quote) is not None) is found


@given(st.text(alphabet="abc ", max_size=40))
def test_an_invented_quote_is_never_found(text):
    assert FoldedText(text).find(text + " x") is None
    assert FoldedText(text).find("xyz") is None


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("ﬀ" * 250_000, "f" * 9_999),
        ("a" * 500_000, "a" * 5_000 + "b"),
        ("a\u0301" * 250_000, "a"),
        ("ab " * 160_000, '"...' * 50_000),
        (" " * 500_000, " " * 500_000),
    ],
)
def test_hostile_text_costs_linear_time(text, quote):
    started = time.perf_counter()
    assert FoldedText(text).find(quote) is None
    assert time.perf_counter() - started < 15


@given(st.text(st.characters(max_codepoint=127)))
@example("A\x1cB  c\t d")
def test_plain_english_is_folded_like_any_other_text(text):
    # A letter that is not ASCII takes the long way.
    long_way = FoldedText(text + "\u00e9")
    assert FoldedText(text).folded + "e\u0301" == long_way.folded
    for start, end in ((0, 5), (3, 9)):
        if text[start:end].strip():
            assert FoldedText(text).find(text[start:end]) == FoldedText(text + " \u00e9").find(
                text[start:end]
            )
