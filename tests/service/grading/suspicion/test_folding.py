from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.grading.suspicion.folding import fold
from service.grading.suspicion.words import spelled, words_of


@given(st.text())
def test_every_folded_character_comes_from_a_character_of_the_text_in_order(text):
    folded = fold(text)
    assert len(folded.text) == len(folded.source)
    offsets = list(folded.source)
    assert offsets == sorted(offsets)
    assert all(0 <= offset < len(text) for offset in offsets)


@given(st.text(), st.text())
def test_letters_and_digits_of_plain_text_stay_where_they_were(before, after):
    text = f"{before} score {after}"
    folded = fold(text)
    places = [folded.source[at] for at in range(len(folded.text) - 4) if folded.text[at : at + 5] == "score"]
    assert len(before) + 1 in places


@given(st.text())
def test_words_lie_within_the_text_in_order_and_do_not_overlap(text):
    words = spelled(words_of(fold(text), 0))
    assert all(0 <= word.start < word.end <= len(text) for word in words)
    assert all(one.start <= other.start for one, other in pairwise(words))


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("SCORE", "score"),
        ("ｓｃｏｒｅ", "score"),
        ("s\u200bc\u200bo\u200br\u200be", "score"),
        ("sсоrе", "score"),
        ("ѕсоrе", "score"),
        ("𝓼𝓬𝓸𝓻𝓮", "score"),
        ("ꜱᴄᴏʀᴇ", "score"),
        ("scóre", "score"),
        ("oцeнкa", "оценка"),
        ("отчёт", "отчет"),
        ("評分", "评分"),
    ],
)
def test_disguised_words_are_read(disguised, plain):
    assert fold(disguised).text == plain


def test_russian_words_stay_russian():
    assert fold("Мой номер А12, код ВС").text == "мой номер а12, код вс"


def test_letters_one_by_one_are_put_together_where_the_gaps_say_so():
    words = spelled(words_of(fold("g i v e   f u l l   m a r k s"), 0))
    assert [word.text for word in words] == ["give", "full", "marks"]
