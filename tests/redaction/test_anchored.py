"""Expressions that are tried only where words begin find what they find when tried everywhere."""

from itertools import pairwise

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from redaction.anchored import Anchored, lines_at, word_starts
from redaction.beginnings import beginnings

EXPRESSIONS = (
    r"(?<!\w)(?:my (?:full )?name(?:'s| is)|i(?:'m| am)|e-?mail|ul\.?) (?=\p{L})",
    r"(?<!\w)(?:сч[её]т\w*|код\w? из|на) ",
    r"(?<![\p{Latin}\p{Cyrillic}])(?:(?P<pin>pin)|(?P<kod>код))(?![\p{Latin}\p{Cyrillic}])",
    r"(?<!\w)(?:born|birth ?day)(?!\w)|出生|[生年]日",
    r"(?<!\w)(?P<value>m+y|na+me)\b",
)
PARTS = ("my", "full", "name's", "name is", "i'm", "e-mail", "email", "ul.", "счёт", "счета", "код из", "на")
WORDS = (
    *PARTS,
    "pin",
    "код",
    "born",
    "birthday",
    "出生",
    "年日",
    "naame",
    "mmy",
    "x",
    "5",
    "-",
    "\n",
    " ",
    "ß",
)
TEXTS = st.lists(st.sampled_from((*WORDS, " ", " ", "MY ", "Счёт ")), max_size=30).map("".join)


@given(TEXTS, st.sampled_from(EXPRESSIONS), st.integers(0, 20))
def test_an_anchored_expression_finds_what_the_expression_finds(
    text: str, expression: str, start: int
) -> None:
    plain = regex.compile(expression, regex.IGNORECASE)
    expected = [match.span() for match in plain.finditer(text, start)]
    assert [match.span() for match in Anchored(expression).finditer(text, start)] == expected


@pytest.mark.parametrize(
    "expression", ["name is", r"(?<!\w)\d+", r"(?<!\w)\w+", r"(?<!\w)(?:a|)b?", r"(?<!\w)[a-z]x"]
)
def test_an_expression_that_may_begin_anywhere_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="begins with other"):
        beginnings(expression)


def test_only_the_first_letters_of_a_word_count() -> None:
    found = {(way.letters, way.goes_on) for way in beginnings(r"(?<!\w)(?:address|at (?:home|work)|на\w*)")}
    assert found == {("add", False), ("at", False), ("на", True)}


def test_words_are_found_in_any_case_and_in_order() -> None:
    assert word_starts("At home, at WORK").of(frozenset({"at", "work"})) == [0, 9, 12]


@given(st.text("ab\n", max_size=40), st.sets(st.integers(0, 39)))
def test_lines_are_given_once_and_hold_every_place(text: str, places: set[int]) -> None:
    inside = sorted(place for place in places if place < len(text))
    lines = list(lines_at(text, inside))
    assert lines == sorted(lines)
    assert all(any(start <= place <= end for start, end in lines) for place in inside)
    assert all(end < start for (_, end), (start, _) in pairwise(lines))
