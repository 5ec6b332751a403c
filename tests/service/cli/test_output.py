"""Tables for people: whatever the width, what they copy stays whole."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from service.cli.output import _widths, print_table

ID = "5f0c2f6a9d0b4f3f8e1c7a2b3d4e5f60"
COLUMNS = ("Id", "Event", "Evaluation", "Last error")
ROWS = [(ID, "evaluation.completed", ID[::-1], "the receiver answered 500")]


@pytest.fixture
def printed(capsys, monkeypatch):
    """Returns what a table looks like on a terminal of so many columns."""

    def call(width, columns=COLUMNS, rows=ROWS, title=None):
        monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
        monkeypatch.setenv("COLUMNS", str(width))
        print_table(columns, rows, title)
        return re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out)

    return call


@pytest.mark.parametrize("width", [20, 40, 80, 100, 110, 120, 200])
def test_ids_are_whole_at_any_width(printed, width):
    out = printed(width)
    assert ID in out
    assert ID[::-1] in out
    assert "evaluation.completed" in out


def test_a_wide_terminal_shows_a_table_and_a_narrow_one_a_block_for_each_row(printed):
    assert "┃" in printed(150)
    narrow = printed(80, rows=[*ROWS, (ID, "review.required", ID, None)], title="Two")
    assert narrow.splitlines() == [
        "Two",
        "",
        f"Id          {ID}",
        "Event       evaluation.completed",
        f"Evaluation  {ID[::-1]}",
        "Last error  the receiver answered 500",
        "",
        f"Id          {ID}",
        "Event       review.required",
        f"Evaluation  {ID}",
    ]


def test_prose_wraps_between_words_beside_a_whole_id(printed):
    lines = printed(80, ("Id", "Why"), [(ID, "one sentence that says why " * 5)]).splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert ID in lines[3]
    assert all(word in {"one", "sentence", "that", "says", "why"} for word in lines[4].split()[2:-1])


def test_chinese_may_wrap_anywhere(printed):
    lines = printed(80, ("Id", "Text"), [(ID, "坐席没有说明退款需要多久" * 9)]).splitlines()
    assert "┃" in lines[1]
    assert max(map(cell_len, lines)) <= 80


@given(
    st.lists(st.tuples(st.text("ab 坐\n", max_size=60), st.text("c d", max_size=60)), max_size=4),
    st.integers(30, 100),
)
def test_no_table_is_wider_than_its_terminal_and_no_word_is_broken(rows, width):
    columns = [("Left", *(row[0] for row in rows)), ("Right", *(row[1] for row in rows))]
    widths = _widths(columns, width)
    if widths is not None:
        assert sum(widths) + 3 * len(widths) + 1 <= width
        assert max(map(len, " ".join(columns[1]).split())) <= widths[1]
