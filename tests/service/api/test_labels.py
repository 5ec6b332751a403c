import csv
import io

import pytest

from tests.running import RunningService
from tests.service.cards import conversation

BY_R1 = {"conversation": "crm-1", "scorecard": "inbound-service", "dimension": "greeting", "rater": "r1"}
BY_R1 |= {"level": "yes"}


def post(service: RunningService, *labels, tenant="default", **body):
    client = service.client if tenant == "default" else service.client_of(tenant)
    return client.post("/v1/labels", json={"labels": list(labels), **body})


def test_labels_are_stored_and_listed(service):
    done = post(service, {**BY_R1, "blind": True}, {**BY_R1, "rater": "r2", "level": "na"}, tenant="one")
    assert done.status_code == 200
    assert done.json() | {"notes": []} == {
        "stored": 2,
        "replaced": 0,
        "empty": 0,
        "duplicate_count": 0,
        "conflict_count": 0,
        "problem_count": 0,
        "duplicates": [],
        "conflicts": [],
        "problems": [],
        "notes": [],
    }
    client = service.client_of("one")
    listed = client.get("/v1/labels", params={"scorecard": "inbound-service", "rater": "r1"}).json()
    assert [(x["level"], x["blind"]) for x in listed["items"]] == [("yes", True)]
    page = client.get("/v1/labels", params={"limit": 1}).json()
    rest = client.get("/v1/labels", params={"limit": 1, "cursor": page["next_cursor"]}).json()
    assert {x["rater"] for x in page["items"] + rest["items"]} == {"r1", "r2"}
    assert rest["next_cursor"] is None
    assert service.client_of("two").get("/v1/labels").json()["items"] == []


def test_a_table_is_taken_in_as_well(service):
    text = io.StringIO()
    table = csv.writer(text, delimiter=";")
    table.writerows([("external_id", "dimension", "score"), ("crm-1", "greeting", "1"), ("crm-1", "oh", "1")])
    done = service.client_of("table").post(
        "/v1/labels",
        params={"scorecard": "inbound-service", "rater": "r1", "blind": "true"},
        content=text.getvalue().encode(),
        headers={"Content-Type": "text/csv; charset=utf-8"},
    )
    assert (done.status_code, done.json()["stored"]) == (200, 1)
    assert [(p["row"], p["field"]) for p in done.json()["problems"]] == [(3, "dimension")]
    (label,) = service.client_of("table").get("/v1/labels").json()["items"]
    assert (label["level"], label["rater"], label["blind"]) == ("yes", "r1", True)


def test_conflicts_are_reported_and_replace_overrules(service):
    assert post(service, BY_R1, tenant="conflicts").status_code == 200
    said = post(service, {**BY_R1, "level": "no"}, {**BY_R1, "rater": "r2"}, tenant="conflicts").json()
    assert [(c["row"], c["level"], c["stored_level"]) for c in said["conflicts"]] == [(1, "no", "yes")]
    done = post(service, {**BY_R1, "level": "no"}, tenant="conflicts", replace=True).json()
    assert (done["replaced"], done["conflict_count"]) == (1, 0)
    items = service.client_of("conflicts").get("/v1/labels", params={"rater": "r1"}).json()["items"]
    assert [(x["level"], [e["level"] for e in x["earlier"]]) for x in items] == [("no", ["yes"])]


def test_it_is_a_422_that_points_at_every_bad_field_when_nothing_could_be_kept(service):
    answer = post(service, {**BY_R1, "level": 4.5}, {"rater": 3}, {**BY_R1, "dimension": "oh"})
    assert answer.status_code == 422
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {
        "/labels/0/level",
        "/labels/1/dimension",
        "/labels/1/level",
        "/labels/1/conversation",
        "/labels/2/dimension",
    }


def test_only_conflicts_are_a_422_too(service):
    post(service, BY_R1, tenant="contrary")
    answer = post(service, {**BY_R1, "level": "no"}, tenant="contrary")
    assert answer.status_code == 422
    assert "r1 gave greeting of 'crm-1' the level 'yes' before" in answer.json()["errors"][0]["detail"]


def test_the_lines_of_a_table_are_named_when_nothing_could_be_kept(service):
    answer = service.client.post(
        "/v1/labels", content=b"conversation,score\nc1,3\n", headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 422
    assert {
        "pointer": "/rater",
        "detail": "line 2: it is missing; say who graded, or give a rater for all that do not say",
    } in answer.json()["errors"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"labels": [], "replce": True}, "/replce"), ({}, "/labels"), ({"labels": [1]}, "/labels/0"), ([], "")],
)
def test_a_body_of_another_shape_is_a_422(service, body, pointer):
    answer = service.client.post("/v1/labels", json=body)
    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}


def test_no_labels_are_no_mistake(service):
    assert post(service).json()["stored"] == 0


def test_other_media_types_and_parameters_are_refused(service):
    assert (
        service.client.post("/v1/labels", content=b"x", headers={"Content-Type": "text/plain"}).status_code
        == 415
    )
    assert service.client.get("/v1/labels", params={"dimensions": "greeting"}).status_code == 422
    assert service.client.get("/v1/labels", params={"cursor": "nonsense"}).status_code == 422
    assert service.client.get("/v1/labels", params={"scorecard": "No Card"}).status_code == 422


def test_writing_takes_the_scope_review_and_reading_the_scope_read(service):
    reader, reviewer = service.client_of("scopes", "read"), service.client_of("scopes", "review")
    assert reader.post("/v1/labels", json={"labels": []}).status_code == 403
    assert reviewer.get("/v1/labels").status_code == 403
    assert reviewer.post("/v1/labels", json={"labels": []}).status_code == 200
    assert reader.get("/v1/labels").status_code == 200


def test_another_tenants_evaluation_looks_like_one_that_is_not_there(service):
    theirs = service.grade(conversation(), scorecard="inbound-service")["id"]
    said = [
        post(service, {**BY_R1, "conversation": None, "evaluation": one}, tenant="stranger").json()["errors"]
        for one in (theirs, "0" * 32)
    ]
    assert [
        error[0]["detail"].replace(one, "…") for error, one in zip(said, (theirs, "0" * 32), strict=True)
    ] == ["there is no evaluation '…'"] * 2


def test_labels_of_an_evaluation_are_found_by_it(service):
    done = service.grade(conversation(external_id="crm-77"), scorecard="inbound-service")
    post(
        service,
        {**BY_R1, "conversation": "crm-77"},
        {**BY_R1, "conversation": None, "evaluation": done["id"], "rater": "r2"},
    )
    found = service.client.get("/v1/labels", params={"evaluation": done["id"]}).json()["items"]
    assert {(x["rater"], x["conversation"]) for x in found} == {("r1", "crm-77"), ("r2", "crm-77")}


def test_a_body_that_is_a_list_is_told_what_a_body_is(service):
    answer = service.client.post("/v1/labels", json=[])
    assert answer.json()["errors"] == [
        {"pointer": "", "detail": 'the body is an object such as {"labels": [...]}'}
    ]


def test_more_rows_than_one_request_may_bring_are_a_413(service):
    table = "conversation,dimension,rater,level\n" + "c,greeting,r,\n" * 50_001
    answer = service.client_of("many").post(
        "/v1/labels", content=table.encode(), headers={"Content-Type": "text/csv"}
    )
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:qalibrate:problem:too-many-rows")
    assert "there are more than 50,000 rows in one request; send them in parts" in answer.json()["detail"]


def test_labels_of_a_card_that_is_not_there_are_no_empty_list(service):
    answer = service.client.get("/v1/labels", params={"scorecard": "nope"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:qalibrate:problem:unknown-scorecard")
    assert "there are: " in answer.json()["detail"]


def test_labels_that_fit_nothing_yet_are_stored_and_told_of(service):
    done = post(service, {**BY_R1, "conversation": "nobody", "scorecard": None, "dimension": "gretting"})
    assert done.json()["stored"] == 1
    assert (
        "1 label is of a conversation that has no evaluation yet, e.g. 'nobody'" in done.json()["notes"][-1]
    )
    assert any("no scorecard has a dimension 'gretting'" in note for note in done.json()["notes"])
