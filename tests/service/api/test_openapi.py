import pytest

from tests.running import RunningService


@pytest.fixture(scope="module")
def document(service: RunningService) -> dict:
    return service.client.get("/openapi.json").json()


def test_every_post_has_an_example_that_works_as_it_stands(service: RunningService, document):
    posts = {path: item["post"] for path, item in document["paths"].items() if "post" in item}
    # Some say all that there is to say in their address.
    posts = {path: post for path, post in posts.items() if "requestBody" in post}
    assert posts
    for path, post in posts.items():
        example = post["requestBody"]["content"]["application/json"]["example"]
        # What is graded can be calibrated.
        answer = service.client.post(path, json=example, headers={"Prefer": "wait=30"})
        assert answer.is_success, path


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
