import json

import yaml

from tests.running import RunningService
from tests.service.cards import card, dimension


def test_builtin_scorecards_are_listed_for_everybody(service: RunningService):
    names = [item["name"] for item in service.client.get("/v1/scorecards").json()["items"]]
    assert {"inbound-service", "inbound-service-ru", "inbound-service-zh", "complaint-handling"} <= set(names)


def test_publishing_the_same_content_as_json_and_yaml_is_one_revision(service: RunningService):
    content = card(dimension("greeting"), name="both-ways")
    first = service.client.post("/v1/scorecards", json=content)
    headers = {"Content-Type": "application/yaml"}
    second = service.client.post("/v1/scorecards", content=yaml.safe_dump(content), headers=headers)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    changed = service.client.post("/v1/scorecards", json=content | {"pass_mark": 70})
    assert changed.json()["revision"] == 2
    assert service.client.get(first.headers["location"]).json() == first.json()


def test_a_published_revision_can_be_published_again_as_it_is_read(service: RunningService):
    when = {"dimension": "greeting", "level": "yes"}
    content = card(dimension("greeting"), dimension("later", ask_when=when), name="round-trip")
    first = service.client.post("/v1/scorecards", json=content)
    again = service.client.post("/v1/scorecards", json=first.json()["scorecard"])
    assert (again.status_code, again.json()["revision"]) == (200, 1)


def test_mistakes_are_told_with_pointers(service: RunningService):
    content = card(dimension("greeting", weight=-1, colour="red"))
    answer = service.client.post("/v1/scorecards", json=content)
    assert answer.status_code == 422
    pointers = {problem["pointer"] for problem in answer.json()["errors"]}
    assert {"/sections/0/dimensions/0/weight", "/sections/0/dimensions/0/colour"} <= pointers


def test_what_is_no_scorecard_is_a_422(service: RunningService):
    for body in (b"", b"[", b"\xff", b"a: &a [*a]", b"- 1", json.dumps("x").encode()):
        headers = {"Content-Type": "application/yaml"}
        assert service.client.post("/v1/scorecards", content=body, headers=headers).status_code == 422


def test_an_unknown_revision_is_a_404(service: RunningService):
    assert service.client.get("/v1/scorecards/inbound-service/revisions/99").status_code == 404
    assert service.client.get("/v1/scorecards/nobody/revisions/1").status_code == 404


def test_a_name_and_a_number_never_come_to_mean_something_else(service: RunningService):
    client = service.client_of("namesake")
    before = client.get("/v1/scorecards/inbound-service/revisions/1").json()
    own = client.post("/v1/scorecards", json=card(dimension("greeting"), name="inbound-service"))
    assert (own.status_code, own.json()["revision"]) == (201, 2)
    assert client.get("/v1/scorecards/inbound-service/revisions/1").json() == before


def test_a_scorecard_of_another_media_type_is_a_415(service: RunningService):
    headers = {"Content-Type": "text/plain"}
    assert service.client.post("/v1/scorecards", content=b"name: x", headers=headers).status_code == 415
