from evals.model_server import ModelServer
from tests.running import running_service
from tests.service.api.test_calibrations import graded, label_all, publish

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
