"""The main job with a language model behind a real HTTP server that records what it is sent."""

import json
import re

import pytest

from evals.model_server import Behaviour, ModelServer, failing, refusing
from service.cli.demo import samples
from tests.running import running_service
from tests.service.cards import card, conversation, dimension


class ScriptedServer(ModelServer):
    """A model server whose next answers can be set while it runs."""

    def __init__(self) -> None:
        self._next: list[Behaviour] = []
        super().__init__(iter(self._following, None))

    def script(self, behaviours: list[Behaviour]) -> None:
        self._next[:] = behaviours

    def _following(self) -> Behaviour:
        return self._next.pop(0) if self._next else Behaviour()


@pytest.fixture
def model():
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def service(tmp_path, model):
    url = f"sqlite:///{tmp_path / 'e2e.db'}"
    limits = {"model_timeout_s": 2, "evaluation_timeout_s": 20}
    with running_service(database_url=url, openai_base_url=model.url, model="stand-in", **limits) as running:
        running.client.post("/v1/scorecards", json=card(dimension("greeting"), dimension("closing")))
        yield running


def test_one_request_grades_the_whole_scorecard_with_verified_evidence(service, model):
    done = service.grade(samples()[0], scorecard="inbound-service")
    assert len(model.requests) == 1
    assert done["status"] == "completed"
    assert done["provenance"]["model"]
    assert done["provenance"]["sent_sha256"]
    assert done["usage"]["requests"] == 1
    assert {grade["grader"] for grade in done["grades"]} == {"llm"}
    turns = service.client.get(f"/v1/evaluations/{done['id']}?include=turns").json()["turns"]
    quotes = [e for grade in done["grades"] for e in grade["evidence"]]
    assert quotes
    assert all(turns[e["turn"]]["text"][e["start"] : e["end"]] == e["quote"] for e in quotes)


def test_no_personal_data_of_the_samples_reaches_the_model(service, model, samples_personal_data):
    leaked = []
    for sample in samples():
        service.grade(sample)
        spoken = transcript_in(model.requests[-1].json)
        assert spoken.count("\n") + 1 == len(sample["turns"])
        personal = samples_personal_data[sample["external_id"]]
        leaked += [(sample["external_id"], piece["text"]) for piece in personal if piece["text"] in spoken]
    assert leaked == []


def transcript_in(body: dict) -> str:
    """The turns that a request to the model holds; the scorecard around them is ours."""
    text = "\n".join(message["content"] for message in body["messages"])
    return "\n".join(re.findall(r"^\[\d+\] (?:agent|customer|bot|system): .*$", text, re.MULTILINE))


@pytest.mark.parametrize(
    "script",
    [
        [Behaviour(text="I think the agent did fine.")] * 2,
        [Behaviour(text='{"dimensions": {"greeting": {"applies": true, "ev')] * 2,
        [Behaviour(text="[]"), Behaviour(text="null")],
        [Behaviour(choices=False)] * 10,
        [Behaviour(body=b"<html>gateway</html>")] * 10,
        [Behaviour(finish_reason="length", text="{")] * 2,
        [refusing()] * 2,
        [failing(400, message="bad request")] * 10,
        [failing(401)] * 10,
    ],
    ids=["prose", "half", "other json", "no choices", "html", "cut off", "refusal", "400", "401"],
)
def test_whatever_the_model_answers_the_evaluation_ends_with_reasons(service, model, script):
    model.script(script)
    done = service.grade(conversation(), scorecard="test-card")
    if done["status"] == "failed":
        assert done["error"]["type"] in {"model-away", "model-rejected"}
        assert done["error"]["detail"]
    else:
        assert done["status"] == "completed"
        assert all(grade["ungraded_reason"] for grade in done["grades"])
        assert done["score"]["value"] is None


def test_a_passing_failure_is_waited_out_as_long_as_the_server_asks(service, model):
    model.script([failing(429, retry_after="1"), failing(500), Behaviour()])
    done = service.grade(conversation(), scorecard="test-card")
    assert done["status"] == "completed"
    assert done["score"]["graded"] == 2
    first, second = model.requests[0].at, model.requests[1].at
    assert second - first >= 1


def test_a_model_that_hangs_cannot_hold_an_evaluation(tmp_path, model):
    model.script([Behaviour(hang=True)] * 20)
    limits = {"model_timeout_s": 0.3, "evaluation_timeout_s": 2}
    url = f"sqlite:///{tmp_path / 'hang.db'}"
    with running_service(database_url=url, openai_base_url=model.url, **limits) as service:
        done = service.grade(conversation(), scorecard="inbound-service")
    assert done["status"] == "failed"
    assert done["error"]["type"] in {"timeout", "model-away"}


def test_invented_quotes_are_repaired_once_and_then_left_ungraded(service, model):
    entry = {
        "applies": True,
        "evidence": [{"turn": 0, "quote": "never said"}],
        "absence": None,
        "rationale": "r",
        "level": "yes",
    }
    invented = json.dumps(
        {"dimensions": {"greeting": entry, "closing": entry}, "strengths": [], "improvements": []}
    )
    model.script([Behaviour(text=invented)] * 2)
    done = service.grade(conversation(), scorecard="test-card")
    assert len(model.requests) == 2
    assert {grade["ungraded_reason"] for grade in done["grades"]} == {"evidence not found"}


def test_a_request_may_name_the_embedded_grader(service, model):
    done = service.grade(conversation(), scorecard="inbound-service", grader="signals")
    assert model.requests == []
    assert done["provenance"]["grader"] == "signals"
