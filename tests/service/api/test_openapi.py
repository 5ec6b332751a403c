import json
import re

import jsonschema_rs
import pytest

from service.api.openapi import COPY, glossary, operations, places
from tests.running import RunningService

UPDATE = "if that is meant, run `qalibrate openapi > service/api/openapi.json` and look at what it changes"


@pytest.fixture(scope="module")
def document(service: RunningService) -> dict:
    return service.client.get("/openapi.json").json()


NEED_IDS = {"/v1/calibration-sessions"}
"""Whose body names evaluations, which have other ids everywhere, as an address may."""


def bodies(document):
    """The content of every request that a POST takes, by path; some take none."""
    posts = {path: item["post"] for path, item in document["paths"].items() if "post" in item}
    return {path: post["requestBody"]["content"] for path, post in posts.items() if "requestBody" in post}


def example_of(content):
    """The type and the content of the first example that stands there."""
    return next((media, body["example"]) for media, body in content.items() if "example" in body)


def test_every_post_has_an_example_that_fits_its_schema(document):
    for content in bodies(document).values():
        media, example = example_of(content)
        schema = {**content[media]["schema"], "components": document["components"]}
        jsonschema_rs.validate(schema, example)


def test_every_example_that_names_no_id_works_as_it_stands(service: RunningService, document):
    # In their order: what is graded and labelled can be calibrated.
    for path, content in bodies(document).items():
        if "{" in path or path in NEED_IDS:
            continue
        media, example = example_of(content)
        sent = example if isinstance(example, str) else json.dumps(example)
        headers = {"Prefer": "wait=30", "Content-Type": media}
        answer = service.client.post(path, content=sent, headers=headers)
        assert answer.is_success, (path, answer.text)


def test_every_call_is_described_and_names_its_problems(document):
    for path, item in document["paths"].items():
        for method, call in item.items():
            assert call["summary"], (method, path)
            assert call["description"], (method, path)
            if path.startswith("/v1"):
                assert {"401", "403", "503"} <= set(call["responses"]), (method, path)
                assert call["security"], (method, path)


def test_every_reference_leads_somewhere(document):
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    def references(node):
        if isinstance(node, dict):
            yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    assert set(references(document)) <= known


def test_every_part_of_a_result_is_described(document):
    schemas = document["components"]["schemas"]
    parts = ("Evaluation", "Grade", "ConfidenceParts", "ContactFacts", "Observation", "Flag", "Provenance")
    for name in parts:
        said, fields = schemas[name]["description"], schemas[name]["properties"]
        assert len(said) > 40, name
        # What is not said by its name is said in words.
        plain = {"Evaluation": {"facts", "observations", "flags"}, "Grade": {"confidence", "expected_level"}}
        assert all(f"`{field}`" in said for field in plain.get(name, set()) & set(fields)), name


def test_the_pages_for_people_are_there(service: RunningService):
    assert service.client.get("/docs").status_code == 200


def test_the_committed_copy_is_what_the_service_serves(document):
    copy = json.loads(COPY.read_text("utf-8"))
    # Told apart first, because the difference of two whole documents is nothing to read.
    changed = [path for path in copy["paths"] | document["paths"] if _differ(copy, document, "paths", path)]
    schemas = copy["components"]["schemas"] | document["components"]["schemas"]
    changed += [
        name for name in schemas if _differ(copy["components"], document["components"], "schemas", name)
    ]
    assert not changed, f"the OpenAPI document changed in {', '.join(changed)}; {UPDATE}"
    assert copy == document, f"the OpenAPI document changed; {UPDATE}"


def _differ(one, other, part, key):
    return one[part].get(key) != other[part].get(key)


def test_operations_are_named_by_what_they_do_once_each_under_a_known_tag(document):
    calls = list(operations(document))
    names = [call["operationId"] for call in calls]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names), names
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    assert {tag for call in calls for tag in call["tags"]} == described, "service/api/glossary.yaml has tags"


def test_every_property_and_parameter_is_explained(document):
    silent = [special for special, _, described in places(document) if not described.get("description")]
    assert not silent, f"say in service/api/glossary.yaml what these are: {', '.join(silent)}"


def test_the_glossary_explains_nothing_that_is_not_there(document):
    there = {word for special, general, _ in places(document) for word in (special, general)}
    unused = set(glossary()["words"]) - there
    assert not unused, f"drop these from service/api/glossary.yaml: {', '.join(sorted(unused))}"
