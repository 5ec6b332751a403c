"""How much waits in a process for the model, and for how long."""

from evals.model_server import Behaviour, failing
from tests.service.jobs.moody import Moody, asking, awaited, is_final, is_waiting, submit


def test_more_than_can_wait_in_a_process_stay_in_the_queue_and_are_all_graded(tmp_path):
    with Moody() as model, asking(model, tmp_path, concurrency=2) as service:
        model.mood = failing(401)
        ids = [submit(service) for _ in range(6)]
        awaited(service, ids[0], is_waiting)
        awaited(service, ids[1], is_waiting)
        assert awaited(service, ids[-1], lambda seen: seen["status"] == "queued")["waiting"] is None
        model.mood = Behaviour()
        assert {awaited(service, one, is_final)["status"] for one in ids} == {"completed"}


def test_what_was_waited_for_too_long_fails_and_can_be_tried_again(tmp_path):
    with Moody() as model, asking(model, tmp_path, model_away_hours=1 / 3600) as service:
        model.mood = failing(401)
        one = submit(service)
        failed = awaited(service, one, is_final)
        assert (failed["status"], failed["error"]["type"]) == ("failed", "model-refuses-key")
        model.mood = Behaviour()
        again = service.client.post(f"/v1/evaluations/{one}/retry")
        assert (again.status_code, again.json()["status"], again.json()["error"]) == (202, "queued", None)
        assert awaited(service, one, is_final)["status"] == "completed"
