import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.label import ConversationLabel
from service.domain.label_import import RowProblem
from service.formats.label_fields import Defaults, GivenLabel
from service.formats.labels import read_items, read_labels
from service.formats.labels_csv import EmptyRow, Note


def read(text, **defaults):
    source = text.encode() if isinstance(text, str) else text
    return list(read_labels(source, Defaults(**defaults)))


def labels(text, **defaults):
    found = read(text, **defaults)
    assert all(isinstance(one, GivenLabel) for one in found), found
    return [one.label for one in found]


def problems(text, **defaults):
    return [(one.row, one.field) for one in read(text, **defaults) if isinstance(one, RowProblem)]


def test_a_line_of_a_labelled_set_gives_its_labels_the_id_of_its_conversation():
    line = {
        "conversation": {"external_id": "c1", "turns": []},
        "labels": [{"dimension": "greeting", "rater": "r1", "level": 4, "rationale": "So.", "blind": True}],
        "floors": {"greeting": 2},
    }
    wanted = ConversationLabel(
        conversation="c1", dimension="greeting", rater="r1", level=4, rationale="So.", blind=True
    )
    assert labels(json.dumps(line)) == [wanted]


def test_a_labelled_conversation_without_an_id_is_named_by_its_line():
    line = json.dumps({"conversation": {"turns": []}, "labels": []})
    assert problems(f"\n{line}\n") == [(2, "conversation/external_id")]


FLAT = {"conversation": "c1", "dimension": "greeting", "rater": "r1", "level": 3}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(FLAT),
        json.dumps([FLAT]),
        json.dumps([FLAT], indent=2),
        json.dumps({"labels": [FLAT]}),
        json.dumps({"labels": [FLAT]}, indent=2),
        "\ufeff" + json.dumps(FLAT) + "\n",
        "conversation,dimension,rater,level\nc1,greeting,r1,3\n",
        "\ufeffrater;level;dimension;conversation\r\nr1;3;greeting;c1\r\n",
        "Call ID\tCriterion\tReviewer\tScore\nc1\tgreeting\tr1\t3.0\n",
        "id,dimension,annotator,rating\n\nc1,greeting,r1, 3 \n\n",
        "conversation,rater,greeting\nc1,r1,3\n",
        "sep=;\r\nconversation;dimension;rater;level\r\nc1;greeting;r1;3\r\n",
        "conversation,dimension,rater,level\nc1,greeting,r1,3\n".encode("utf-16"),
    ],
    ids=range(13),
)
def test_the_same_label_is_read_from_every_shape(text):
    assert labels(text) == [ConversationLabel(**FLAT)]


@pytest.mark.parametrize(
    ("written", "level"),
    [
        ("4", 4),
        ("4.0", 4),
        ("1e0", 1),
        ("0.4E1", 4),
        ("-1", -1),
        ("NA", "na"),
        ("n/a", "na"),
        ("Yes", "yes"),
        ("FALSE", "no"),
        ("Partly", "Partly"),
        ("да", "yes"),
    ],
)
def test_levels_are_read_as_people_write_them(written, level):
    (label,) = labels(f"conversation,dimension,rater,level\nc1,greeting,r1,{written}\n")
    assert label.level == level
    assert type(label.level) is type(level)


@pytest.mark.parametrize("written", ["4.5", "NaN", "inf", "-Infinity", "1e99", "15e-1", ".5", '"4,5"'])
def test_what_is_no_level_names_row_and_column(written):
    assert problems(f"conversation,dimension,rater,level\nc1,greeting,r1,{written}\n") == [(2, "level")]


@pytest.mark.parametrize("level", [4.5, 10**400, [], {}, 1e300])
def test_what_is_no_level_in_json_is_a_problem_as_well(level):
    assert problems(json.dumps({**FLAT, "level": level})) == [(1, "level")]


def test_nan_in_json_is_a_problem_of_its_line_alone():
    text = json.dumps(FLAT) + "\n" + json.dumps({**FLAT, "level": float("nan")}) + "\n" + json.dumps(FLAT)
    found = read(text)
    assert [type(one) for one in found] == [GivenLabel, RowProblem, GivenLabel]
    assert found[1].row == 2


def test_every_field_of_a_row_that_is_wrong_is_named():
    text = "conversation,dimension,rater,level,blind,probability,time\n,Not An Id,,3,perhaps,2,yesterday\n"
    fields = {field for _, field in problems(text)}
    assert fields == {"conversation", "dimension", "rater", "blind", "probability", "created_at"}


def test_defaults_hold_for_labels_that_do_not_say():
    text = "conversation,dimension,rater,level\nc1,greeting,,3\nc2,greeting,r2,3\n"
    first, second = labels(text, rater="r1", scorecard="card", blind=False)
    assert (first.rater, second.rater) == ("r1", "r2")
    assert (first.scorecard, first.blind) == ("card", False)


def test_a_row_without_a_level_is_not_filled_in_yet():
    assert read("conversation,dimension,rater,level\nc1,greeting,,\n") == [EmptyRow(2)]


def test_a_row_is_the_line_on_which_it_starts():
    text = (
        "conversation,dimension,rater,level,comment\n"
        'c1,greeting,r1,3,"one\ntwo\nthree"\n'
        "c2,greeting,r1,4.5,\n"
    )
    assert problems(text) == [(5, "level")]
    assert read(text)[0].label.rationale == "one\ntwo\nthree"


def test_a_cell_of_a_megabyte_stops_nothing_but_its_row():
    rows = ["c1,greeting,r1,3,", f"c2,greeting,r1,3,{'x' * 1_100_000}", "c3,greeting,r1,3,"]
    found = read("\n".join(["conversation,dimension,rater,level,comment", *rows]))
    assert [type(one) for one in found] == [GivenLabel, RowProblem, GivenLabel]


def test_a_long_rationale_is_refused_and_named():
    text = f"conversation,dimension,rater,level,comment\nc1,greeting,r1,3,{'x' * 30_000}\n"
    assert problems(text) == [(2, "rationale")]


def test_a_quote_that_is_never_closed_is_a_problem_where_it_opens():
    text = 'conversation,dimension,rater,level,comment\nc1,greeting,r1,3,\nc2,greeting,r1,3,"oh\nc3,a,b,3,\n'
    assert problems(text) == [(3, "")]
    assert "lines 3 to 4 were not read" in read(text)[-1].detail


def test_text_in_another_encoding_is_a_problem_of_its_row():
    text = b"conversation,dimension,rater,level\nc1,greeting,r1,3\n"
    found = read(text + "c2,greeting,Женя,3\n".encode("cp1251") + b"c3,greeting,r1,3\n")
    assert [type(one) for one in found] == [GivenLabel, RowProblem, GivenLabel]
    assert "UTF-8" in found[1].detail


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "has to name the columns"),
        ("a,b,c", "has to name the columns"),
        ("conversation,score,grade", "more than one column is for: level"),
        ("dimension,level,rater", "which conversation"),
        (",".join(map(str, range(600))), "600 columns"),
        (",".join(["score"] * 150_000), "150000 columns"),
    ],
)
def test_a_header_that_cannot_be_read_says_why(header, said):
    (found,) = read(f"{header}\nx,y,z\n")
    assert said in found.detail


def test_a_table_of_one_row_is_read():
    assert len(labels("conversation,dimension,rater,level\nc1,greeting,r1,3")) == 1


def test_columns_that_nobody_reads_are_told_of_once():
    found = read(
        "conversation,dimension,rater,level,probablity\nc1,greeting,r1,3,0.5\nc2,greeting,r1,3,0.5\n"
    )
    assert found[0] == Note("columns that were not read: probablity")


def test_more_cells_than_columns_are_a_problem():
    assert problems("conversation,dimension,rater,level\nc1,greeting,r1,3,oh, well\n") == [(2, "")]


def test_a_wide_table_has_a_column_for_each_dimension_and_comments_beside_them():
    text = "call id,rater,greeting,greeting comment,hold-music,shift\nc1,r1,yes,Warm.,,late\nc2,r1,no,,2,\n"
    found = list(read_labels(text.encode(), Defaults(), {"greeting", "hold-music"}))
    assert found[0] == Note("columns that were not read: shift")
    given = [(one.row, one.label.dimension, one.label.level, one.label.rationale) for one in found[1:]]
    assert given == [(2, "greeting", "yes", "Warm."), (3, "greeting", "no", None), (3, "hold-music", 2, None)]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            "greeting_anna,greeting_bob",
            "greeting_anna: this is no dimension and was not read; 'greeting' is one",
        ),
        ("greting", "did you mean 'greeting'?"),
        ("Call length", "which has: greeting, hold-music"),
        ("old", "card@1 was the last revision that had it"),
    ],
)
def test_a_wide_table_without_a_dimension_of_the_card_is_a_problem_of_its_header(columns, said):
    cells = ",".join("1" for _ in columns.split(","))
    text = f"sep=,\nconversation,rater,{columns}\nc1,r1,{cells}\n"
    found = list(read_labels(text.encode(), Defaults(), ["greeting", "hold-music"], {"old": "card@1"}))
    (problem,) = (one for one in found if not isinstance(one, Note))
    assert (problem.row, problem.field) == (2, "")
    assert "no column is a dimension of the scorecard, which has: greeting, hold-music" in problem.detail
    assert said in problem.detail


def test_a_misspelt_column_beside_others_is_a_problem_and_the_others_are_read():
    text = "conversation,rater,greeting,greeting_old,hold_musik\nc1,r1,yes,no,1\n"
    found = list(read_labels(text.encode(), Defaults(), ["greeting", "hold-music"]))
    assert [(one.row, one.field) for one in found if isinstance(one, RowProblem)] == [(1, "hold_musik")]
    assert [one.label.dimension for one in found if isinstance(one, GivenLabel)] == ["greeting"]


def test_a_table_of_conversations_and_raters_alone_is_a_problem():
    assert problems("conversation,rater\nc1,r1\n") == [(1, "")]


def test_utf_16_without_a_mark_is_named():
    (found,) = read("conversation,dimension,rater,level\nc1,greeting,r1,3\n".encode("utf-16-le"))
    assert "UTF-16 without a byte order mark" in found.detail


def test_a_header_in_another_encoding_is_named_as_such():
    (found,) = read("call_id,rater,greeting,评论\nc1,r1,3,好\n".encode("gb18030"))
    assert (found.row, found.detail) == (1, "this is not UTF-8 text; save the file as UTF-8")


def test_a_key_that_is_no_field_of_a_label_is_a_problem():
    assert problems(json.dumps({**FLAT, "levle": 3})) == [(1, "levle")]


def test_items_of_a_list_that_are_no_objects_are_problems():
    assert [one.row for one in read_items([1, None, "x", []])] == [1, 2, 3, 4]


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: f"id,rater,level\n{text}".encode()))
def test_no_input_breaks_the_reader(data):
    rows = [one.row for one in read_labels(data) if not isinstance(one, Note)]
    assert all(row >= 1 for row in rows)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1, max_size=30).filter(
    lambda text: text.strip() == text and text
)


@given(st.lists(st.tuples(CELL, CELL, st.integers(-99, 99), CELL), min_size=1, max_size=5))
def test_what_a_csv_writer_writes_is_read_back(rows):
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("conversation", "rater", "level", "rationale", "dimension"))
    table.writerows((*row, "greeting") for row in rows)
    found = labels(text.getvalue())
    assert [(one.conversation, one.rater, one.level, one.rationale) for one in found] == rows


@given(st.integers(1, 60), st.integers(0, 5))
def test_one_bad_row_never_stops_the_others(good, bad):
    rows = ["c,greeting,r,3"] * good + ["c,greeting,r,4.5"] * bad
    found = read("\n".join(["conversation,dimension,rater,level", *rows]))
    assert sum(isinstance(one, GivenLabel) for one in found) == good
    assert [one.row for one in found if isinstance(one, RowProblem)] == list(range(good + 2, good + 2 + bad))
