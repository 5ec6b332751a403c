"""The model is away for a while: work waits, says why, and goes on by itself."""

import pytest

from evals.model_server import Behaviour, failing
from tests.service.cards import conversation
from tests.service.jobs.moody import Moody, asking, awaited, is_final, is_waiting, submit


@pytest.fixture(scope="module")
def model():
    with Moody() as server:
        yield server


@pytest.fixture(scope="module")
def service(model, tmp_path_factory):
    with asking(model, tmp_path_factory.mktemp("away")) as running:
        yield running


@pytest.mark.parametrize(
    ("mood", "told"),
    [
        (Behaviour(hang=True), "model-away"),
        (Behaviour(body=b"<html>gateway</html>"), "model-away"),
        (failing(401), "model-refuses-key"),
        (failing(404, code="model_not_found"), "model-misconfigured"),
    ],
    ids=["hangs", "html", "401", "404"],
)
def test_an_evaluation_waits_says_why_and_is_graded_when_the_model_is_back(service, model, mood, told):
    model.mood = mood
    one = submit(service)
    waits = awaited(service, one, is_waiting)
    assert (waits["status"], waits["waiting"]["type"]) == ("queued", told)
    assert waits["waiting"]["detail"]
    assert service.client.get("/readyz").json()["model"] in {"away", "refuses-key", "misconfigured"}
    model.mood = Behaviour()
    done = awaited(service, one, is_final)
    assert (done["status"], done["waiting"]) == ("completed", None)


def test_what_needs_no_model_goes_on_while_others_wait_for_it(service, model):
    model.mood = failing(401)
    waiting = [submit(service) for _ in range(3)]
    awaited(service, waiting[0], is_waiting)
    assert service.grade(conversation(), grader="signals")["status"] == "completed"
    asked = len(model.requests)
    model.mood = Behaviour()
    assert {awaited(service, one, is_final)["status"] for one in waiting} == {"completed"}
    assert asked < len(model.requests)


def test_a_request_that_the_model_rejects_for_itself_fails_alone(service, model):
    model.mood = failing(400, message="no such thing")
    failed = awaited(service, submit(service), is_final)
    assert (failed["status"], failed["error"]["type"]) == ("failed", "model-rejected")
    model.mood = Behaviour()
    assert service.grade(conversation(), scorecard="inbound-service")["status"] == "completed"


def test_one_that_waits_can_be_cancelled(service, model):
    model.mood = failing(401)
    one, other = submit(service), submit(service)
    awaited(service, one, is_waiting)
    assert service.client.delete(f"/v1/evaluations/{one}").json()["status"] == "cancelled"
    model.mood = Behaviour()
    assert awaited(service, other, is_final)["status"] == "completed"
    cancelled = awaited(service, one, is_final)
    assert (cancelled["status"], cancelled["waiting"], cancelled["grades"]) == ("cancelled", None, [])
