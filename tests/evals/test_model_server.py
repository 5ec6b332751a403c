import json
import subprocess
import sys
import time

import httpx2
import pytest

from evals.model_server import NOTHING_JUDGED, Behaviour, ModelServer, failing, stand_in_answer

CHAT = "/chat/completions"


def post(server, body=None):
    return httpx2.post(
        server.url + CHAT, json={"model": "m", "messages": []} if body is None else body, timeout=5
    )


def test_it_answers_like_a_chat_completion_and_records_what_came():
    with ModelServer() as server:
        answer = post(server, {"model": "m", "messages": [{"role": "user", "content": "hi"}]}).json()
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["model"] == "m"
    assert set(answer["usage"]) >= {"prompt_tokens", "completion_tokens", "total_tokens"}
    assert json.loads(server.requests[0].body)["messages"][0]["content"] == "hi"


def test_the_script_is_used_up_and_then_the_default_answers():
    with ModelServer([failing(429, retry_after="3"), Behaviour(text="x")], default=failing(503)) as server:
        first, second, third = post(server), post(server), post(server)
    assert (first.status_code, first.headers["Retry-After"]) == (429, "3")
    assert second.json()["choices"][0]["message"]["content"] == "x"
    assert third.status_code == 503


def test_latency_is_what_was_asked_for():
    with ModelServer(default=Behaviour(latency_s=0.15)) as server:
        started = time.perf_counter()
        post(server)
    assert 0.15 <= time.perf_counter() - started < 1


def test_an_answer_comes_without_the_delay_of_small_packets():
    with ModelServer() as server, httpx2.Client() as client:
        started = time.perf_counter()
        for _ in range(20):
            client.post(server.url + CHAT, json={"model": "m"})
    assert time.perf_counter() - started < 0.6


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b'"x"', b"\xff"])
def test_any_body_is_answered(body):
    with ModelServer() as server:
        assert httpx2.post(server.url + CHAT, content=body).status_code == 200


def test_a_hanging_request_does_not_keep_the_server_from_closing():
    started = time.perf_counter()
    with ModelServer(default=Behaviour(hang=True)) as server, pytest.raises(httpx2.TimeoutException):
        httpx2.post(server.url + CHAT, json={}, timeout=0.1)
    assert time.perf_counter() - started < 2


def test_the_stand_in_says_that_it_judged_nothing():
    entry = {
        "properties": {
            "evidence": {"items": {"$ref": "#/$defs/customer_quote"}},
            "level": {"type": "string", "enum": ["low", "high"]},
        }
    }
    schema = {"properties": {"dimensions": {"properties": {"d": entry}}}}
    request = {
        "response_format": {"type": "json_schema", "json_schema": {"schema": schema}},
        "messages": [{"role": "user", "content": "[0] agent: Hello\n[1] customer: " + "word " * 60}],
    }
    answer = json.loads(stand_in_answer(request))["dimensions"]["d"]
    assert answer["rationale"] == NOTHING_JUDGED
    assert answer["level"] == "low"
    assert answer["evidence"][0]["turn"] == 1
    assert ("word " * 60).startswith(answer["evidence"][0]["quote"])
    assert stand_in_answer(request) == stand_in_answer(request)


def test_it_starts_from_a_shell():
    command = [sys.executable, "-m", "evals.model_server", "--port", "0", "--latency-ms", "5"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stderr.readline()
        assert "grades nothing" in line
        url = line.split()[-1]
        assert httpx2.post(url + CHAT, json={"model": "m"}).status_code == 200
        assert httpx2.get(url + "/models").json()["data"]
    finally:
        process.terminate()
        process.wait(5)
        process.stderr.close()
