"""Scorecards as models: every rule, and the hash that tells contents apart."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service.domain.scorecard import Scale, Scorecard, ScorecardRevision
from tests.service.cards import YES_NO, card, dimension, make_card


def scale(kind: str, *levels: Any, points: list[float] | None = None) -> dict[str, Any]:
    given_points = points or [n / 10 for n in range(len(levels))]
    return {
        "type": kind,
        "levels": [
            {"level": level, "points": p, "anchor": "What is heard."}
            for level, p in zip(levels, given_points, strict=True)
        ],
    }


def refusal(*dimensions: dict[str, Any], **fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        make_card(*dimensions, **fields)
    return str(caught.value)


@pytest.mark.parametrize("field", ["name", "title", "language", "languages", "pass_mark", "sections"])
def test_a_card_needs_each_of_its_keys(field: str) -> None:
    data = card()
    del data[field]
    with pytest.raises(ValidationError, match=field):
        Scorecard.model_validate(data)


@pytest.mark.parametrize("field", ["id", "title", "question", "scale"])
def test_a_dimension_needs_each_of_its_keys(field: str) -> None:
    broken = dimension("a")
    del broken[field]
    assert field in refusal(broken)


@pytest.mark.parametrize("field", ["pass_mark", "sections", "languages"])
def test_unknown_keys_are_refused_everywhere(field: str) -> None:
    assert "extra" in refusal(**{f"{field}s": 1}).lower()
    assert "extra" in refusal(dimension("a", colour="red")).lower()


@pytest.mark.parametrize("name", ["", "Inbound", "-a", "a b", "ä", "a/b", "a" * 81, "a\n"])
def test_names_are_slugs(name: str) -> None:
    assert "name" in refusal(name=name)
    assert "id" in refusal(dimension(name))


@pytest.mark.parametrize("mark", [-0.1, 100.1, float("nan"), True, "75"])
def test_the_pass_mark_is_a_number_from_0_to_100(mark: Any) -> None:
    assert "pass_mark" in refusal(pass_mark=mark)


@pytest.mark.parametrize("weight", [0, -1, 1000.1, float("inf"), True, "2"])
def test_weights_are_positive_numbers(weight: Any) -> None:
    assert "weight" in refusal(dimension("a", weight=weight))


@pytest.mark.parametrize("points", [-0.01, 1.01, float("nan"), False, "1"])
def test_points_are_numbers_from_0_to_1(points: Any) -> None:
    broken = scale("choice", "a", "b")
    broken["levels"][0]["points"] = points
    assert "points" in refusal(dimension("a", scale=broken))


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        (scale("yes_no", "no", "maybe"), "exactly"),
        (scale("yes_no", "no", "yes", "maybe"), "exactly"),
        (scale("choice", "a", "a"), "once"),
        (scale("ordinal", 1, 1), "once"),
        (scale("ordinal", 2, 1), "ascending"),
        (scale("ordinal", 1, "2"), "whole numbers"),
        (scale("choice", "a", 2), "strings"),
        (scale("choice", "a"), "at least 2"),
        (scale("choice", *"abcdefghijklmnopqrstu"), "20"),
        (scale("ordinal", 1, 2.5), "level"),
        (scale("stars", 1, 2), "type"),
    ],
)
def test_levels_have_to_fit_the_type_of_the_scale(broken: dict[str, Any], word: str) -> None:
    assert word in refusal(dimension("a", scale=broken))


@pytest.mark.parametrize(("value", "word"), [(True, '"yes"'), (False, '"no"')])
def test_a_truth_value_as_level_says_what_to_write(value: bool, word: str) -> None:
    assert word in refusal(dimension("a", scale=scale("yes_no", value, "maybe")))


def test_yes_and_no_may_stand_in_either_order() -> None:
    assert Scale.model_validate(scale("yes_no", "yes", "no", points=[1, 0])).lowest.level == "no"


def test_ids_of_dimensions_are_unique_over_the_whole_card() -> None:
    sections = [{"id": s, "title": s, "dimensions": [dimension("same")]} for s in ("a", "b")]
    assert "'same' occurs twice" in refusal(sections=sections)


def test_ids_of_sections_are_unique() -> None:
    sections = [{"id": "a", "title": "A", "dimensions": [dimension(d)]} for d in ("a", "b")]
    assert "section id 'a'" in refusal(sections=sections)


def test_sections_and_cards_are_not_empty() -> None:
    assert "dimensions" in refusal(sections=[{"id": "a", "title": "A", "dimensions": []}])
    assert "sections" in refusal(sections=[])


def test_a_condition_refers_to_an_earlier_dimension_and_one_of_its_levels() -> None:
    first = dimension("first")
    assert make_card(first, dimension("then", ask_when={"dimension": "first", "level": "yes"}))
    assert "no earlier" in refusal(first, dimension("then", ask_when={"dimension": "then", "level": "yes"}))
    assert "no earlier" in refusal(
        dimension("a", ask_when={"dimension": "z", "level": "yes"}), dimension("z")
    )
    assert "no level" in refusal(
        first, dimension("then", ask_when={"dimension": "first", "level": "perhaps"})
    )


def test_a_condition_across_sections_may_look_back() -> None:
    later = dimension("later", ask_when={"dimension": "first", "level": "no"})
    sections = [
        {"id": "a", "title": "A", "dimensions": [dimension("first")]},
        {"id": "b", "title": "B", "dimensions": [later]},
    ]
    assert make_card(sections=sections)


@pytest.mark.parametrize(
    "condition",
    [
        {"metric": "hold_s", "above": 0},
        {"metric": "hold_s", "above": 0, "below": 60.5},
        {"metadata": "product", "in": ["loan", 7, None, True]},
    ],
)
def test_conditions_on_metrics_and_metadata_are_read(condition: dict[str, Any]) -> None:
    made = make_card(dimension("a", ask_when=condition))
    dumped = made.model_dump(mode="json", by_alias=True)
    assert Scorecard.model_validate(dumped) == made


@pytest.mark.parametrize(
    "condition",
    [
        {"metric": "hold_s"},
        {"metric": "hold_s", "above": "0"},
        {"metadata": "product", "in": []},
        {"metadata": "product"},
        {"dimension": "a"},
        {"metric": "hold_s", "above": 1, "level": "yes"},
        {},
        "hold_s",
    ],
)
def test_broken_conditions_are_refused(condition: Any) -> None:
    assert "ask_when" in refusal(dimension("a", ask_when=condition))


def test_examples_have_levels_of_the_scale() -> None:
    assert make_card(dimension("a", examples=[{"quote": "Hi", "level": "yes"}]))
    assert "not on the scale" in refusal(dimension("a", examples=[{"quote": "Hi", "level": "so so"}]))


def test_signals_are_known_ones() -> None:
    assert make_card(dimension("a", signals=["greeting", "talk_share"]))
    assert "signals" in refusal(dimension("a", signals=["smiles"]))


def test_levels_are_found_by_value_and_type() -> None:
    numbers = Scale.model_validate(scale("ordinal", 0, 1, 2))
    found = numbers.find(1)
    assert found is not None
    assert found.level == 1
    assert numbers.find("1") is None
    assert numbers.find(True) is None
    assert numbers.find(1.0) is None
    assert numbers.find(None) is None


def test_the_lowest_level_has_the_fewest_points_wherever_it_stands() -> None:
    assert Scale.model_validate(scale("choice", "a", "b", "c", points=[0.5, 0.1, 0.1])).lowest.level == "b"


@pytest.mark.parametrize(
    ("points", "level"), [(0.0, 1), (0.24, 1), (0.25, 1), (0.26, 2), (0.75, 2), (1.0, 3)]
)
def test_the_nearest_level_is_the_lower_one_of_two(points: float, level: int) -> None:
    assert Scale.model_validate(scale("ordinal", 1, 2, 3, points=[0, 0.5, 1])).nearest(points).level == level


def shuffled(value: Any, data: st.DataObject) -> Any:
    if isinstance(value, dict):
        keys = data.draw(st.permutations(sorted(value)))
        return {key: shuffled(value[key], data) for key in keys}
    return [shuffled(item, data) for item in value] if isinstance(value, list) else value


@given(st.data())
def test_the_hash_does_not_depend_on_the_order_of_keys(data: st.DataObject) -> None:
    original = card(dimension("a", ask_when={"metric": "hold_s", "above": 0}), dimension("b", scale=YES_NO))
    assert make_card(**shuffled(original, data)).content_hash == make_card(**original).content_hash


def test_the_hash_is_the_same_with_defaults_written_out() -> None:
    assert (
        make_card(dimension("a", weight=1.0, signals=[])).content_hash
        == make_card(dimension("a")).content_hash
    )
    assert make_card(pass_mark=50).content_hash == make_card(pass_mark=50.0).content_hash


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Другое"},
        {"pass_mark": 51},
        {"languages": ["en", "zh"]},
        {"applies_to": {"channel": ["chat"]}},
    ],
)
def test_the_hash_changes_with_the_content(change: dict[str, Any]) -> None:
    assert make_card(**change).content_hash != make_card().content_hash


def test_the_order_of_dimensions_is_content() -> None:
    a, b = dimension("a"), dimension("b")
    assert make_card(a, b).content_hash != make_card(b, a).content_hash


def test_a_card_survives_being_stored_as_json() -> None:
    original = make_card(dimension("a", ask_when={"metadata": "product", "in": ["кредит"]}))
    stored = json.dumps(original.model_dump(mode="json", by_alias=True))
    assert Scorecard.model_validate_json(stored).content_hash == original.content_hash


def test_sections_are_found_by_dimension() -> None:
    assert make_card(dimension("a"), dimension("b")).section_of == {"a": "all", "b": "all"}


def test_revisions_count_from_1() -> None:
    assert ScorecardRevision(scorecard=make_card(), revision=1).name == "test-card"
    with pytest.raises(ValidationError):
        ScorecardRevision(scorecard=make_card(), revision=0)


@pytest.mark.parametrize("grouping", ["all", "each", 1, 100])
def test_a_card_may_be_asked_whole_or_in_groups(grouping: Any) -> None:
    assert make_card(grouping=grouping).grouping == grouping


@pytest.mark.parametrize("grouping", ["two", 0, 101, True, None, 1.5])
def test_another_grouping_is_refused_with_those_there_are(grouping: Any) -> None:
    assert "all, each or a number" in refusal(grouping=grouping)


def test_a_card_from_before_groups_and_votes_keeps_its_hash() -> None:
    card = make_card()
    content = card.model_dump(mode="json", by_alias=True)
    for name in ("grouping", "order_seed", "votes"):
        del content[name]
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert card.content_hash == hashlib.sha256(canonical.encode()).hexdigest()
    assert make_card(votes=3).content_hash != card.content_hash
