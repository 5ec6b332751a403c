import asyncio
import hashlib
import json
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import takewhile

import pytest
from structlog.testing import capture_logs

from evals.model_server import Behaviour, ModelServer, failing, refusing
from service.domain.errors import ModelAway, ModelRejected, PromptTooLong
from service.grading.limits import Gate, Limits
from service.grading.openai_model import Bounds, OpenAIModel
from service.grading.port import ChatRequest
from service.grading.prices import Price, Prices, Spending
from service.grading.prompt import Prompts
from service.grading.schema import answer_schema
from service.grading.scripted import ScriptedModel
from tests.service.grading.building import a_conversation, a_request, three_dimensions

QUICK = Bounds(timeout_s=3, total_s=8, attempts=3, pause_s=0.01)
IMPATIENT = Bounds(timeout_s=0.4, total_s=8, attempts=3, pause_s=0.01)


EVERYTHING = (
    *("json_schema", "json_object", "temperature", "seed", "logprobs"),
    *("max_completion_tokens", "max_tokens", "system"),
)


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
            await ask(server, bounds=Bounds(timeout_s=0.4, total_s=6, attempts=2, pause_s=0.01))
        assert time.monotonic() - started < 8
    assert len(server.requests) == 2


async def test_the_total_time_is_bounded_whatever_the_attempts():
    started = time.monotonic()
    with ModelServer(default=Behaviour(hang=True)) as server:
        with pytest.raises(ModelAway):
            await ask(server, bounds=Bounds(timeout_s=30, total_s=0.3, attempts=9))
        assert time.monotonic() - started < 8


async def test_a_server_that_hangs_once_is_asked_again():
    with ModelServer([Behaviour(hang=True)]) as server:
        assert (await ask(server, bounds=IMPATIENT)).text
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
    assert 0.5 < server.requests[1].at - server.requests[0].at < 10


async def test_a_pause_longer_than_the_time_left_ends_the_matter_at_once():
    started = time.monotonic()
    with ModelServer([failing(429, retry_after="3600")]) as server, pytest.raises(ModelAway, match="429"):
        await ask(server)
    assert time.monotonic() - started < 8
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
    with ModelServer(refuses=EVERYTHING) as server:
        answer = await ask(server, max_completion_tokens=700)
    last = server.requests[-1].json
    assert json.loads(answer.text)["dimensions"]
    assert set(last) == {"model", "messages"}
    assert [message["role"] for message in last["messages"]] == ["user"]
    assert len(server.requests) == 1 + len(EVERYTHING)


async def test_a_refusal_that_only_repeats_such_words_from_the_transcript_changes_nothing_for_later():
    echo = failing(400, message="bad request: what is the temperature, the seed and the response_format?")
    with ModelServer([echo] * 7) as server:
        model = a_model(server)
        with pytest.raises(ModelRejected):
            await model.complete(a_request())
        await model.complete(a_request())
    assert len(server.requests) == 8
    assert {"temperature", "seed", "response_format", "logprobs"} <= set(server.requests[-1].json)


async def test_the_answer_names_the_seed_that_was_sent_and_none_where_none_was():
    request = replace(a_request(), seed=42, temperature=0.7)
    with ModelServer() as server, ModelServer(refuses={"seed"}) as other:
        assert (await a_model(server).complete(request)).seed == 42
        assert (await a_model(other).complete(request)).seed is None
    assert (server.requests[0].json["seed"], server.requests[0].json["temperature"]) == (42, 0.7)


async def test_probabilities_come_with_the_answer_where_the_server_gives_them():
    with ModelServer(default=Behaviour(logprobs=True)) as server:
        answer = await ask(server)
    assert "".join(token.text for token in answer.tokens) == answer.text
    assert answer.tokens[0].others[0] == (answer.tokens[0].text, answer.tokens[0].logprob)


async def test_a_reasoning_model_is_asked_without_temperature_and_probabilities():
    with ModelServer(refuses={"temperature", "logprobs"}) as server:
        model = a_model(server)
        first = await model.complete(a_request())
        await model.complete(a_request())
    assert first.tokens == ()
    assert len(server.requests) == 4
    assert {"seed", "response_format"} <= set(server.requests[-1].json)


@pytest.mark.parametrize(
    ("refused", "requests"),
    [
        (["logprobs"], 2),
        (["seed"], 3),
        (["temperature"], 4),
        (["json_schema"], 5),
        (["json_schema", "json_object"], 6),
        (["system"], 7),
        (EVERYTHING, 7),
    ],
)
@pytest.mark.parametrize("status", [400, 422])
async def test_a_server_that_does_not_say_what_it_dislikes_is_asked_ever_more_simply_once(
    refused, requests, status
):
    with ModelServer(refuses=refused, explains=False, refusal_status=status) as server:
        model = a_model(server)
        assert (await model.complete(a_request())).text
        assert (await model.complete(a_request())).text
    assert len(server.requests) == requests + 1
    assert server.requests[-1].json == server.requests[-2].json


async def test_a_request_that_no_dialect_helps_is_rejected_after_a_bounded_number_of_tries():
    with ModelServer(default=failing(400)) as server:
        model = a_model(server, max_completion_tokens=700)
        counts = []
        for _ in range(5):
            before = len(server.requests)
            with pytest.raises(ModelRejected, match="QALIBRATE_MODEL"):
                await model.complete(a_request())
            counts.append(len(server.requests) - before)
    assert counts == [9, 9, 9, 1, 1]


async def test_once_a_dialect_worked_an_unexplained_refusal_is_about_the_request():
    with ModelServer([Behaviour(), failing(400), Behaviour()]) as server:
        model = a_model(server)
        await model.complete(a_request())
        with pytest.raises(ModelRejected):
            await model.complete(a_request())
        await model.complete(a_request())
    assert len(server.requests) == 3
    assert server.requests[2].json == server.requests[0].json


async def test_a_dialect_that_worked_is_given_up_when_the_server_names_what_it_dislikes_now():
    with ModelServer([Behaviour(), failing(400, message="logprobs are not available")]) as server:
        model = a_model(server)
        for _ in range(3):
            assert (await model.complete(a_request())).text
    assert ["logprobs" in request.json for request in server.requests] == [True, True, False, False]


@pytest.mark.parametrize(
    "message", ["The model `x` does not exist", "Incorrect API key provided", "You have no credits left"]
)
async def test_a_refusal_with_another_cause_is_not_taken_for_a_matter_of_dialect(message):
    with ModelServer(default=failing(400, message=message)) as server, pytest.raises(ModelRejected):
        await ask(server)
    assert len(server.requests) == 1


async def test_a_template_without_a_system_role_is_known_by_its_500():
    template = failing(500, message="Only user and assistant roles are supported!")
    with ModelServer([template]) as server:
        assert (await ask(server)).text
    assert [message["role"] for message in server.requests[1].json["messages"]] == ["user"]


async def test_a_failure_on_the_way_does_not_lose_what_was_found_out():
    logprobs = failing(400, message="logprobs are not supported")
    with ModelServer([logprobs, failing(503)]) as server:
        assert (await ask(server)).text
    assert ["logprobs" in request.json for request in server.requests] == [True, False, False]


async def test_many_first_requests_find_out_together():
    with ModelServer(refuses={"json_schema", "logprobs"}, default=Behaviour(latency_s=0.1)) as server:
        model = a_model(server)
        answers = await asyncio.gather(*(model.complete(a_request()) for _ in range(20)))
    assert len(answers) == 20
    assert len(server.requests) == 22


async def test_a_slow_first_answer_does_not_hold_up_the_others_for_long():
    with ModelServer([Behaviour(hang=True)]) as server:
        model = a_model(server, Bounds(timeout_s=10, total_s=10))
        first = asyncio.create_task(model.complete(a_request()))
        await asyncio.sleep(0.1)
        started = time.monotonic()
        assert (await model.complete(a_request())).text
        assert 0.2 < time.monotonic() - started < 6
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_when_the_first_request_is_cancelled_another_finds_out():
    with ModelServer([Behaviour(hang=True)], refuses={"logprobs"}) as server:
        model = a_model(server, Bounds(timeout_s=10, total_s=20))
        first = asyncio.create_task(model.complete(a_request()))
        await asyncio.sleep(0.2)
        others = [asyncio.create_task(model.complete(a_request())) for _ in range(5)]
        await asyncio.sleep(0.05)
        first.cancel()
        started = time.monotonic()
        assert all(await asyncio.gather(*others))
        assert time.monotonic() - started < 8
    assert len(server.requests) == 2 + 6


async def test_no_more_requests_are_in_flight_than_may_be():
    with ModelServer(default=Behaviour(latency_s=0.05)) as server:
        model = a_model(server, gate=Gate(Limits(concurrency=4)))
        await asyncio.gather(*(model.complete(a_request()) for _ in range(20)))
    assert server.most_at_once == 4


async def test_a_hanging_server_and_a_queue_before_it_end_within_the_time():
    bounds = Bounds(timeout_s=0.3, total_s=0.7, attempts=9, pause_s=0.01, wait_s=0.5)
    started = time.monotonic()
    with ModelServer([Behaviour()], default=Behaviour(hang=True)) as server:
        model = a_model(server, bounds, gate=Gate(Limits(concurrency=2)))
        await model.complete(a_request())
        failures = await asyncio.gather(
            *(model.complete(a_request()) for _ in range(12)), return_exceptions=True
        )
        # Twice the time at the gate and for the work, which is what two attempts take.
        assert time.monotonic() - started < 12
    assert all(isinstance(failure, ModelAway) for failure in failures)
    assert any("our own limits" in str(failure) for failure in failures)


async def test_when_more_is_asked_than_the_limits_allow_what_is_sent_is_answered():
    bounds = Bounds(timeout_s=2, total_s=2, wait_s=0.5)
    with ModelServer(default=Behaviour(latency_s=0.1)) as server:
        model = a_model(server, bounds, gate=Gate(Limits(concurrency=1)))

        async def one(number):
            # Twice as many as can be served.
            await asyncio.sleep(0.05 * number)
            return await model.complete(a_request())

        done = await asyncio.gather(*(one(number) for number in range(40)), return_exceptions=True)
    failures = [each for each in done if isinstance(each, ModelAway)]
    assert len(failures) >= 5
    assert all("our own limits" in str(failure) for failure in failures)
    # Nothing was paid and cut off.
    assert len(server.requests) == len(done) - len(failures) >= 15


async def test_the_time_of_an_answer_does_not_count_while_it_waits_for_our_own_limits():
    bounds = Bounds(timeout_s=1, total_s=1)
    with ModelServer(default=Behaviour(latency_s=0.2)) as server:
        model = a_model(server, bounds, gate=Gate(Limits(concurrency=1)))
        answers = await asyncio.gather(*(model.complete(a_request()) for _ in range(8)))
    assert all(answer.text for answer in answers)


async def test_no_request_is_sent_that_could_not_be_waited_for():
    bounds = Bounds(timeout_s=0.4, total_s=0.7, attempts=9, pause_s=0.01)
    with ModelServer(default=Behaviour(hang=True)) as server, pytest.raises(ModelAway, match="no answer"):
        await ask(server, bounds=bounds)
    assert len(server.requests) == 1


async def test_pauses_that_the_server_asks_for_are_not_called_our_own_limits():
    gate = Gate()
    gate.pause(30)
    with ModelServer() as server, pytest.raises(ModelAway, match="pauses that the model's server asks for"):
        await ask(server, bounds=replace(QUICK, wait_s=0.1), gate=gate)
    assert not server.requests


async def test_one_busy_answer_holds_all_others_back():
    with ModelServer([Behaviour(), failing(429, retry_after="0.7")]) as server:
        model = a_model(server)
        await model.complete(a_request())
        first = asyncio.create_task(model.complete(a_request()))
        await asyncio.sleep(0.3)
        others = await asyncio.gather(*(model.complete(a_request()) for _ in range(10)))
        assert all(answer.text for answer in (*others, await first))
    arrived = [request.at - server.requests[1].at for request in server.requests[2:]]
    assert len(arrived) == 11
    assert min(arrived) >= 0.7


async def test_requests_per_minute_are_kept_for_refused_ones_too():
    gate = Gate(Limits(requests_per_minute=300))
    with ModelServer(refuses={"logprobs", "seed"}) as server:
        model = a_model(server, gate=gate)
        started = time.monotonic()
        await asyncio.gather(*(model.complete(a_request()) for _ in range(31)))
    assert len(server.requests) == 33
    # Thirty at once, and three more at four and a half a second.
    assert server.requests[-1].at - started > 0.6


async def test_tokens_per_minute_count_what_the_server_reports():
    gate = Gate(Limits(tokens_per_minute=20_000))
    usage = {"prompt_tokens": 10, "completion_tokens": 5}
    completion = {"choices": [{"message": {"content": "{}"}}], "usage": usage}
    with ModelServer(default=Behaviour(body=json.dumps(completion).encode())) as server:
        model = a_model(server, gate=gate)
        started = time.monotonic()
        for _ in range(10):
            # About 1,500 tokens by our bound, which is most of what may be taken at once.
            await model.complete(a_request(user="x" * 500))
        # Uncorrected they would take 40 seconds.
        assert time.monotonic() - started < 25


PRICES = Prices({"any-*": Price(2, 1, 10), "other": Price(1_000, 1_000, 1_000)})


def completing(model="any-model", **usage):
    body = {"model": model, "choices": [{"message": {"content": "{}"}}], "usage": usage}
    return Behaviour(body=json.dumps(body).encode())


async def test_an_answer_says_what_it_cost_and_the_sum_is_kept():
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 600}}
    spending = Spending()
    with ModelServer(default=completing(**usage)) as server:
        model = a_model(server, prices=PRICES, spending=spending)
        answers = [await model.complete(a_request()) for _ in range(2)]
    cost = (400 * 2 + 600 * 1 + 100 * 10) / 1e6
    assert [answer.cost_usd for answer in answers] == [pytest.approx(cost)] * 2
    assert spending.usd == pytest.approx(2 * cost)


@pytest.mark.parametrize(("reported", "cost"), [("other", 1), ("any-model-2026", 0.002), ("new", 0.002)])
async def test_the_price_is_that_of_the_model_the_server_reports_else_of_the_one_configured(reported, cost):
    with ModelServer([completing(reported, prompt_tokens=1000, completion_tokens=0)]) as server:
        assert (await ask(server, prices=PRICES)).cost_usd == pytest.approx(cost)


async def test_without_a_price_there_is_no_cost():
    with ModelServer() as server:
        assert (await ask(server)).cost_usd is None
        assert (await ask(server, prices=Prices({"gpt": Price(1, 1, 1)}))).cost_usd is None


async def test_where_the_server_counts_nothing_the_cost_is_an_upper_bound():
    with ModelServer() as counting, ModelServer(default=Behaviour(usage=False)) as silent:
        known, bound = await ask(counting, prices=PRICES), await ask(silent, prices=PRICES)
    assert known.cost_usd < bound.cost_usd < 20 * known.cost_usd


async def test_two_conversations_on_one_card_share_their_request_up_to_the_transcript():
    prompts, card = Prompts(), three_dimensions()
    with ModelServer() as server:
        model = a_model(server)
        for words in ("My parcel has not come.", "I want to cancel."):
            conversation = a_conversation(("agent", "Hello."), ("customer", words))
            prompt = prompts.grade(conversation, card)
            schema = answer_schema(card.dimensions)
            await model.complete(ChatRequest(prompt.system, prompt.user, schema, seed=len(words)))
    first, second = (request.json for request in server.requests)
    assert first["messages"][0] == second["messages"][0]
    assert first["response_format"] == second["response_format"]
    users = [request["messages"][1]["content"] for request in (first, second)]
    shared = beginning_of_both(*users)
    # What differs is the code in the first fence, which is taken from the conversation.
    assert shared.endswith("=== transcript ")
    assert all(dimension.question in shared for dimension in card.dimensions)
    bodies = [request.body.decode() for request in server.requests]
    assert beginning_of_both(*bodies).endswith("=== transcript ")


def beginning_of_both(one, other):
    return "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


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
    with ModelServer([echo, echo, echo], default=reject) as server, capture_logs() as logs:
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
    with ModelServer(default=Behaviour(latency_s=0.3)) as server:
        model = a_model(server)
        started = time.monotonic()
        answers = await asyncio.gather(*(model.complete(a_request()) for _ in range(50)))
        assert time.monotonic() - started < 10
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
