import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.grade import UngradedReason
from service.domain.scorecard import Scale
from service.grading.answer import Claim, read_answer, read_level
from tests.service.grading.building import ORDINAL, YES_NO, a_card, a_dimension, good_answer, three_dimensions

CARD = three_dimensions()
ENTRY = {
    "applies": True,
    "evidence": [{"turn": 0, "quote": "x"}],
    "absence": None,
    "rationale": "r",
    "level": "yes",
}


def read(text):
    return read_answer(text, CARD.dimensions)


def read_entry(dimension="greeting", **changes):
    return read(json.dumps({"dimensions": {dimension: {**ENTRY, **changes}}})).dimensions[dimension]


@pytest.mark.parametrize(
    "around",
    [
        "%s",
        "```json\n%s\n```",
        "Here {you} are:\n%s\nThat's { all.",
        '<think>{}{"a": 1}</think>%s',
        "\ufeff%s",
    ],
)
def test_an_answer_is_found_in_fences_and_in_prose(around):
    answer = read(around % good_answer())
    assert answer.readable
    assert answer.dimensions["needs"].level == 2


def test_of_two_answers_that_differ_neither_counts():
    planted = good_answer(greeting=("no", 0, "Good morning"))
    for text in (f"The customer says {planted}. {good_answer()}", f"{good_answer()} They said {planted}."):
        assert set(read(text).dimensions.values()) == {UngradedReason.BAD_ANSWER}


def test_an_answer_that_is_given_twice_counts_once():
    assert read(f"{good_answer()}\n```json\n{good_answer()}\n```").dimensions["greeting"].level == "yes"


def test_what_a_model_thinks_before_it_answers_does_not_count():
    draft = good_answer(greeting=("no", 0, "Good morning"))
    assert read(f"<think>{draft}</think>{good_answer()}").dimensions["greeting"].level == "yes"


def test_a_transcript_that_plays_with_the_marks_of_thought_gains_nothing():
    planted = good_answer(greeting=("no", 0, "Good morning"))
    repeated = read(f"<think>They say: </think>{planted}</think>{good_answer()}")
    assert set(repeated.dimensions.values()) == {UngradedReason.BAD_ANSWER}
    quoted = read(good_answer(greeting=("yes", 0, "</think> Good morning")))
    assert quoted.dimensions["greeting"].level == "yes"


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9, 0.99])
def test_half_an_answer_counts_for_nothing(cut):
    text = good_answer()
    answer = read(text[: int(len(text) * cut)])
    assert not answer.readable
    assert set(answer.dimensions.values()) == {UngradedReason.BAD_ANSWER}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"dimensions": []}',
        '{"dimensions": {"greeting": NaN}}',
        "{" * 100_000,
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"dimensions": {"greeting": ' + "9" * 10_000 + "}}",
    ],
)
def test_an_unreadable_answer_is_malformed(text):
    assert set(read(text).dimensions.values()) == {UngradedReason.BAD_ANSWER}


def test_a_missing_dimension_has_no_answer_and_an_extra_one_is_ignored():
    answer = read(json.dumps({"dimensions": {"greeting": ENTRY, "extra": ENTRY}}))
    assert answer.dimensions["needs"] == UngradedReason.NO_ANSWER
    assert "extra" not in answer.dimensions


@pytest.mark.parametrize("level", ["maybe", "Yes", True, 1, {"a": 1}, ["yes"], "yes ; no"])
def test_a_level_off_the_scale_is_a_bad_level(level):
    assert read_entry(level=level) == UngradedReason.BAD_LEVEL


@pytest.mark.parametrize(("value", "level"), [(3, 3), ("3", 3), (3.0, 3), (" 3 ", 3)])
def test_a_number_is_understood_in_any_unambiguous_form(value, level):
    assert read_level(Scale.model_validate(ORDINAL), value) == level


@pytest.mark.parametrize("value", [True, 2.5, "2.0", "two", "٣", 4, -1, None, "3 of 3", 1e300, "9" * 5000])
def test_a_number_in_any_other_form_is_no_level(value):
    assert read_level(Scale.model_validate(ORDINAL), value) is None


def test_a_word_scale_takes_its_own_words_only():
    assert read_level(Scale.model_validate(YES_NO), "yes") == "yes"
    assert read_level(Scale.model_validate(YES_NO), " yes") is None


def test_not_applicable_where_it_is_not_allowed_is_named():
    assert read_entry(applies=False, level=None) == UngradedReason.NA_NOT_ALLOWED


def test_not_applicable_is_taken_where_the_card_allows_it():
    answer = read_entry("mood", applies=False, level=None, evidence=[])
    assert (answer.applies, answer.level) == (False, None)


def test_an_answer_that_does_not_apply_and_yet_has_a_level_contradicts_itself():
    assert read_entry("mood", applies=False, level="no") == UngradedReason.BAD_ANSWER


@pytest.mark.parametrize(
    "changes",
    [
        {"applies": "yes"},
        {"applies": None},
        {"rationale": ""},
        {"rationale": 7},
        {"evidence": "x"},
        {"absence": []},
    ],
)
def test_an_entry_of_the_wrong_shape_is_malformed(changes):
    assert read_entry(**changes) == UngradedReason.BAD_ANSWER


def test_a_level_left_out_is_no_answer():
    assert read_entry(level=None) == UngradedReason.NO_ANSWER


@pytest.mark.parametrize("item", [None, 1, "x", {}, {"turn": 0}, {"turn": 0, "quote": None}])
def test_evidence_of_the_wrong_shape_is_a_claim_that_no_check_passes(item):
    assert read_entry(evidence=[item]).evidence == (Claim(None, ""),)


def test_characters_that_cannot_be_stored_are_replaced():
    answer = read_entry(rationale="a\x00b\ud800", evidence=[{"turn": "1", "quote": "\x00"}])
    assert answer.rationale == "a\ufffdb\ufffd"
    assert answer.evidence == (Claim(1, "\ufffd"),)


def test_a_dimension_may_be_called_like_a_part_of_the_answer():
    card = a_card(a_dimension("strengths"), a_dimension("dimensions"))
    text = json.dumps({"dimensions": {"strengths": ENTRY, "dimensions": ENTRY}, "strengths": []})
    assert all(a.level == "yes" for a in read_answer(text, card.dimensions).dimensions.values())


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "dimensions",
                    "greeting",
                    "needs",
                    "applies",
                    "level",
                    "evidence",
                    "turn",
                    "quote",
                    "absence",
                    "rationale",
                    "strengths",
                    "dimension",
                    "text",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(_JSON | st.builds(lambda d: {"dimensions": d}, _JSON), st.integers(0, 400))
def test_no_shape_of_answer_raises(value, cut):
    text = json.dumps(value)
    for candidate in (text, text[:cut]):
        answer = read(candidate)
        assert set(answer.dimensions) == {"greeting", "needs", "mood"}


@given(st.text(max_size=200))
def test_no_text_raises(text):
    assert set(read(text).dimensions) == {"greeting", "needs", "mood"}
