import asyncio
import hashlib
import json
import logging
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from structlog.testing import capture_logs

from evals.model_server import Behaviour, ModelServer, failing, refusing
from service.domain.errors import ModelAway, ModelRejected, PromptTooLong
from service.grading.openai_model import Bounds, OpenAIModel
from service.grading.scripted import ScriptedModel
from tests.service.grading.building import a_request

QUICK = Bounds(timeout_s=0.5, total_s=3, attempts=3, pause_s=0.01)


def a_model(server, bounds=QUICK, **options):
    return OpenAIModel("any-model", "sk-secret", server.url, bounds=bounds, **options)


async def ask(server, **options):
    return await a_model(server, **options).complete(a_request())


async def test_an_answer_comes_with_its_model_its_tokens_and_the_digest_of_what_was_sent():
    with ModelServer() as server:
        answer = await ask(server)
    (request,) = server.requests
    assert json.loads(answer.text)["dimensions"]["greeting"]["level"] == "no"
    assert (answer.model, answer.finish_reason, answer.refusal) == ("any-model", "stop", None)
    assert answer.prompt_tokens > 0
    assert answer.payload_sha256 == hashlib.sha256(request.body).hexdigest()
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer sk-secret"


async def test_a_request_is_strict_deterministic_and_without_a_token_limit():
    with ModelServer() as server:
        await ask(server)
        await ask(server, max_completion_tokens=700)
    sent = server.requests[0].json
    assert sent["response_format"]["type"] == "json_schema"
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert sent["temperature"] == 0
    assert "seed" in sent
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert "max_completion_tokens" not in sent
    assert server.requests[1].json["max_completion_tokens"] == 700


async def test_no_key_is_needed():
    with ModelServer() as server:
        assert (await OpenAIModel("m", base_url=server.url).complete(a_request())).text


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
async def test_a_passing_failure_is_tried_again(status):
    with ModelServer([failing(status)]) as server:
        assert (await ask(server)).text
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "broken",
    [
        Behaviour(body=b"<html>gateway</html>"),
        Behaviour(body=b'{"choices": [{"message"'),
        Behaviour(body=b'{"error": {"message": "overloaded"}}'),
        Behaviour(body=b"[]"),
        Behaviour(body=b""),
        Behaviour(body=b"\xff\xfe\x00"),
        Behaviour(cut=True),
    ],
)
async def test_an_answer_that_is_no_completion_is_asked_for_again(broken):
    with ModelServer([broken]) as server:
        assert (await ask(server)).text
    assert len(server.requests) == 2


async def test_a_late_answer_is_waited_for_within_the_bound():
    with ModelServer([Behaviour(latency_s=0.2)]) as server:
        assert (await ask(server)).text
    assert len(server.requests) == 1


@pytest.mark.parametrize("stuck", [Behaviour(hang=True), Behaviour(trickle_s=0.1), Behaviour(latency_s=9)])
async def test_a_server_that_never_finishes_is_given_up_in_bounded_time(stuck):
    started = time.monotonic()
    with ModelServer(default=stuck) as server:
        with pytest.raises(ModelAway, match="no answer within"):
            await ask(server, bounds=Bounds(timeout_s=0.2, total_s=1, attempts=2, pause_s=0.01))
        assert time.monotonic() - started < 1.5
    assert len(server.requests) == 2


async def test_the_total_time_is_bounded_whatever_the_attempts():
    started = time.monotonic()
    with ModelServer(default=Behaviour(hang=True)) as server:
        with pytest.raises(ModelAway):
            await ask(server, bounds=Bounds(timeout_s=30, total_s=0.3, attempts=9))
        assert time.monotonic() - started < 1


async def test_a_server_that_hangs_once_is_asked_again():
    with ModelServer([Behaviour(hang=True)]) as server:
        assert (await ask(server)).text
    assert len(server.requests) == 2


async def test_retry_after_in_seconds_is_honoured():
    with ModelServer([failing(429, retry_after="0.4")]) as server:
        await ask(server)
    assert server.requests[1].at - server.requests[0].at >= 0.4


async def test_retry_after_as_a_date_is_honoured():
    with ModelServer(
        [failing(503, retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True))]
    ) as server:
        await ask(server)
    assert 0.5 < server.requests[1].at - server.requests[0].at < 2.5


async def test_a_pause_longer_than_the_time_left_ends_the_matter_at_once():
    started = time.monotonic()
    with ModelServer([failing(429, retry_after="3600")]) as server, pytest.raises(ModelAway, match="429"):
        await ask(server)
    assert time.monotonic() - started < 1
    assert len(server.requests) == 1


async def test_a_server_that_keeps_failing_is_away():
    with ModelServer(default=failing(500)) as server, pytest.raises(ModelAway, match="500"):
        await ask(server)
    assert len(server.requests) == 3


async def test_a_server_that_is_not_there_is_away():
    with ModelServer() as server:
        url = server.url
    with pytest.raises(ModelAway, match="no connection"):
        await OpenAIModel("m", base_url=url, bounds=QUICK).complete(a_request())


async def test_a_used_up_quota_is_not_tried_again():
    server = ModelServer(default=failing(429, code="insufficient_quota"))
    with server, pytest.raises(ModelAway, match="quota"):
        await ask(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (400, "", "QALIBRATE_MODEL"),
        (401, "invalid_api_key", "OPENAI_API_KEY"),
        (403, "", "OPENAI_API_KEY"),
        (404, "model_not_found", "OPENAI_BASE_URL"),
    ],
)
async def test_a_refused_request_is_never_tried_again_and_the_error_says_what_to_check(status, code, advice):
    server = ModelServer(default=failing(status, code=code))
    with server, pytest.raises(ModelRejected, match=advice) as caught:
        await ask(server)
    assert len(server.requests) == 1
    assert str(status) in caught.value.detail
    assert code in caught.value.detail


@pytest.mark.parametrize(
    "behaviour",
    [
        failing(400, code="context_length_exceeded"),
        failing(400, message="This model's maximum context length is 8192 tokens."),
        failing(413),
    ],
)
async def test_a_request_that_is_too_long_for_the_model_says_so(behaviour):
    with ModelServer(default=behaviour) as server, pytest.raises(PromptTooLong):
        await ask(server)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"api_key": "ключ"}, "OPENAI_API_KEY"),
        ({"api_key": "a\nb"}, "OPENAI_API_KEY"),
        ({"base_url": "host/v1"}, "OPENAI_BASE_URL"),
        ({"base_url": "http://[::1"}, "OPENAI_BASE_URL"),
        ({"base_url": "https://"}, "OPENAI_BASE_URL"),
    ],
)
async def test_settings_that_cannot_work_are_named(settings, name):
    with pytest.raises(ModelRejected, match=name):
        await OpenAIModel("m", **settings).complete(a_request())


async def test_a_server_without_schemas_is_found_out_once_and_gets_the_schema_in_words():
    with ModelServer(refuses={"json_schema"}) as server:
        model = a_model(server)
        first, second = await model.complete(a_request()), await model.complete(a_request())
    kinds = [request.json["response_format"]["type"] for request in server.requests]
    assert kinds == ["json_schema", "json_object", "json_object"]
    assert first.text == second.text
    assert "JSON schema" in server.requests[1].json["messages"][0]["content"]
    assert first.payload_sha256 == hashlib.sha256(server.requests[1].body).hexdigest()


async def test_a_server_without_any_answer_format_is_asked_in_plain_text():
    with ModelServer(refuses={"json_schema", "json_object", "temperature", "seed"}) as server:
        answer = await ask(server)
    last = server.requests[-1].json
    assert json.loads(answer.text)["dimensions"]
    assert set(last) == {"model", "messages"}
    assert len(server.requests) == 5


async def test_a_refusal_that_only_repeats_such_words_from_the_transcript_changes_nothing_for_later():
    echo = failing(400, message="bad request: what is the temperature, the seed and the response_format?")
    with ModelServer([echo] * 5) as server:
        model = a_model(server)
        with pytest.raises(ModelRejected):
            await model.complete(a_request())
        await model.complete(a_request())
    assert {"temperature", "seed", "response_format"} <= set(server.requests[-1].json)


async def test_empty_choices_and_null_content_are_an_empty_answer():
    nothing = Behaviour(message={"role": "assistant", "content": None})
    with ModelServer([Behaviour(choices=False), nothing, Behaviour(message={})]) as server:
        assert [(await ask(server)).text for _ in range(3)] == ["", "", ""]


async def test_content_in_parts_is_put_together():
    parts = [{"type": "text", "text": "{"}, {"type": "text", "text": "}"}]
    with ModelServer([Behaviour(message={"content": parts})]) as server:
        assert (await ask(server)).text == "{}"


@pytest.mark.parametrize(
    "behaviour",
    [refusing(), Behaviour(text="", finish_reason="content_filter"), failing(400, code="content_filter")],
)
async def test_a_refusal_is_known_in_all_its_forms(behaviour):
    with ModelServer([behaviour]) as server:
        assert (await ask(server)).refusal


async def test_an_answer_that_the_server_itself_found_malformed_is_an_empty_answer():
    with ModelServer([failing(400, code="json_validate_failed")]) as server:
        answer = await ask(server)
    assert (answer.text, answer.refusal) == ("", None)


async def test_a_redirect_is_not_followed_with_the_transcript():
    with ModelServer() as other:
        elsewhere = Behaviour(status=307, headers={"Location": f"{other.url}/chat/completions"}, body=b"")
        with ModelServer([elsewhere]) as server, pytest.raises(ModelRejected, match="redirected"):
            await ask(server)
        assert other.requests == []


async def test_a_cut_off_answer_says_so():
    with ModelServer([Behaviour(text="{", finish_reason="length")]) as server:
        assert (await ask(server)).finish_reason == "length"


async def test_missing_usage_is_none_not_zero():
    with ModelServer([Behaviour(usage=False)]) as server:
        answer = await ask(server)
    assert (answer.prompt_tokens, answer.completion_tokens, answer.cached_tokens) == (None, None, 0)


async def test_neither_key_nor_transcript_gets_into_errors_or_logs(caplog):
    caplog.set_level(logging.DEBUG)
    echo = failing(500, message="you sent: my secret words; key sk-secret")
    reject = failing(400, message="you sent: my secret words; key sk-secret", code="my secret words")
    with ModelServer([echo, echo, echo, reject]) as server, capture_logs() as logs:
        for _ in range(2):
            with pytest.raises((ModelAway, ModelRejected)) as caught:
                await a_model(server).complete(a_request(user="[0] agent: my secret words"))
            assert caught.value.__suppress_context__ or caught.value.__context__ is None
            assert "secret" not in str(caught.value)
    assert "secret" not in caplog.text
    assert "secret" not in str(logs)
    assert len(logs) >= 2


async def test_cancelling_is_not_mistaken_for_a_time_out():
    with ModelServer(default=Behaviour(hang=True)) as server:
        task = asyncio.create_task(ask(server))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_one_adapter_serves_several_event_loops():
    with ModelServer() as server:
        model = a_model(server)
        for _ in range(2):
            assert asyncio.run(model.complete(a_request())).text


async def test_many_requests_at_once_all_get_their_answer():
    with ModelServer(default=Behaviour(latency_s=0.1)) as server:
        model = a_model(server)
        started = time.monotonic()
        answers = await asyncio.gather(*(model.complete(a_request()) for _ in range(50)))
        assert time.monotonic() - started < 2
        await model.aclose()
    assert len(answers) == 50


async def test_an_intercepted_answer_is_read_without_any_server(httpx_mock):
    completion = {
        "choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3},
    }
    httpx_mock.add_response(url="http://model.invalid/v1/chat/completions", json=completion)
    answer = await OpenAIModel("m", base_url="http://model.invalid/v1").complete(a_request())
    (sent,) = httpx_mock.get_requests()
    assert (answer.text, answer.prompt_tokens, answer.model) == ("{}", 3, "m")
    assert answer.payload_sha256 == hashlib.sha256(sent.content).hexdigest()


async def test_an_intercepted_429_is_tried_again(httpx_mock):
    httpx_mock.add_response(status_code=429, headers={"Retry-After": "0"})
    httpx_mock.add_response(json={"choices": [{"message": {"content": "x"}}]})
    answer = await OpenAIModel("m", base_url="http://model.invalid/v1").complete(a_request())
    assert answer.text == "x"


async def test_a_scripted_model_stands_behind_the_same_port():
    model = ScriptedModel(["one", ModelAway("gone")])
    assert (await model.complete(a_request())).text == "one"
    with pytest.raises(ModelAway, match="gone"):
        await model.complete(a_request())
    with pytest.raises(ModelAway, match="used up"):
        await model.complete(a_request())
    assert len(model.requests) == 3
