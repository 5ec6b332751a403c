import json

import jsonschema_rs
import pytest

from service.grading.schema import answer_schema
from tests.service.grading.building import good_answer, three_dimensions

CARD = three_dimensions()
SCHEMA = answer_schema(CARD.dimensions)


def _objects(schema):
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from _objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _objects(value)


def test_every_object_is_closed_and_every_key_required_as_strict_mode_wants():
    for schema in _objects(SCHEMA):
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])


def test_a_well_formed_answer_fits():
    jsonschema_rs.validator_for(SCHEMA).validate(json.loads(good_answer()))


def changed(dimension, key, value):
    answer = json.loads(good_answer())
    answer["dimensions"][dimension][key] = value
    return answer


@pytest.mark.parametrize(
    ("dimension", "key", "value", "fits"),
    [
        ("greeting", "level", "maybe", False),
        ("greeting", "level", None, False),
        ("needs", "level", "2", False),
        ("mood", "level", None, True),
        ("mood", "absence", {"looked_for": "x", "from_turn": 0, "to_turn": 1}, True),
        ("mood", "absence", {}, False),
        ("mood", "evidence", [{"turn": 0}], False),
    ],
)
def test_levels_and_shapes_are_held_to_the_card(dimension, key, value, fits):
    assert jsonschema_rs.validator_for(SCHEMA).is_valid(changed(dimension, key, value)) == fits


def test_applicability_comes_first_and_the_level_last():
    keys = list(SCHEMA["properties"]["dimensions"]["properties"]["mood"]["properties"])
    assert keys == ["applies", "evidence", "absence", "rationale", "level"]


def test_a_repair_asks_for_no_coaching():
    assert list(answer_schema(CARD.dimensions, coaching=False)["properties"]) == ["dimensions"]
