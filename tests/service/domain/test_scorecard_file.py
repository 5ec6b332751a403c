"""Scorecard files: every mistake at once, each with its line and what to do about it."""

import json
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from service.domain.errors import InvalidInput
from service.domain.scorecard import Scorecard
from service.domain.scorecard_file import InvalidScorecard, Problem, check_scorecard, read_scorecard
from tests.service.cards import card, dimension

GOOD = """\
name: parcel-desk
title: Parcel desk
language: en
languages: [en]
pass_mark: 70
sections:
  - id: opening
    title: Opening
    weight: 2
    dimensions:
      - id: greeting
        title: Greeting
        question: Does the agent greet the customer?
        scale: &yes_no
          type: yes_no
          levels:
            - {level: "no", points: 0, anchor: No word of greeting.}
            - {level: "yes", points: 1, anchor: At least one greeting.}
      - id: name
        title: Name
        question: Does the agent say their name?
        ask_when: {dimension: greeting, level: "yes"}
        scale: *yes_no
"""


def problems(text: str | bytes) -> list[Problem]:
    return check_scorecard(text)


def only(text: str | bytes) -> Problem:
    found = problems(text)
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def test_a_good_file_is_read() -> None:
    read = read_scorecard(GOOD)
    assert read.name == "parcel-desk"
    assert [each.id for each in read.dimensions] == ["greeting", "name"]


def test_json_is_read_like_yaml() -> None:
    given_json = json.dumps(yaml.safe_load(GOOD), indent="\t")
    assert read_scorecard(given_json).content_hash == read_scorecard(GOOD).content_hash


def test_escaped_emoji_of_json_are_read() -> None:
    text = json.dumps({**card(), "title": "Kind 😀 \\ud83d"})
    assert read_scorecard(text).title == "Kind 😀 \\ud83d"


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    assert read_scorecard(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()).name == "parcel-desk"


def test_an_exponent_is_a_number_although_yaml_disagrees() -> None:
    assert read_scorecard(changed("pass_mark: 70", "pass_mark: 7e1")).pass_mark == 70


def test_every_mistake_is_reported_at_once_in_the_order_of_the_lines() -> None:
    text = """\
name: Parcel Desk
title: 2026-01-01
langauge: en
languages: [en, fr]
pass_mark: 175
sections:
  - id: a
    title: A
    weight: 0
    dimensions:
      - id: q
        title: Q
        signals: [greting]
        scale:
          type: yes_no
          levels:
            - {level: no, points: 0, anchor: Nothing is said.}
            - {level: "yes", points: 1.5}
      - id: q
        title: Q
        question: Does it?
        ask_when: {dimension: later, level: "yes"}
        scale:
          type: ordinal
          levels:
            - {level: 2, points: 0, anchor: Low.}
            - {level: 1, points: 1, anchor: High.}
"""
    lines = [(problem.line, problem.pointer) for problem in problems(text)]
    at = "/sections/0/dimensions"
    assert lines == [
        (1, "/name"),
        (2, "/title"),
        (3, "/langauge"),
        (4, "/languages/1"),
        (5, "/pass_mark"),
        (9, "/sections/0/weight"),
        (11, f"{at}/0/question"),
        (13, f"{at}/0/signals/0"),
        (17, f"{at}/0/scale/levels/0/level"),
        (18, f"{at}/0/scale/levels/1/anchor"),
        (18, f"{at}/0/scale/levels/1/points"),
        (19, f"{at}/1/id"),
        (22, f"{at}/1/ask_when"),
        (26, f"{at}/1/scale/levels"),
    ]


def test_a_misspelt_key_is_one_problem_with_a_suggestion() -> None:
    problem = only(changed("    dimensions:", "    dimensoins:"))
    assert (problem.line, problem.column) == (10, 5)
    assert problem.remedy == "did you mean 'dimensions'?"


def test_a_key_in_the_wrong_place_is_told_where_it_belongs() -> None:
    problem = only(changed("          type: yes_no\n", "          type: yes_no\n          question: Why?\n"))
    assert "a dimension" in problem.remedy


def test_a_key_that_is_like_no_other_lists_the_keys() -> None:
    assert "pass_mark" in only(GOOD + "zzzzzz: 1\n").remedy


def test_a_key_that_occurs_twice_names_both_lines() -> None:
    problem = only(changed("    weight: 2\n", "    weight: 2\n    title: Again\n"))
    assert problem.line == 10
    assert "lines 8 and 10" in problem.message
    assert problem.pointer == "/sections/0/title"


def test_a_missing_key_points_at_the_mapping_that_lacks_it() -> None:
    problem = only(changed("        question: Does the agent greet the customer?\n", ""))
    assert problem.line == 11
    assert problem.pointer == "/sections/0/dimensions/0/question"
    assert "question" in problem.message
    assert problem.remedy.startswith("add question:")


@pytest.mark.parametrize("word", ["yes", "no", "on", "Off", "true"])
def test_an_unquoted_truth_value_as_level_is_explained(word: str) -> None:
    found = problems(changed('level: "yes", points', f"level: {word}, points"))
    assert f"unquoted {word}" in found[0].message
    assert found[0].remedy in {'write level: "yes"', 'write level: "no"'}


def test_a_date_where_text_is_meant_is_to_be_quoted() -> None:
    problem = only(changed("title: Opening", "title: 2026-01-01"))
    assert problem.line == 8
    assert '"2026-01-01"' in problem.remedy


def test_an_impossible_date_is_an_error_too() -> None:
    assert only(changed("title: Opening", "title: 2026-99-99")).line == 8


def test_a_number_where_text_is_meant_is_to_be_quoted() -> None:
    assert '"0123"' in only(changed("title: Opening", "title: 0123")).remedy


def test_a_key_without_a_value_is_told_so() -> None:
    assert "has no value" in only(changed("title: Opening", "title:")).message


@pytest.mark.parametrize("weight", ["0", "-1", "1001", "x", "true", "[1]", ".nan", '"2"'])
def test_a_weight_that_is_no_positive_number_is_an_error(weight: str) -> None:
    problem = only(changed("weight: 2", f"weight: {weight}"))
    assert (problem.line, problem.pointer) == (9, "/sections/0/weight")


@pytest.mark.parametrize("points", ["-0.1", "1.01", "true", ".inf"])
def test_points_outside_0_to_1_are_an_error(points: str) -> None:
    assert only(changed('"yes", points: 1', f'"yes", points: {points}')).line == 18


def test_a_yes_no_scale_with_other_levels_is_told_about_choice() -> None:
    assert "type: choice" in only(changed('level: "yes", points: 1', "level: fine, points: 1")).remedy


def test_an_unknown_signal_lists_the_known_ones() -> None:
    problem = only(changed("        scale: &yes_no", "        signals: [smiles]\n        scale: &yes_no"))
    assert "greeting" in problem.remedy
    assert "talk_share" in problem.remedy


def test_a_condition_on_a_later_dimension_is_an_error() -> None:
    text = changed(
        "        scale: &yes_no", '        ask_when: {dimension: name, level: "yes"}\n        scale: &yes_no'
    )
    assert only(text).pointer == "/sections/0/dimensions/0/ask_when"


def test_a_condition_on_a_level_that_does_not_exist_names_the_levels() -> None:
    assert "['no', 'yes']" in only(changed('greeting, level: "yes"', "greeting, level: maybe")).remedy


def test_a_condition_with_a_misspelt_key_gets_a_suggestion() -> None:
    text = changed('{dimension: greeting, level: "yes"}', "{metric: hold_s, abov: 0}")
    assert any("'above'" in problem.remedy for problem in problems(text))


def test_several_broken_rules_that_span_fields_are_all_reported() -> None:
    data = card(
        dimension("a", examples=[{"quote": "x", "level": "maybe"}, {"quote": "x", "level": "perhaps"}]),
        dimension("a"),
        dimension("b", ask_when={"dimension": "c", "level": "yes"}),
        dimension("a"),
        dimension("d", ask_when={"dimension": "e", "level": "yes"}),
    )
    pointers = {problem.pointer for problem in problems(json.dumps(data))}
    at = "/sections/0/dimensions"
    assert pointers == {
        f"{at}/0/examples/0/level",
        f"{at}/0/examples/1/level",
        f"{at}/1/id",
        f"{at}/2/ask_when",
        f"{at}/3/id",
        f"{at}/4/ask_when",
    }


def test_a_broken_scale_does_not_make_references_to_it_wrong() -> None:
    text = changed('- {level: "yes", points: 1,', "- {level: yes, points: 1,")
    assert {problem.line for problem in problems(text)} == {18}


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "# only a comment\n", "---\n", "~"],
)
def test_an_empty_file_is_told_so(text: str) -> None:
    assert "empty" in only(text).message


@pytest.mark.parametrize("text", ["- a", "just words", "5", "[]"])
def test_a_file_that_is_no_mapping_is_told_the_keys(text: str) -> None:
    assert "sections" in only(text).remedy


def test_a_second_document_is_refused_with_its_line() -> None:
    assert only(GOOD + "---\n" + GOOD).line == GOOD.count("\n") + 1


def test_tabs_in_the_indentation_are_reported_with_all_their_lines() -> None:
    text = "name: x\nsections:\n\t- id: a\n\t  title: b\n"
    assert [problem.line for problem in problems(text)] == [3, 4]
    assert all("spaces" in problem.remedy for problem in problems(text))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: b: c", 1),
        ("a: [1", 1),
        ("a: 'x", 1),
        ("a: 1\n b: 2", 2),
        ("a:\n  - x\n - y", 3),
        ("a: @x", 1),
        ("a: *nowhere", 1),
    ],
)
def test_broken_yaml_is_one_problem_near_its_line(text: str, line: int) -> None:
    problem = only(text)
    assert abs(problem.line - line) <= 1
    assert problem.remedy


def test_bytes_that_are_no_utf_8_are_refused_with_their_line() -> None:
    assert only(GOOD.encode() + "title: Пример".encode("cp1251")).line == GOOD.count("\n") + 1


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\ud800", "\ufffe"])
def test_characters_that_yaml_forbids_are_named(bad: str) -> None:
    problem = only(changed("Opening", f"Op{bad}ening"))
    assert problem.line == 8
    assert f"U+{ord(bad):04X}" in problem.message


def test_tags_and_merge_keys_are_refused() -> None:
    assert "not supported" in str(problems("name: !!python/object:os.system x"))
    assert any("<<" in problem.message for problem in problems("a: &a {b: 1}\nc:\n  <<: *a\n"))


def _bomb() -> str:
    rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 15)]
    return "\n".join(["a0: &a0 [x, x, x]", *rows])


@pytest.mark.parametrize(
    "text",
    [
        _bomb(),
        "&a [*a]",
        "[" * 200_000,
        "{" * 200_000,
        "- " * 200_000,
        "a: {" * 100_000,
        "? " * 300_000,
        "k: v\n" * 150_000,
        "x" * 1_000_001,
        "'" * 900_000,
        "!" * 900_000,
        json.dumps([{"id": "a"}] * 5_000),
        json.dumps({"sections": [{"id": "a", "dimensions": [{"id": "a"}] * 3_000}]}),
        json.dumps({f"key{n}": 1 for n in range(9_000)}),
    ],
    ids=lambda text: f"{text[:12]!r}",
)
def test_hostile_files_are_refused_in_bounded_time(text: str) -> None:
    begin = time.perf_counter()
    found = problems(text)
    assert 1 <= len(found) <= 200
    assert all(len(str(problem)) < 2_000 for problem in found)
    assert time.perf_counter() - begin < 20


@given(st.text(max_size=200))
def test_any_text_gives_problems_and_never_an_exception(text: str) -> None:
    assert problems(text)


@given(st.data())
def test_any_damage_to_a_good_file_is_either_fine_or_located(data: st.DataObject) -> None:
    lines = GOOD.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    junk = data.draw(
        st.sampled_from(["", "x\n", "  y: 1\n", "- z\n", "    : \n", "\t\n", '"\n', "}\n", "title: 1\n"])
    )
    text = "".join([*lines[:at], junk, *lines[at + data.draw(st.integers(0, 1)) :]])
    for problem in problems(text):
        assert 1 <= problem.line <= len(lines) + 2
        assert problem.message
        assert problem.remedy


def test_the_error_is_invalid_input_with_pointers_and_lines() -> None:
    with pytest.raises(InvalidScorecard) as caught:
        read_scorecard(changed("weight: 2", "weight: 0"))
    assert isinstance(caught.value, InvalidInput)
    assert caught.value.problems[0].pointer == "/sections/0/weight"
    assert caught.value.problems[0].detail.startswith("line 9, column 13: ")
    assert caught.value.located[0].line == 9


def test_advice_comes_only_when_there_is_no_error() -> None:
    advice = problems(changed("pass_mark: 70", "pass_mark: 0"))
    assert [(each.severity, each.line, each.pointer) for each in advice] == [("advice", 5, "/pass_mark")]
    assert all(
        each.severity == "error" for each in problems(changed("pass_mark: 70", "pass_mark: 0\nfoo: 1"))
    )


def test_a_card_read_from_a_file_equals_the_model() -> None:
    assert read_scorecard(yaml.safe_dump(card())) == Scorecard.model_validate(card())


BUILT_IN = sorted((Path(__file__).parents[3] / "prompts" / "scorecards").glob("*.yaml"))


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_the_built_in_scorecards_are_beyond_reproach(path: Path) -> None:
    assert [str(problem) for problem in problems(path.read_bytes())] == []
