"""From grades to labels to a promise, over HTTP."""

import asyncio
import json

import pytest

from evals.model_server import ModelServer
from service.cli import run
from service.formats.label_fields import Defaults
from service.usecases.labels import ImportLabels
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from tests.running import RunningService, running_service
from tests.service.cards import YES_NO, conversation, dimension
from tests.service.cards import card as a_card

CONVERSATIONS = 32
CARD = a_card(
    dimension("greeting", scale={**YES_NO, "levels": YES_NO["levels"][::-1]}),
    dimension("closing"),
    name="own",
)


def publish(service: RunningService, **changes):
    assert service.client.post("/v1/scorecards", json=CARD | changes).is_success


def graded(service: RunningService, name: str, **request) -> dict:
    said = conversation("Hello, how can I help?", f"My parcel {name} is late.", "Sorry. Goodbye!")
    return service.grade(said | {"external_id": name}, scorecard="own", **request)


def levels(evaluation: dict) -> dict:
    return {grade["dimension"]: grade["level"] for grade in evaluation["grades"]}


def label_all(service: RunningService, evaluations: list[dict], card: str = "own") -> None:
    """People agree with every grade."""
    lines = [
        {"conversation": one["external_id"], "dimension": name, "level": level, "rater": "r1", "blind": True}
        for one in evaluations
        for name, level in levels(one).items()
        if level is not None
    ]
    labels = ImportLabels(service.factory.database, WorkPool(0), Policies())
    content = "\n".join(json.dumps(line) for line in lines).encode()
    done = asyncio.run(labels("default", content, Defaults(scorecard=card)))
    assert not done.problems, done


@pytest.fixture(scope="module")
def model():
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def settings(tmp_path_factory, model):
    folder = tmp_path_factory.mktemp("calibrations")
    return {"database_url": f"sqlite:///{folder / 'x.db'}", "openai_base_url": model.url, "model": "m-1"}


@pytest.fixture(scope="module")
def calibrated(settings):
    """A service with labelled grades and a calibration of them."""
    with running_service(**settings) as service:
        publish(service)
        evaluations = [graded(service, f"c-{number}") for number in range(CONVERSATIONS)]
        before = service.client.post("/v1/calibrations", json={"scorecard": "own"})
        label_all(service, evaluations)
        made = service.client.post("/v1/calibrations", json={"scorecard": "own"})
        yield service, before, made


def test_without_labels_it_is_said_what_is_missing(calibrated):
    _, before, _ = calibrated
    assert (before.status_code, before.json()["type"]) == (422, "urn:qalibrate:problem:too-few-labels")
    assert f"nobody has graded any of the {CONVERSATIONS} conversations" in before.json()["detail"]


def test_a_calibration_is_made_kept_and_followed(calibrated):
    service, _, made = calibrated
    assert made.status_code == 201, made.text
    report = made.json()
    assert (report["active"], report["conversations"]) == (True, CONVERSATIONS)
    assert report["basis"]["model"] == "m-1"
    promise = report["dimensions"][0]["certificate"]
    assert (promise["wrong"], promise["accepted_share"]) == (0, 1.0)
    assert service.client.get(made.headers["location"]).json() == report
    listed = {one["id"]: one for one in service.client.get("/v1/calibrations").json()["items"]}
    assert (listed[report["id"]]["active"], listed[report["id"]]["grader"]) == (True, "llm")


def test_new_grades_are_accepted_with_the_reason(calibrated):
    service, _, made = calibrated
    done = graded(service, "new")
    assert done["provenance"]["calibration"] == made.json()["id"]
    by_name = {grade["dimension"]: grade for grade in done["grades"]}
    assert by_name["greeting"]["disposition"] == "auto_accepted"
    assert "at most 10 % of such grades" in by_name["greeting"]["disposition_reason"]
    assert by_name["greeting"]["raw_confidence"] is not None


def test_another_grader_follows_nothing(calibrated):
    service, _, _ = calibrated
    done = graded(service, "rules", grader="signals")
    assert done["provenance"]["calibration"] is None
    assert {grade["disposition"] for grade in done["grades"]} == {"needs_review"}


def test_deactivating_and_activating_take_effect_at_once_and_are_repeatable(calibrated):
    service, _, made = calibrated
    address = f"{made.headers['location']}/activation"
    for _ in range(2):
        assert service.client.delete(address).json()["active"] is False
        assert graded(service, "off")["provenance"]["calibration"] is None
    first = service.client.put(address).json()
    assert (first["active"], service.client.put(address).json()) == (True, first)
    assert graded(service, "on")["provenance"]["calibration"] == made.json()["id"]


def test_a_change_of_the_scorecard_ends_what_was_promised(calibrated):
    service, _, _ = calibrated
    publish(service, pass_mark=70)
    done = graded(service, "changed")
    publish(service)
    assert done["provenance"]["calibration"] is None
    assert "this scorecard has another content" in done["grades"][0]["disposition_reason"]
    assert graded(service, "back")["provenance"]["calibration"] is not None


def test_another_tenant_sees_and_changes_nothing(calibrated):
    service, _, made = calibrated
    other = service.client_of("other")
    address = made.headers["location"]
    assert other.get(address).status_code == 404
    assert other.put(f"{address}/activation").status_code == 404
    assert other.delete(f"{address}/activation").status_code == 404
    assert other.get("/v1/calibrations").json()["items"] == []
    assert other.post("/v1/calibrations", json={"scorecard": "own"}).status_code == 422


def test_it_takes_an_administrator(calibrated):
    service, _, made = calibrated
    reader = service.client_of("default", "submit", "read")
    assert reader.get(made.headers["location"]).status_code == 200
    assert reader.post("/v1/calibrations", json={"scorecard": "own"}).status_code == 403
    assert reader.put(f"{made.headers['location']}/activation").status_code == 403


def test_the_same_labels_and_seed_give_the_same_calibration(calibrated):
    service, _, _ = calibrated
    request = {"scorecard": "own@1", "seed": 7, "activate": False}
    made = [service.client.post("/v1/calibrations", json=request).json() for _ in range(2)]
    own = {"id", "created_at"}
    assert [{k: v for k, v in one.items() if k not in own} for one in made] == [
        {k: v for k, v in made[0].items() if k not in own}
    ] * 2
    assert not made[0]["active"]


def test_pages_of_the_list_join(calibrated):
    service, _, _ = calibrated
    for seed in range(3):
        request = {"scorecard": "own@1", "seed": seed, "activate": False}
        assert service.client.post("/v1/calibrations", json=request).status_code == 201
    whole = service.client.get("/v1/calibrations", params={"scorecard": "own"}).json()["items"]
    seen, cursor = [], None
    while True:
        page = service.client.get(
            "/v1/calibrations", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
        )
        seen += page.json()["items"]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert seen == whole
    assert len(whole) >= 4


def test_the_learned_grader_is_refused_without_text_models(calibrated):
    service, _, _ = calibrated
    body = {"conversation": conversation(), "scorecard": "own", "grader": "learned"}
    answer = service.client.post("/v1/evaluations", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:qalibrate:problem:grader-not-configured")
    assert "needs an active calibration of 'own' with text models" in answer.json()["detail"]


def test_what_learned_graded_is_not_calibrated(calibrated):
    service, _, _ = calibrated
    request = {"scorecard": "own", "grader": "learned"}
    assert service.client.post("/v1/calibrations", json=request).status_code == 422


def test_the_command_line_calibrates_what_the_service_holds(calibrated, capfd, monkeypatch, settings):
    service, _, _ = calibrated
    monkeypatch.setenv("QALIBRATE_DATABASE_URL", settings["database_url"])
    arguments = ["calibrate", "--scorecard", "own@1", "--grader", "llm", "--no-activate", "--format", "json"]
    assert run(arguments) == 0
    made = json.loads(capfd.readouterr().out.splitlines()[-1])
    stored = service.client.get(f"/v1/calibrations/{made['id']}").json()
    assert (stored["active"], stored["conversations"]) == (False, CONVERSATIONS)
    assert run([*arguments[:-3], "--activate"]) == 0
    assert "new grades of llm on own follow calibration" in capfd.readouterr().err


def test_a_single_label_is_a_report_and_nothing_to_activate(calibrated):
    service, _, _ = calibrated
    assert service.client.post("/v1/scorecards", json=CARD | {"name": "few"}).is_success
    said = conversation("Hello!", "Hi.", external_id="few-1")
    label_all(service, [service.grade(said, scorecard="few")], card="few")
    request = {"scorecard": "few"}
    refused = service.client.post("/v1/calibrations", json=request)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:qalibrate:problem:too-few-labels")
    assert "there is nothing to activate yet" in refused.json()["detail"]
    report = service.client.post("/v1/calibrations", json=request | {"activate": False})
    assert (report.status_code, report.json()["conversations"]) == (201, 1)
