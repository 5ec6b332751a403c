"""Another tenant's key, on every call there is: no row, no hint that anything is there."""

import json
import re
import uuid
from typing import Any

import httpx2
import pytest
from cryptography.fernet import Fernet

from tests.running import RunningService, running_service
from tests.service.api.operations import HIDDEN, Operation, operations_of, routed
from tests.service.cards import card, conversation, dimension

CALLBACK = "http://127.0.0.1:9/nobody-listens"
OWN_CARD = "owners-card"
OWN_CALL = "owners-call"
OWN_AGENT = "owners-agent"

BUILT_IN_OR_OWN = {"/v1/scorecards": "built-in cards are everybody's", "/v1/audit": "what was done to it"}
"""Lists that are not empty for a tenant without data."""

NAMES_NOTHING = {"/v1/scorecards"}
"""Calls whose bodies bring something new and name nothing that is there."""


class Things:
    """A tenant with one of everything; each is made when it is first asked for, by the parameter's name."""

    def __init__(self, client: httpx2.Client) -> None:
        self.client = client
        self.made: dict[str, str] = {"name": OWN_CARD, "revision": "1"}
        self._post("/v1/scorecards", card(dimension("greeting", signals=["greeting"]), name=OWN_CARD))
        for _ in range(3):
            self.made["evaluation_id"] = self._evaluation()

    def __call__(self, name: str) -> str:
        """Return the id of a thing. A name that nobody has taught us is one of a call that is new here: give
        it a method below, so that this test covers it.
        """
        if name not in self.made:
            self.made[name] = getattr(self, f"_{name}")()
        return self.made[name]

    def _evaluation(self) -> str:
        turns = ("Hello, this is Ann Lee.", "My card is 4111 1111 1111 1111.", "Thank you. Goodbye!")
        spoken = conversation(*turns, external_id=OWN_CALL, agent={"id": OWN_AGENT, "team": "owners-team"})
        body = {"conversation": spoken, "scorecard": OWN_CARD, "callback_url": CALLBACK}
        headers = {"Prefer": "wait=50", "Idempotency-Key": f"owners-{uuid.uuid4().hex}"}
        return self._post("/v1/evaluations", body, **headers)["id"]

    def _calibration_id(self) -> str:
        label = {"evaluation": self.made["evaluation_id"], "dimension": "greeting", "rater": "owners-rater"}
        self._post("/v1/labels", {"labels": [label | {"level": "yes", "blind": True}]})
        return self._post("/v1/calibrations", {"scorecard": OWN_CARD, "activate": False})["id"]

    def _appeal_id(self) -> str:
        appeal = {"dimension": "greeting", "by": OWN_AGENT, "reason": "I did greet."}
        return self._post(f"/v1/evaluations/{self.made['evaluation_id']}/appeals", appeal)["id"]

    def _session_id(self) -> str:
        people = {"name": "Round", "raters": ["owners-rater", "r2"]}
        request = people | {"evaluations": [self.made["evaluation_id"]]}
        return self._post("/v1/calibration-sessions", request)["id"]

    def _delivery_id(self) -> str:
        return self.client.get("/v1/webhooks/deliveries").json()["items"][0]["id"]

    def _batch_id(self) -> str:
        line = {"conversation": conversation("Hello", external_id=OWN_CALL), "scorecard": OWN_CARD}
        kind = {"Content-Type": "application/x-ndjson"}
        return self.client.post("/v1/batches", content=json.dumps(line), headers=kind).json()["id"]

    def _appeal_id(self) -> str:
        appeal = {"dimension": "greeting", "by": OWN_AGENT, "reason": "I said hello."}
        return self._post(f"/v1/evaluations/{self.made['evaluation_id']}/appeals", appeal)["id"]

    def _session_id(self) -> str:
        asked = {"name": "owners-round", "evaluations": [self.made["evaluation_id"]], "raters": ["r1", "r2"]}
        opened = self._post("/v1/calibration-sessions", asked)
        self.client.headers["Rater-Token"] = opened["tokens"]["r1"]
        return opened["id"]

    def _post(self, path: str, body: Any, **headers: str) -> Any:
        answer = self.client.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()


def unknown(name: str) -> str:
    """Return a value like those of `Things` that nobody has."""
    return {"name": "nobodys-card", "revision": "1"}.get(name) or uuid.uuid4().hex


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tenants")
    with running_service(
        database_url=f"sqlite:///{folder / 'service.db'}",
        vault_key=Fernet.generate_key().decode(),
        secret_key=Fernet.generate_key().decode(),
        allow_private_callbacks=True,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def things(service: RunningService) -> Things:
    return Things(service.client_of("owner"))


@pytest.fixture(scope="module")
def stranger(service: RunningService, things: Things) -> httpx2.Client:
    return service.client_of("stranger")


@pytest.fixture(scope="module")
def operations(service: RunningService) -> list[Operation]:
    return [one for one in operations_of(service.client) if one.path.startswith("/v1/")]


def ids_of(made: dict[str, str]) -> list[str]:
    """Return what tells one thing from others."""
    return [value for name, value in made.items() if name != "revision"]


def told(answer: httpx2.Response, *ids: str) -> tuple[Any, ...]:
    """Return all that an answer tells, without the ids that were asked for and what is new in each answer."""
    fleeting = {"date", "content-length", "location"}
    headers = sorted((k, v) for k, v in answer.headers.multi_items() if k not in fleeting)
    text = answer.text
    for one in ids:
        text = text.replace(one, "<id>")
    text = re.sub(r"\b[0-9a-f]{32}\b", "<hex>", text)
    return answer.status_code, headers, re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "<time>", text)


def test_every_address_is_in_the_document_or_known_to_hold_nothing(service: RunningService, operations):
    from service.app import create_app

    documented = {(one.method, one.path) for one in operations_of(service.client)}
    for method, path in routed(create_app(service.factory).routes):
        assert (method, path) in documented or path in HIDDEN, f"{method} {path} is in no document"


def test_another_tenants_id_is_exactly_an_unknown_one(things: Things, stranger, operations):
    asked = [one for one in operations if one.path_parameters]
    assert len(asked) >= 7
    for one in asked:
        theirs = stranger.request(**one.request(things))
        nobodys = {name: unknown(name) for name in one.path_parameters}
        none = stranger.request(**one.request(nobodys.__getitem__))
        assert theirs.status_code == 404, f"{one.label}: {theirs.text}"
        assert told(theirs, *ids_of(things.made)) == told(none, *ids_of(nobodys)), one.label


def test_other_tenants_lists_are_empty_whatever_is_asked_for(service, things: Things, stranger, operations):
    given = {"agent": OWN_AGENT, "scorecard": OWN_CARD, "conversation": OWN_CALL, "rater": "owners-rater"}
    given |= {
        "evaluation": things("evaluation_id"),
        "subject": things("evaluation_id"),
        "dimension": "greeting",
    }
    _ = things("calibration_id"), things("delivery_id")
    marks = {*ids_of(things.made), *given.values()}
    lists = [one for one in operations if one.method == "GET" and not one.path_parameters]
    for one in lists:
        known = {name: value for name, value in given.items() if name in one.query_parameters}
        for query in ({}, *({name: value} for name, value in known.items())):
            answer = stranger.get(one.path, params=one.required_query | query)
            told_of = answer.text.replace(*next(((v, "") for v in query.values()), ("\0", "")))
            assert not [mark for mark in marks - {"greeting"} if mark in told_of], (one.label, query)
            if one.path not in BUILT_IN_OR_OWN and answer.is_success:
                assert not answer.json().get("items"), (one.label, query)


def test_a_cursor_of_another_tenants_list_leads_to_nothing(things: Things, stranger, operations):
    for one in operations:
        if "cursor" not in one.query_parameters:
            continue
        if one.path_parameters:
            continue
        page = things.client.get(one.path, params=one.required_query | {"limit": 1}).json()
        if page["next_cursor"] is None:
            continue
        followed = stranger.get(one.path, params=one.required_query | {"cursor": page["next_cursor"]})
        assert followed.status_code == 200, one.label
        if one.path not in BUILT_IN_OR_OWN:
            assert followed.json() | {"items": [], "next_cursor": None} == followed.json(), one.label


def renamed(value: Any, names: dict[str, str]) -> Any:
    """Return an example with the ids in it replaced, wherever they stand."""
    if isinstance(value, list):
        return [renamed(one, names) for one in value]
    if isinstance(value, dict):
        return {k: names.get(k, v) if isinstance(v, str) else renamed(v, names) for k, v in value.items()}
    return value


def test_naming_another_tenants_things_in_a_body_is_naming_nothing(things: Things, stranger, operations):
    for one in operations:
        if not isinstance(one.example, dict) or one.path_parameters or one.path in NAMES_NOTHING:
            continue
        theirs = {"scorecard": OWN_CARD, "external_id": OWN_CALL, "evaluation": things("evaluation_id")}
        theirs |= {"evaluation_id": things("evaluation_id")}
        if one.path == "/v1/labels":
            theirs["conversation"] = OWN_CALL
        nobodys = {name: f"nobodys-{name[:4]}" for name in theirs}
        nobodys |= {"evaluation": uuid.uuid4().hex, "evaluation_id": uuid.uuid4().hex}
        answers = [
            stranger.request(one.method, one.path, **one.content(renamed(one.example, names)))
            for names in (theirs, nobodys)
        ]
        first, second = (told(a, *n.values()) for a, n in zip(answers, (theirs, nobodys), strict=True))
        assert first == second, one.label


def test_another_tenants_idempotency_key_is_a_free_one(things: Things, service: RunningService):
    other = service.client_of("other")
    answers = []
    for client, text in ((things.client, "Hello"), (other, "Goodbye"), (other, "Goodbye")):
        body = {"conversation": conversation(text), "scorecard": "inbound-service"}
        answers.append(client.post("/v1/evaluations", json=body, headers={"Idempotency-Key": "same"}))
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    ids = [answer.json()["id"] for answer in answers]
    assert ids[0] != ids[1] == ids[2]


def test_what_was_asked_for_is_really_there_for_its_owner(things: Things, operations):
    """Last in this file: it also does what drops things."""
    order = {"GET": 0, "PUT": 1, "POST": 2, "PATCH": 3, "DELETE": 4}
    asked = [one for one in operations if one.path_parameters]
    for one in sorted(asked, key=lambda one: (order[one.method], -len(one.path))):
        answer = things.client.request(**one.request(things))
        assert answer.status_code not in (401, 403, 404, 500), f"{one.label}: {answer.text}"


def test_the_strangers_own_trace_is_no_more_than_its_own(things: Things, stranger):
    lines = json.dumps(stranger.get("/v1/audit").json()["items"])
    assert things("evaluation_id") not in lines
