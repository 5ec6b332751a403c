"""Who is let in, how often, and what a request may look like."""

import json
import socket
import time

import httpx2
import pytest

from service.api import doors
from service.api.rate_limit import RateLimits
from service.api.strict import MOST_BRACKETS, MOST_NESTING, read_json
from service.domain.errors import InvalidInput
from tests.running import RunningService, running_service
from tests.service.api.operations import operations_of
from tests.service.cards import conversation

PUBLIC = ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/nothing")


def nested(depth: int) -> bytes:
    return b"[" * depth + b"1" + b"]" * depth


@pytest.mark.parametrize("path", ["/v1/evaluations", "/v1/evaluations/x/vault", "/v1/nothing", "/v1/"])
def test_a_stranger_hears_401_whatever_else_is_wrong(service: RunningService, path):
    for headers in ({}, {"Authorization": "Basic x"}, {"Authorization": "Bearer qal_guess"}):
        answer = httpx2.post(f"{service.url}{path}?no=such", content=b"{", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    assert httpx2.post(f"{service.url}{path}", content=b" " * 9_000_000).status_code == 401


def test_a_bucket_gives_what_a_minute_allows_and_then_evenly():
    now = [0.0]
    limits = RateLimits(lambda: now[0])
    assert [limits.take("a", 3).wait_s for _ in range(5)] == [0, 0, 0, 20, 20]
    assert limits.take("b", 3).wait_s == 0
    now[0] += 20
    assert limits.take("a", 3) == (3, 0, 0, 60)
    assert limits.take("a", 3).wait_s == 20
    now[0] += 3600
    assert limits.take("a", 3).left == 2
    limits.give_back("a")
    assert limits.take("a", 3).left == 2


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    folder = tmp_path_factory.mktemp("limited")
    with running_service("api", database_url=f"sqlite:///{folder / 'x.db'}", rate_limit=5) as running:
        yield running


def test_a_key_that_asks_too_often_hears_429_and_when_to_come_back(limited: RunningService):
    client = limited.client_of("hasty")
    answers = [client.get("/v1/evaluations") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert [answer.headers["ratelimit"].split(";")[1] for answer in answers[:5]] == [
        "r=4",
        "r=3",
        "r=2",
        "r=1",
        "r=0",
    ]
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["ratelimit-policy"] == '"key";q=5;w=60'
    assert 1 <= int(refused.headers["retry-after"]) <= 12
    assert refused.json()["type"] == "urn:qalibrate:problem:too-many-requests"
    # Another key of the same tenant has its own minute; who watches the process is never held back.
    assert limited.client_of("hasty").get("/v1/evaluations").status_code == 200
    assert all(client.get("/healthz").status_code == 200 for _ in range(10))
    assert "ratelimit" not in client.get("/healthz").headers


def test_a_key_may_have_a_limit_of_its_own(limited: RunningService):
    for limit, passed in ((2, 2), (0, 8)):
        _, secret = limited.factory.keys.create("own", "test", ["read"], rate_limit=limit)
        with httpx2.Client(base_url=limited.url, headers={"Authorization": f"Bearer {secret}"}) as client:
            statuses = [client.get("/v1/evaluations").status_code for _ in range(8)]
        assert statuses == [200] * passed + [429] * (8 - passed)


def test_who_guesses_keys_is_slowed_down_and_who_has_one_is_not(limited: RunningService):
    known = limited.client_of("known")
    assert known.get("/v1/evaluations").status_code == 200
    with httpx2.Client(base_url=limited.url) as guesser:
        for attempt in range(doors.FAILURES_PER_MINUTE + 20):
            headers = {"Authorization": f"Bearer qal_{attempt}", "X-Forwarded-For": f"203.0.113.{attempt}"}
            answer = guesser.get("/v1/evaluations", headers=headers)
            if answer.status_code == 429:
                break
        assert answer.status_code == 429
        assert answer.headers["retry-after"]
        # Past the second in which it needs no look-up.
        time.sleep(1.1)
        assert known.get("/v1/evaluations").status_code == 200


@pytest.mark.parametrize("depth", [MOST_NESTING, 1])
def test_json_may_be_nested(depth):
    assert json.dumps(read_json(nested(depth))) == nested(depth).decode()


@pytest.mark.parametrize("depth", [MOST_NESTING + 1, 150, 100_000])
def test_json_that_is_nested_too_deep_is_refused_with_the_limit(service: RunningService, depth):
    with pytest.raises(InvalidInput, match=str(MOST_NESTING)):
        read_json(b'{"a": ' + nested(depth - 1) + b"}")
    body = b'{"conversation": ' + nested(depth - 1) + b"}"
    answer = service.client.post(
        "/v1/evaluations", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert f"deeper than {MOST_NESTING}" in answer.json()["detail"]


def test_a_parameter_that_is_given_twice_is_refused_rather_than_half_read(service: RunningService):
    answer = service.client.get("/v1/evaluations?agent=a-1&agent=a-2&limit=5")
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["errors"]] == ["/agent"]


def test_many_lists_beside_each_other_are_not_deep():
    assert len(read_json(b"[" + b"[],[[]]," * 500 + b"[]]")) == 1001


@pytest.mark.parametrize("path", [*PUBLIC, "/v1/evaluations", "/v1/evaluations/nobody", "/v1/nothing"])
def test_every_answer_tells_a_browser_to_trust_nothing(service: RunningService, path):
    for client in (service.client, httpx2.Client(base_url=service.url)):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert (headers.get("cache-control") == "no-store") is path.startswith("/v1/")
        assert "server" not in headers
        assert not [name for name in headers if name.startswith("access-control")]


def test_the_page_for_people_asks_nobody_else_for_anything(service: RunningService):
    page = service.client.get("/docs")
    assert page.status_code == 200
    assert "//" not in page.text.replace("<!doctype html>", "")
    for name, kind in (
        ("swagger-ui-bundle.js", "javascript"),
        ("swagger-ui.css", "css"),
        ("start.js", "java"),
    ):
        part = service.client.get(f"/docs/{name}")
        assert part.status_code == 200
        assert kind in part.headers["content-type"]
        assert name in page.text
    assert service.client.get("/docs/core.py").status_code == 404
    assert service.client.get("/docs/..%2fcore.py").status_code == 404


def test_a_body_that_stops_arriving_is_given_up(service: RunningService, monkeypatch):
    monkeypatch.setattr("service.api.strict.BODY_PAUSE_S", 0.2)
    host, port = service.url.removeprefix("http://").split(":")
    lines = (
        "POST /v1/evaluations HTTP/1.1",
        f"Host: {host}",
        f"Authorization: {service.client.headers['Authorization']}",
        "Content-Type: application/json",
        "Content-Length: 100",
    )
    with socket.create_connection((host, int(port)), timeout=30) as slow:
        slow.sendall("\r\n".join((*lines, "", "{")).encode())
        assert slow.recv(100).startswith(b"HTTP/1.1 408")


def test_what_nobody_foresaw_is_a_500_without_its_words(service: RunningService, monkeypatch, capfd):
    def breaks(*_):
        raise KeyError("Ann Lee's card")

    monkeypatch.setattr(service.factory.scorecards, "list", breaks)
    answer = service.client.get("/v1/scorecards")
    assert (answer.status_code, answer.json()["status"]) == (500, 500)
    assert answer.headers["x-content-type-options"] == "nosniff"
    said = capfd.readouterr()
    assert "Ann Lee" not in answer.text + said.out + said.err


def test_conversations_of_many_turns_pass(service: RunningService):
    body = {"conversation": conversation(*["Hello there"] * 200)}
    assert service.client.post("/v1/evaluations", json=body).status_code == 202


def small_422(answer: httpx2.Response) -> list[dict]:
    assert answer.status_code == 422, answer.text[:500]
    assert len(answer.content) < 50_000
    return answer.json()["errors"]


def unknown_keys(count: int) -> dict[str, int]:
    return {f"k{n}": n for n in range(count)}


def test_thousands_of_unknown_keys_get_a_short_answer_from_every_call(service: RunningService):
    client = service.client_of("wordy")
    for one in operations_of(service.client):
        if isinstance(one.example, dict):
            body = one.content(one.example | unknown_keys(25_000))
            small_422(client.request(**one.request(lambda name: "1" if name == "revision" else "x") | body))
    line = json.dumps({"conversation": conversation(), **unknown_keys(25_000)})
    lines = client.post("/v1/batches", content=line, headers={"Content-Type": "application/jsonl"})
    assert [error["pointer"] for error in lines.json()["errors"]] == [""]


@pytest.mark.parametrize(
    "more",
    [
        {"metrics": {str(n): 1 for n in range(25_000)}},
        {"context": [{"title": "x", "text": "x", **unknown_keys(25_000)}]},
        unknown_keys(25_000),
        {"turns": [{"speaker": "agent", "text": "Hello", **unknown_keys(25_000)}]},
        {"turns": [{}] * 10_001},
    ],
)
def test_thousands_of_mistakes_are_counted_rather_than_named(service: RunningService, more):
    body = {"conversation": conversation() | more}
    assert len(small_422(service.client.post("/v1/evaluations", json=body))) == 1
    assert len(small_422(service.client.post("/v1/redactions", json=body))) == 1


def test_the_first_hundred_mistakes_are_named_and_the_rest_counted(service: RunningService):
    body = {"conversation": conversation() | {"turns": [{"speaker": "agent"}] * 5_000}}
    errors = small_422(service.client.post("/v1/evaluations", json=body))
    assert [error["pointer"] for error in errors[98:]] == [
        "/conversation/turns/98/text",
        "/conversation/turns/99/text",
        "",
    ]
    assert errors[-1]["detail"] == "and 4,900 more"


def test_more_labels_than_one_request_may_bring_are_counted_first(service: RunningService):
    answer = service.client.post("/v1/labels", json={"labels": [1] * 60_000})
    assert (answer.status_code, len(answer.content) < 1_000) == (413, True)


def test_millions_of_lists_are_refused_before_they_are_made():
    assert len(read_json(b"[" + b"[]," * (MOST_BRACKETS - 2) + b"1]")) == MOST_BRACKETS - 1
    with pytest.raises(InvalidInput, match="250,000 lists and objects"):
        read_json(b"[" + b"[]," * MOST_BRACKETS + b"1]")


PERSON = "Wilhelmina Featherstonehaugh"
UNTOLD = [
    ("twilio", {"sentences": [{"transcript": "hi", "media_channel": PERSON}]}),
    (
        "deepgram",
        {"results": {"utterances": [{"speaker": PERSON, "transcript": "hi", "start": 0, "end": 1}]}},
    ),
    ("assemblyai", {"utterances": [{"speaker": None, "channel": PERSON, "text": "x", "start": 0, "end": 1}]}),
    ("google-ccai", {"transcript": {"transcriptSegments": [{"text": "hi", "channelTag": PERSON}]}}),
    ("text", f"{PERSON.replace(' ', '   ')} : hi"),
    (
        "webvtt",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Wilhelmina &quot;Wil&quot; Featherstonehaugh &amp; co>hi\n",
    ),
]


@pytest.mark.parametrize(("name", "content"), UNTOLD)
@pytest.mark.parametrize("path", ["/v1/evaluations", "/v1/redactions"])
def test_an_error_about_a_transcript_names_nobody(service: RunningService, path, name, content):
    answer = service.client.post(path, json={"conversation": {"format": name, "content": content}})
    assert "it is not clear who is the agent" in small_422(answer)[0]["detail"]
    assert not any(word in answer.text for word in ("Wil", "ilhelmina", "eatherstone"))


def test_speakers_without_a_name_stay_in_errors(service: RunningService):
    words = {"sentences": [{"transcript": "hi", "media_channel": n} for n in (1, 2, 3)]}
    body = {"conversation": {"format": "twilio", "content": words}}
    [error] = small_422(service.client.post("/v1/evaluations", json=body))
    assert "'channel 1', 'channel 2', 'channel 3'" in error["detail"]
    assert '"speakers": {"channel 1": "agent"}' in error["detail"]


def test_a_mapping_the_wrong_way_round_is_no_way_to_hear_a_name(service: RunningService):
    given = {"format": "text", "content": "Anna: hi", "speakers": {"agent": f"{PERSON} {PERSON} {PERSON}"}}
    answer = service.client.post("/v1/evaluations", json={"conversation": given})
    assert small_422(answer)[0]["pointer"] == "/conversation/speakers"
    assert "Wil" not in answer.text
