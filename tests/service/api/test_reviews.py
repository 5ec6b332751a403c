"""Reviews, appeals and calibration sessions as a plugin meets them: over HTTP, with the worker behind."""

import time

import pytest

from service.api.examples import ANSWERS_REQUEST, APPEAL_REQUEST, EVALUATION_REQUEST, REVIEW_REQUEST
from tests.running import RunningService


@pytest.fixture(scope="module")
def evaluation(service: RunningService) -> dict:
    return service.grade(EVALUATION_REQUEST["conversation"], scorecard="inbound-service")


@pytest.fixture
def another(service: RunningService) -> dict:
    return service.grade(EVALUATION_REQUEST["conversation"], scorecard="inbound-service")


def grade_of(evaluation, name):
    return next(grade for grade in evaluation["grades"] if grade["dimension"] == name)


def when_regraded(service: RunningService, appeal):
    deadline = time.monotonic() + 60
    while appeal["regrade"] is None:
        assert time.monotonic() < deadline, "nothing graded it anew"
        time.sleep(0.05)
        appeal = service.client.get(f"/v1/appeals/{appeal['id']}").json()
    return appeal


def test_the_result_that_is_waited_for_says_that_a_person_is_needed(service: RunningService, evaluation):
    assert evaluation["review_state"] == "open"
    assert service.client.get(f"/v1/evaluations/{evaluation['id']}").json() == evaluation


def test_what_needs_a_person_stands_in_the_queue_until_all_of_it_is_decided(service: RunningService, another):
    queue = {"agent": "a-17", "limit": 200}
    listed = service.client.get("/v1/reviews/queue", params=queue).json()["items"]
    (item,) = [one for one in listed if one["evaluation"] == another["id"]]
    assert {one["dimension"] for one in item["dimensions"]} == {g["dimension"] for g in another["grades"]}
    path = f"/v1/evaluations/{another['id']}/reviews"
    first = service.client.post(path, json=REVIEW_REQUEST)
    assert first.status_code == 201
    assert first.json()["evaluation"]["review_state"] == "open"
    names = [one["dimension"] for one in item["dimensions"]]
    rest = [{"dimension": n, "verdict": "accept"} for n in names if n not in ("greeting", "listening")]
    done = service.client.post(path, json={"reviewer": "r2", "verdicts": rest}).json()["evaluation"]
    assert done["review_state"] == "done"
    assert (grade_of(done, "listening")["level"], grade_of(done, "listening")["review"]["level"]) == (None, 3)
    assert done["reviewed_score"]["graded"] == done["score"]["graded"] + 1
    listed = service.client.get("/v1/reviews/queue", params=queue).json()["items"]
    assert another["id"] not in [one["evaluation"] for one in listed]
    found = service.client.get("/v1/evaluations", params={"disposition": "reviewed"}).json()["items"]
    assert [one["id"] for one in found] == [another["id"]]
    history = service.client.get(path).json()["items"]
    assert len(history) == len(names)


def test_the_same_review_sent_again_is_one_review(service: RunningService, another):
    path, once = f"/v1/evaluations/{another['id']}/reviews", {"Idempotency-Key": "again"}
    answers = [service.client.post(path, json=REVIEW_REQUEST, headers=once) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["reviews"] == answers[1].json()["reviews"]
    other = {**REVIEW_REQUEST, "reviewer": "r2"}
    assert service.client.post(path, json=other, headers=once).status_code == 409


def test_who_holds_an_evaluation_holds_it_alone(service: RunningService, another):
    path = f"/v1/evaluations/{another['id']}/claim"
    assert service.client.put(path, json={"by": "r1"}).status_code == 200
    assert service.client.put(path, json={"by": "r2"}).status_code == 409
    refused = service.client.post(
        f"/v1/evaluations/{another['id']}/reviews", json={**REVIEW_REQUEST, "reviewer": "r2"}
    )
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    held = service.client.get("/v1/reviews/queue", params={"assignee": "r1"}).json()["items"]
    assert [one["evaluation"] for one in held] == [another["id"]]
    assert service.client.delete(path).status_code == 204
    assert service.client.put(path, json={"by": "r2"}).status_code == 200


@pytest.mark.parametrize(
    "verdict",
    [
        {"dimension": "listening", "verdict": "overrule", "level": 3},
        {"dimension": "listening", "verdict": "overrule", "reason": "No."},
        {"dimension": "listening", "verdict": "accept", "blind": True},
        {"dimension": "listening", "verdict": "perhaps"},
    ],
)
def test_half_a_verdict_is_refused(service: RunningService, evaluation, verdict):
    body = {"reviewer": "r1", "verdicts": [verdict]}
    answer = service.client.post(f"/v1/evaluations/{evaluation['id']}/reviews", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/verdicts/0")


def test_an_appeal_is_graded_anew_by_the_worker_and_decided_by_a_person(service: RunningService, another):
    filed = service.client.post(f"/v1/evaluations/{another['id']}/appeals", json=APPEAL_REQUEST)
    assert filed.status_code == 201, filed.text
    appeal = when_regraded(service, filed.json())
    assert filed.headers["Location"] == f"/v1/appeals/{appeal['id']}"
    assert (appeal["state"], appeal["quote"]["turn"]) == ("regraded", 0)
    undecided = service.client.get("/v1/appeals", params={"state": "undecided"}).json()["items"]
    assert appeal["id"] in [one["id"] for one in undecided]
    # Rules that measure again find the same, and say what that is worth.
    assert (appeal["regrade"]["same_answer"], appeal["regrade"]["cites_quote"]) == (True, True)
    assert "no second opinion" in appeal["regrade"]["note"]
    assert appeal["regrade"]["grade"]["level"] == appeal["contested"]["level"] == "yes"
    decision = {"by": "r9", "verdict": "upheld", "reason": "She is right."}
    path = f"/v1/appeals/{appeal['id']}/decisions"
    assert service.client.post(path, json=decision).json()["errors"][0]["pointer"] == "/level"
    decided = service.client.post(path, json=decision | {"level": "no"})
    assert decided.status_code == 201, decided.text
    grade = grade_of(decided.json()["evaluation"], "greeting")
    assert (grade["level"], grade["review"]["level"], grade["review"]["appeal"]) == (
        "yes",
        "no",
        appeal["id"],
    )
    assert decided.json()["effects"][0]["used_by_calibration"] is False
    assert service.client.post(path, json=decision).status_code == 409
    listed = service.client.get("/v1/appeals", params={"evaluation": another["id"], "state": "decided"})
    assert [one["id"] for one in listed.json()["items"]] == [appeal["id"]]


def test_a_session_shows_answers_only_once_it_is_closed(service: RunningService, evaluation):
    request = {"name": "Round", "evaluations": [evaluation["id"]], "raters": ["r1", "r2"]}
    opened = service.client.post("/v1/calibration-sessions", json=request)
    assert opened.status_code == 201, opened.text
    path = opened.headers["Location"]
    tokens = opened.json()["tokens"]
    asked = {"rater": "r2", "token": tokens["r2"]}
    sheet = service.client.get(f"{path}/sheet", params=asked).json()
    assert "<CREDIT_CARD_1>" in sheet["conversations"][0]["turns"][1]["text"]
    assert service.client.get(f"{path}/sheet").status_code == 422
    answers = {
        **ANSWERS_REQUEST,
        "answers": [{**ANSWERS_REQUEST["answers"][0], "evaluation": evaluation["id"]}],
    }
    anybody = service.client.post(f"{path}/answers", json=answers)
    assert (anybody.status_code, anybody.headers["content-type"]) == (403, "application/problem+json")
    mine = {"Rater-Token": tokens["r1"]}
    handed_in = service.client.post(f"{path}/answers", json=answers, headers=mine)
    assert (handed_in.status_code, handed_in.json()["answered"]) == (201, {"r1": 1, "r2": 0})
    assert service.client.get(f"{path}/results").status_code == 409
    closed = service.client.post(f"{path}/close").json()
    (greeting,) = [one for one in closed["dimensions"] if one["dimension"] == "greeting"]
    (item,) = greeting["items"]
    assert (item["answers"], item["machine"], item["spread"]) == ({"r1": "yes"}, "yes", None)
    assert service.client.get(f"{path}/results").json() == closed
    assert service.client.post(f"{path}/answers", json=answers, headers=mine).status_code == 409


def test_an_erased_evaluation_is_gone_for_reviews_and_appeals_too(service: RunningService, another):
    path = f"/v1/evaluations/{another['id']}"
    appeal = service.client.post(f"{path}/appeals", json=APPEAL_REQUEST).json()
    assert service.client.post(f"{path}/reviews", json=REVIEW_REQUEST).status_code == 201
    assert service.client.delete(path, params={"erase": "true"}).is_success
    for call in ("reviews", "appeals"):
        body = {"reviews": REVIEW_REQUEST, "appeals": APPEAL_REQUEST}[call]
        assert service.client.post(f"{path}/{call}", json=body).status_code == 410
    assert service.client.get(f"{path}/reviews").status_code == 410
    left = service.client.get(f"/v1/appeals/{appeal['id']}").text
    assert "first words" not in left
    assert "Good morning" not in left
    listed = service.client.get("/v1/reviews/queue", params={"limit": 200}).json()["items"]
    assert another["id"] not in [one["evaluation"] for one in listed]
