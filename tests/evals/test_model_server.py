import json
import subprocess
import sys
import time

import httpx2
import jsonschema_rs
import pytest

from evals.model_server import NOTHING_JUDGED, Behaviour, ModelServer, failing, stand_in_answer
from service.grading.facts import FACT_NAMES
from service.grading.schema import answer_schema, collect_schema
from tests.service.grading.building import a_card, a_dimension, three_dimensions

CHAT = "/chat/completions"


def a_request(card, transcript, **changes):
    """What arrives for `card`, with the whole schema that is in use."""
    schema = answer_schema(card.dimensions, facts=FACT_NAMES)
    return {
        "model": "m",
        "response_format": {"type": "json_schema", "json_schema": {"schema": schema}},
        "messages": [{"role": "user", "content": transcript}],
        **changes,
    }


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
    assert 0.15 <= time.perf_counter() - started < 10


def test_an_answer_comes_without_the_delay_of_small_packets():
    with ModelServer() as server, httpx2.Client() as client:
        started = time.perf_counter()
        for _ in range(200):
            client.post(server.url + CHAT, json={"model": "m"})
    # Forty milliseconds each would be eight seconds.
    assert time.perf_counter() - started < 6


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b'"x"', b"\xff"])
def test_any_body_is_answered(body):
    with ModelServer() as server:
        assert httpx2.post(server.url + CHAT, content=body).status_code == 200


def test_a_hanging_request_does_not_keep_the_server_from_closing():
    started = time.perf_counter()
    with ModelServer(default=Behaviour(hang=True)) as server, pytest.raises(httpx2.TimeoutException):
        httpx2.post(server.url + CHAT, json={}, timeout=0.1)
    assert time.perf_counter() - started < 10


def test_the_stand_in_says_that_it_judged_nothing():
    request = a_request(
        a_card(a_dimension("d", about="customer")),
        "0 hp agent: Hello\n1 hp customer: " + "word " * 60,
    )
    answer = json.loads(stand_in_answer(request))["dimensions"]["d"]
    assert answer["rationale"] == NOTHING_JUDGED
    assert answer["level"] == "no"
    assert answer["evidence"][0]["turn"] == 1
    assert ("word " * 60).startswith(answer["evidence"][0]["quote"])
    assert stand_in_answer(request) == stand_in_answer(request)


@pytest.mark.parametrize(
    "schema",
    [
        answer_schema(three_dimensions().dimensions),
        answer_schema(three_dimensions().dimensions, coaching=False, facts=FACT_NAMES),
        answer_schema([], facts=FACT_NAMES),
        collect_schema(three_dimensions().dimensions),
    ],
)
@pytest.mark.parametrize("transcript", ["0 hp agent: Hello.\n1 hp customer: Hi.", "nothing"])
def test_the_stand_in_fits_every_schema_that_is_in_use(schema, transcript):
    request = a_request(three_dimensions(), transcript)
    request["response_format"]["json_schema"]["schema"] = schema
    jsonschema_rs.validate(schema, json.loads(stand_in_answer(request)))


def test_the_stand_in_quotes_the_right_speaker_and_says_what_is_absent():
    request = a_request(three_dimensions(), "0 hp agent: Hello.\n1 hp bot: Beep.")
    answer = json.loads(stand_in_answer(request))
    greeting, mood = answer["dimensions"]["greeting"], answer["dimensions"]["mood"]
    assert (greeting["evidence"], greeting["absence"]) == ([{"turn": 0, "quote": "Hello."}], None)
    assert (mood["evidence"], mood["absence"]["to_turn"]) == ([], 1)
    assert answer["strengths"][0]["quote"] == "Hello."


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": "x"}, "x"),
        ({"enum": ["b", "a"]}, "b"),
        ({"type": ["string", "null"]}, None),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, None),
        ({"oneOf": [{"type": "integer", "minimum": 3}]}, 3),
        ({"type": "boolean"}, False),
        ({"type": "string"}, NOTHING_JUDGED),
        ({"type": "array", "items": {"type": "number"}}, []),
        ({"type": "array", "items": {"type": "number"}, "minItems": 2}, [0, 0]),
        ({"$ref": "#/$defs/nowhere"}, None),
        ({"unheard": "of"}, None),
    ],
)
def test_the_stand_in_fills_what_it_does_not_know_by_its_type(schema, value):
    request = a_request(three_dimensions(), "")
    request["response_format"]["json_schema"]["schema"] = {"properties": {"new": schema}, "$defs": {}}
    assert json.loads(stand_in_answer(request)) == {"new": value}


def test_a_schema_that_contains_itself_is_filled_to_a_bounded_depth():
    request = a_request(three_dimensions(), "")
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}
    request["response_format"]["json_schema"]["schema"] = {**node, "$defs": {"node": node}}
    assert stand_in_answer(request).startswith('{"next": {"next"')


def test_the_schema_is_found_at_the_end_of_the_instructions_too():
    schema = answer_schema(three_dimensions().dimensions)
    words = f"Grade.\n\nIt has to fit this JSON schema:\n{json.dumps(schema)}"
    apart = [{"role": "system", "content": words}, {"role": "user", "content": "0 hp agent: Hello."}]
    together = [{"role": "user", "content": f"{words}\n\n0 hp agent: Hello."}]
    answers = [stand_in_answer({"messages": messages}) for messages in (apart, together)]
    assert answers[0] == answers[1]
    jsonschema_rs.validate(schema, json.loads(answers[0]))


@pytest.mark.parametrize(
    ("refused", "request_part"),
    [
        ("logprobs", {"logprobs": True}),
        ("max_completion_tokens", {"max_completion_tokens": 5}),
        ("max_tokens", {"max_tokens": 5}),
        ("temperature", {"temperature": 0}),
        ("system", {"messages": [{"role": "system", "content": "x"}]}),
        ("json_object", {"response_format": {"type": "json_object"}}),
    ],
)
def test_a_part_that_is_not_supported_is_refused_with_or_without_a_reason(refused, request_part):
    body = {"model": "m", "messages": [], **request_part}
    with ModelServer(refuses=[refused]) as server:
        refusal, fine = post(server, body), post(server)
    assert (refusal.status_code, fine.status_code) == (400, 200)
    assert refused in refusal.json()["error"]["message"]
    with ModelServer(refuses=[refused], explains=False) as server:
        assert post(server, body).json()["error"]["message"] == "Bad Request"


def test_log_probabilities_come_when_they_are_asked_for_and_spell_the_answer():
    body = {"model": "m", "messages": [], "logprobs": True, "top_logprobs": 5}
    with ModelServer(default=Behaviour(text='{"a": "Да"}', logprobs=True)) as server:
        asked, not_asked = post(server, body).json(), post(server).json()
    tokens = asked["choices"][0]["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens) == '{"a": "Да"}'
    assert all(token["top_logprobs"][0]["logprob"] == token["logprob"] < 0 for token in tokens)
    assert "logprobs" not in not_asked["choices"][0]


def test_an_answerer_decides_what_the_script_does_not():
    with ModelServer(
        [failing(503)], answerer=lambda request: Behaviour(text=request.json["model"])
    ) as server:
        scripted, first, second = (post(server, {"model": name, "messages": []}) for name in "abc")
    assert scripted.status_code == 503
    assert [x.json()["choices"][0]["message"]["content"] for x in (first, second)] == ["b", "c"]


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
