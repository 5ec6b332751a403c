"""Errors: stable types, and pointers to every bad field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service.domain import errors
from service.domain.errors import (
    FieldProblem,
    InvalidInput,
    NoFittingScorecard,
    QalibrateError,
    field_problems,
    json_pointer,
)
from service.domain.transcript import Conversation


@pytest.mark.parametrize(
    ("location", "pointer"),
    [
        ((), ""),
        (("turns", 0, "text"), "/turns/0/text"),
        (("a/b", "c~d"), "/a~1b/c~0d"),
        (("~1",), "/~01"),
        (("",), "/"),
        (("ключ", "键"), "/ключ/键"),
    ],
)
def test_pointers_are_escaped_as_rfc_6901_says(location: tuple[str | int, ...], pointer: str) -> None:
    assert json_pointer(location) == pointer


@given(st.lists(st.text()))
def test_every_pointer_leads_back_to_its_location(location: list[str]) -> None:
    steps = json_pointer(location).split("/")[1:]
    assert [step.replace("~1", "/").replace("~0", "~") for step in steps] == location


def test_invalid_input_names_every_bad_field_in_its_sentence() -> None:
    error = InvalidInput([FieldProblem("/a", "is missing"), FieldProblem("", "is no object")])
    assert error.detail == "/a: is missing; input: is no object"
    assert str(error) == error.detail
    assert [problem.pointer for problem in error.problems] == ["/a", ""]


def test_invalid_input_may_bring_its_own_sentence() -> None:
    assert InvalidInput([], "the body is empty").detail == "the body is empty"


@pytest.mark.parametrize(
    ("given", "pointer", "detail"),
    [
        (
            {"turns": [{"speaker": "agnet", "text": "Hi"}]},
            "/turns/0/speaker",
            "Input should be 'agent'",
        ),
        ({"turns": []}, "/turns", "The list should have at least 1 item, not 0"),
        ({"turns": 5}, "/turns", "Input should be a list"),
        ({"turns": ["Hi"]}, "/turns/0", "Input should be an object"),
    ],
)
def test_what_is_wrong_is_said_once_and_in_words_of_json(given, pointer: str, detail: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Conversation.model_validate(given)
    (problem,) = field_problems(raised.value.errors())
    assert (problem.pointer, problem.detail[: len(detail)]) == (pointer, detail)


def test_a_tie_and_no_fit_are_told_apart() -> None:
    assert "equally well" in NoFittingScorecard(["a", "b"], tie=True).detail
    assert "no scorecard fits" in NoFittingScorecard([], tie=False).detail


def _family(root: type[QalibrateError]) -> list[type[QalibrateError]]:
    return [root, *(each for child in root.__subclasses__() for each in _family(child))]


def test_every_error_has_a_type_of_its_own_that_is_safe_in_a_url() -> None:
    family = [each for each in _family(QalibrateError) if each.__module__ == errors.__name__]
    types = [each.type for each in family]
    assert len(set(types)) == len(types)
    assert all(each.replace("-", "").isalpha() and each.islower() for each in types)


def test_the_tree_at_the_top_of_the_file_is_the_family() -> None:
    drawn = errors.__doc__ or ""
    family = [each for each in _family(QalibrateError) if each.__module__ == errors.__name__]
    assert [each.__name__ for each in family if each.__name__ not in drawn] == []


def test_sentences_are_built_from_facts() -> None:
    assert errors.NotFound("scorecard", "x").detail == "there is no scorecard 'x'"
    assert errors.Gone("evaluation", "1").detail == "evaluation '1' was erased"
    assert "'submit'" in errors.NotPermitted("submit").detail
    assert "1,000,000" in errors.TooLarge(1_000_000).detail
