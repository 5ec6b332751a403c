from evals.model_server import ModelServer
from tests.running import running_service
from tests.service.api.test_calibrations import graded, label_all, publish
from tests.service.cards import conversation

ENOUGH = 24


def test_a_change_of_the_model_ends_what_was_promised_and_says_so(tmp_path):
    with ModelServer() as model:
        settings = {"database_url": f"sqlite:///{tmp_path / 'x.db'}", "openai_base_url": model.url}
        with running_service(**settings, model="m-1") as service:
            publish(service)
            label_all(service, [graded(service, f"c-{number}") for number in range(ENOUGH)])
            assert service.client.post("/v1/calibrations", json={"scorecard": "own"}).status_code == 201
            assert graded(service, "before")["provenance"]["calibration"] is not None
        with running_service(**settings, model="m-2") as service:
            done = graded(service, "after")
            (kept,) = service.client.get("/v1/calibrations").json()["items"]
    assert done["provenance"]["calibration"] is None
    assert {grade["disposition"] for grade in done["grades"]} == {"needs_review"}
    said = "made with model m-1; this grade was made with model m-2"
    assert said in done["grades"][0]["disposition_reason"]
    assert kept["active"] is True


def test_text_models_of_an_active_calibration_grade_when_they_are_asked_for(tmp_path):
    things = ("money", "parcels")
    with running_service(database_url=f"sqlite:///{tmp_path / 'x.db'}") as service:
        publish(service)
        done = []
        for n in range(56):
            said = conversation(f"Hello, it is about {things[n % 2]}{', well' * n}.", external_id=f"c-{n}")
            one = service.grade(said, scorecard="own")
            done.append(one | {"grades": [{"dimension": "greeting", "level": ("no", "yes")[n % 2]}]})
        label_all(service, done)
        made = service.client.post("/v1/calibrations", json={"scorecard": "own", "grader": "signals"}).json()
        assert (made["learned"], made["active"], made["basis"]["model"]) == (True, True, None)
        asked = [conversation(f"Hello, my {thing}, well.") for thing in things]
        graded_so = [service.grade(one, scorecard="own", grader="learned") for one in asked]
        service.client.delete(f"/v1/calibrations/{made['id']}/activation")
        body = {"conversation": asked[0], "scorecard": "own", "grader": "learned"}
        assert service.client.post("/v1/evaluations", json=body).status_code == 422
    grades = [one["grades"][0] for one in graded_so]
    assert [(grade["grader"], grade["level"]) for grade in grades] == [("learned", "no"), ("learned", "yes")]
    assert {grade["disposition"] for grade in grades} == {"needs_review"}
    assert graded_so[0]["grades"][1]["outcome"] == "ungraded"
