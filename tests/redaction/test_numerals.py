"""Number words: what is one number, how many digits it has, and which numbers are told together."""

import pytest

from redaction.digit_runs import digit_runs, is_bridge
from redaction.numerals import numerals


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("six one seven", [1, 1, 1]),
        ("twenty five", [2]),
        ("twenty thirty", [2, 2]),
        ("two hundred and five", [3]),
        ("two thousand three hundred forty five", [4]),
        ("one hundred twenty three thousand four hundred fifty six", [6]),
        ("double seven triple oh", [2, 3]),
        ("three zeros", [3]),
        ("двадцать пять", [2]),
        ("девятьсот шестнадцать", [3]),
        ("триста двадцатью пятью", [3]),
        ("три ноля", [3]),
        ("девятьсот три ноля двенадцать", [6, 2]),  # 900 000 12
        ("幺三八零", [1, 1, 1, 1]),
        ("二十四", [2]),
        ("三百", [3]),
        ("十八万", [6]),
        ("三个零", [3]),
        ("4111 1111", [4, 4]),
        ("a 128gb iphone12", []),
    ],
)
def test_digits_are_counted(text: str, digits: list[int]) -> None:
    assert [numeral.digits for numeral in numerals(text)] == digits


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("it is six one um seven\nmhm\nfive five", ["six one um seven\nmhm\nfive five"]),
        ("six one seven\nwhat do you need it for\nfive five five", ["six one seven", "five five five"]),
        ("four one no sorry four two", ["four one no sorry four two"]),
        ("4111 dash 1111 and oh two", ["4111 dash 1111 and oh two"]),
        ("forty two dollars for five people", []),
        ("двадцать минут и триста рублей", []),
        ("三百块二十四个月", []),
        ("幺三八嗯零零\n好的\n四八", ["幺三八嗯零零\n好的\n四八"]),
        ("one moment please", []),
        ("等一下", []),
    ],
)
def test_numbers_that_are_told_together_are_one_run(text: str, runs: list[str]) -> None:
    assert [text[run.start : run.end] for run in digit_runs(text)] == runs


@pytest.mark.parametrize("text", ["mhm okay", "угу, да", "嗯，好的", "um... got it", "one moment please"])
def test_back_channels_say_nothing(text: str) -> None:
    assert is_bridge(text)


@pytest.mark.parametrize("text", ["no problem at all", "я не просил", "我没买东西", "hello", "7"])
def test_other_turns_say_something(text: str) -> None:
    assert not is_bridge(text)
