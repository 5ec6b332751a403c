"""Letters as they are told: which stretches of letters, digits and short groups of both belong together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.spelling import spelled_runs


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("it's x as in x-ray four b for bravo nine", ["x as in x-ray four b for bravo nine"]),
        ("k five j two w seven", ["k five j two w seven"]),
        ("k n\nmhm\nfour two", ["k n\nmhm\nfour two"]),
        ("seven tango hotel kilo two", ["seven tango hotel kilo two"]),
        ("тэ как тамара семь эр как роман два", ["тэ как тамара семь эр как роман два"]),
        ("номер эс эр сто два", ["эс эр сто два"]),
        ("沪A八八幺二七", ["A八八幺二七"]),
        ("SF一四零三", ["SF一四零三"]),
        ("my number is kyf 176 thanks", ["kyf 176"]),
        ("the one that ends four two", []),
        ("i had a 5 star room on the 10 th", []),
        ("я и он в два раза", []),
    ],
)
def test_letters_that_are_told_together_are_one_run(text: str, runs: list[str]) -> None:
    found = [run for run in spelled_runs(text) if run.sure_letters]
    assert [text[run.start : run.end] for run in found] == runs


@given(
    st.lists(st.sampled_from(["k", "b as in boy", "HX", "kyf", "12", "four", "um", "a", "\n", "эль", "七"]))
)
def test_runs_are_in_order_and_inside_of_the_text(words: list[str]) -> None:
    text = " ".join(words)
    at = 0
    for run in spelled_runs(text):
        assert at <= run.start < run.end <= len(text)
        at = run.end
