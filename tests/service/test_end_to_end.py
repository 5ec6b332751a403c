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
    return "\n".join(
        re.findall(r"^\d+ [a-p]{2} (?:agent|customer|bot|system)(?: after \d+ s)?: .*$", text, re.MULTILINE)
    )


@pytest.mark.parametrize(
    "script",
    [
        [Behaviour(text="I think the agent did fine.")] * 2,
        [Behaviour(text='{"dimensions": {"greeting": {"applies": true, "ev')] * 2,
        [Behaviour(text="[]"), Behaviour(text="null")],
        [Behaviour(choices=False)] * 10,
        [Behaviour(finish_reason="length", text="{")] * 2,
        [refusing()] * 2,
        [failing(400, message="bad request")] * 10,
    ],
    ids=["prose", "half", "other json", "no choices", "cut off", "refusal", "400"],
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


PERSONAL = {
    "en": (
        (
            "John Smith asked Mary Jones to pay with 4111 1111 1111 1111, "
            "to write to j.smith@example.com and to call +1 212 555 0142."
        ),
        ("Smith", "Jones", "1111", "example.com", "0142"),
    ),
    "ru": (
        (
            "Агент Иван Петров продиктовал карту 4111 1111 1111 1111, "
            "почту petrov@example.com и телефон +7 916 123-45-67."
        ),
        ("Иван", "Петров", "1111", "example.com", "45-67"),
    ),
    "zh": (
        "坐席张伟念出了卡号4111111111111111、邮箱zhang@example.com和手机号13800138000。",
        ("张伟", "1111", "example.com", "13800138000"),
    ),
}
TURNS = {
    "en": ("Hello, how can I help you?", "My parcel is late.", "It arrives today. Goodbye!"),
    "ru": ("Здравствуйте, чем могу помочь?", "Посылка опаздывает.", "Она придёт сегодня. До свидания!"),
    "zh": ("您好，请问有什么可以帮您？", "我的快递还没到。", "今天就到，再见！"),
}


def answer_with(words: str, quote: str) -> str:
    """An answer of a model that repeats personal data wherever it may write."""
    evidence = [{"turn": 0, "quote": quote}]
    graded = {"applies": True, "evidence": evidence, "absence": None, "rationale": words, "level": "yes"}
    absence = {"looked_for": words, "from_turn": 0, "to_turn": 2}
    absent = {**graded, "evidence": [], "absence": absence, "level": "no"}
    not_applicable = {**graded, "applies": False, "evidence": [], "level": None}
    point = {"text": words, "turn": 0, "quote": quote}
    dimensions = {"greeting": graded, "closing": absent, "mood": not_applicable}
    coaching = {
        "strengths": [{"dimension": "greeting", **point}],
        "improvements": [{"dimension": "closing", **point}],
    }
    return json.dumps({"dimensions": dimensions, **coaching}, ensure_ascii=False)


def everything_stored(service) -> str:
    with service.factory.database.engine.connect() as connection:
        names = (
            connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        )
        return "".join(str(connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()) for name in names)


@pytest.mark.parametrize("language", ["en", "ru", "zh"])
def test_personal_data_in_a_models_answer_is_neither_stored_nor_returned(service, model, language):
    words, pieces = PERSONAL[language]
    dimensions = (
        dimension("greeting"),
        dimension("closing"),
        dimension("mood", not_applicable="Nobody speaks."),
    )
    service.client.post(
        "/v1/scorecards", json=card(*dimensions, name=f"leaky-{language}", languages=[language])
    )
    model.script([Behaviour(text=answer_with(words, TURNS[language][0]))])
    done = service.grade(conversation(*TURNS[language], language=language), scorecard=f"leaky-{language}")
    assert [grade["outcome"] for grade in done["grades"]] == ["graded", "graded", "not_applicable"]
    assert done["grades"][0]["evidence"][0]["quote"] == TURNS[language][0]
    assert len(done["coaching"]["strengths"]) == len(done["coaching"]["improvements"]) == 1
    told, stored = json.dumps(done, ensure_ascii=False), everything_stored(service)
    assert [piece for piece in pieces if piece in told] == []
    assert [piece for piece in pieces if piece in stored] == []
    assert done["redaction"]["entities"] == {}
    assert {"CREDIT_CARD", "EMAIL_ADDRESS", "PERSON", "PHONE_NUMBER"} <= done["redaction"]["answers"].keys()


def test_the_agents_name_is_lost_from_the_models_answer(service, model):
    model.script([Behaviour(text=answer_with("Ann Lee was polite; well done, Ann.", TURNS["en"][0]))])
    said = conversation(
        "Hello, how can I help you?", *TURNS["en"][1:], agent={"id": "a-1", "name": "Ann Lee"}
    )
    service.grade(said, scorecard="test-card")
    assert "Ann Lee" not in everything_stored(service)


def test_a_model_that_is_called_like_a_person_is_called_as_it_was_configured(service, model):
    body = {"model": "john smith 4111 1111 1111 1111", "choices": [{"message": {"content": "{}"}}]}
    model.script([Behaviour(body=json.dumps(body).encode())] * 2)
    done = service.grade(conversation(), scorecard="test-card")
    assert done["provenance"]["model"] == "stand-in"
