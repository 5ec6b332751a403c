"""The model port on any OpenAI-compatible server: retries, bounds, and what a server turns out not to
support.

No error raised here, and no log line, holds text of a transcript, of an answer or of the key: servers repeat
parts of requests in their error messages, so of those only the status and the error code are passed on.
"""

import asyncio
import hashlib
import json
import ssl
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any
from weakref import WeakKeyDictionary

import httpx2
import structlog
from openai import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    AsyncOpenAI,
    DefaultAsyncHttpxClient,
)
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_random,
    wait_random_exponential,
)

from service.domain.errors import (
    ModelAway,
    ModelMisconfigured,
    ModelRefusesKey,
    ModelRejected,
    PromptTooLong,
)
from service.grading.completion import GarbledCompletion, read_completion
from service.grading.connections import Connections
from service.grading.dialect import Dialect, LimitName
from service.grading.limits import Gate, NoRoom, Place, time_allows, work_time
from service.grading.negotiation import MOST_TRIES, Attempt, Negotiation
from service.grading.port import ChatAnswer, ChatRequest
from service.grading.prices import Prices, Spending
from service.grading.refusal import Refusal
from service.grading.tokens import TokenCounter

# The client asks at every request whether `httpx`, the older sister of `httpx2`, stands in `sys.modules`, and
# reads its classes there. What redaction loads in a thread brings it along, and for a moment it would stand
# there half imported. An import waits until it is whole.
with suppress(ImportError):
    import_module("httpx")

log = structlog.get_logger(__name__)

LARGE_ANSWER = 50_000
"""Bytes from which reading an answer, such as one with log probabilities, would hold up others."""

# A refusal needs no model and comes sooner than this; what takes longer is an answer on its way.
_SETTLE_S = 2.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long an answer may take. One request `timeout_s` from connecting to the last byte; all attempts and
    pauses together `total_s`, without the time at our own gate, which is `wait_s` at most for each request;
    at most `attempts`; the first pause is up to `pause_s`, later ones double.

    No request is sent with less time left than `timeout_s`, or half of the whole where that is less: it would
    be paid and cut off.
    """

    timeout_s: float = 60
    total_s: float = 180
    attempts: int = 6
    pause_s: float = 0.5
    longest_pause_s: float = 20
    wait_s: float = 3600


class _Passing(Exception):
    """An attempt failed in a way that may pass. `asked_s` is the pause the server asked for."""

    def __init__(self, reason: str, asked_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.asked_s = asked_s


class _Declined(Exception):
    """A server answered with a status other than 2xx."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.status)
        self.refusal = refusal


@dataclass(slots=True)
class _Call:
    """One request on its way, and how it is put."""

    request: ChatRequest
    attempt: Attempt


class OpenAIModel:
    """Asks one model on one OpenAI-compatible server. `api_key` may be empty where the server wants none.

    `payload_sha256` of an answer is the SHA-256 of the body of the HTTP request, byte for byte as it was
    sent. `gate` is what all adapters to one model share; `prices` fill in what an answer cost, and `spending`
    sums it up. `tokens` counts what a server does not, or before it does.
    """

    def __init__(
        self,
        model: str,
        api_key: str = "",
        base_url: str | None = None,
        *,
        timeout_s: float = 60,
        total_s: float = 180,
        max_completion_tokens: int | None = None,
        bounds: Bounds | None = None,
        gate: Gate | None = None,
        prices: Prices | None = None,
        spending: Spending | None = None,
        tokens: TokenCounter | None = None,
    ) -> None:
        self.name = model
        self._api_key = api_key.strip()
        self._base_url = base_url
        self._bounds = bounds or Bounds(timeout_s=timeout_s, total_s=total_s)
        self._max_completion_tokens = max_completion_tokens
        limit: LimitName | None = "max_completion_tokens" if max_completion_tokens else None
        self._negotiation = Negotiation(Dialect(limit=limit), min(_SETTLE_S, self._bounds.total_s / 4))
        self._gate = gate or Gate()
        self._prices = prices or Prices()
        self._spending = spending or Spending()
        self._tokens = tokens or TokenCounter()
        # Connections belong to the event loop that opened them; the same adapter may be used from several.
        self._connections: WeakKeyDictionary[asyncio.AbstractEventLoop, Connections] = WeakKeyDictionary()

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the model's answer. Raises ModelAway, ModelRejected and PromptTooLong."""
        self._check_settings()
        try:
            async with self._negotiation.turn() as attempt, work_time(self._bounds.total_s):
                return await self._with_retries(_Call(request, attempt))
        except TimeoutError:
            raise ModelAway(f"the model gave no answer within {self._bounds.total_s:g} s") from None
        except _Passing as failure:
            raise ModelAway(f"the model could not be used: {failure.reason}") from None
        except NoRoom as full:
            raise ModelAway(self._why_no_room(full)) from None

    def _why_no_room(self, full: NoRoom) -> str:
        seconds = f"within {self._bounds.wait_s:g} s, and it was not sent"
        if full.paused:
            return f"the pauses that the model's server asks for left no room for this request {seconds}"
        return f"our own limits of requests to the model left no room for this one {seconds}"

    async def aclose(self) -> None:
        """Close the connections that the running event loop opened."""
        connections = self._connections.pop(asyncio.get_running_loop(), None)
        if connections is not None:
            await connections.aclose()

    async def _with_retries(self, call: _Call) -> ChatAnswer:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_Passing),
            stop=self._is_over,
            wait=self._pause,
            before_sleep=_log_retry,
            reraise=True,
        )
        return await retrying(self._negotiate, call)

    def _is_over(self, state: RetryCallState) -> bool:
        """Whether no attempt, or no time for one after the pause, is left."""
        if state.attempt_number >= self._bounds.attempts:
            return True
        return not time_allows(self._bounds.timeout_s, after_s=state.upcoming_sleep)

    def _pause(self, state: RetryCallState) -> float:
        """Return the pause the server asked for, else a random one that grows."""
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, _Passing) and failure.asked_s is not None:
            # Spread out a little, so that all who were told the same do not come back at once.
            return failure.asked_s + wait_random(0, self._bounds.pause_s)(state)
        bounds = self._bounds
        return wait_random_exponential(multiplier=bounds.pause_s, max=bounds.longest_pause_s)(state)

    async def _negotiate(self, call: _Call) -> ChatAnswer:
        """Ask in the dialect known so far; where the server refuses a part of it, ask again at once
        without that part. Only what worked is remembered.
        """
        self._negotiation.refresh(call.attempt)
        for _ in range(MOST_TRIES):
            dialect = call.attempt.dialect
            body = _encode(dialect.payload(call.request, self.name, self._max_completion_tokens))
            try:
                answer = await self._ask(call, body)
            except _Declined as declined:
                refusal = declined.refusal
            else:
                self._negotiation.worked(call.attempt)
                return replace(answer, seed=call.request.seed if dialect.seed else None)
            if not self._negotiation.simplify(call.attempt, refusal):
                break
            log.info("the model's server takes less than asked", model=self.name, refused=refusal.label)
        return self._refused(refusal, call.request, body)

    async def _ask(self, call: _Call, body: bytes) -> ChatAnswer:
        """Send one request when it is its turn. Raises _Declined, _Passing and NoRoom."""
        if not time_allows(self._bounds.timeout_s):
            raise _Passing("too little time was left for another request")
        async with self._gate.place(self._expected_tokens(call.request), self._bounds.wait_s) as place:
            try:
                content = await self._post(body)
            except APIStatusError as error:
                raise self._declined(error, place) from None
            place.worked = True
            answer = await self._read(content, call.request, body)
            if answer.prompt_tokens is not None:
                place.tokens = answer.prompt_tokens + (answer.completion_tokens or 0)
            return answer

    def _declined(self, error: APIStatusError, place: Place) -> _Declined:
        """Read a refusal and let the gate know of it."""
        refusal = Refusal.read(error)
        place.tokens = 0
        place.worked = not refusal.passes
        if refusal.busy_s:
            self._gate.pause(refusal.busy_s)
        return _Declined(refusal)

    def _expected_tokens(self, request: ChatRequest) -> int:
        """Return how many tokens a request may cost, 0 where nothing depends on it."""
        if self._gate.limits.tokens_per_minute is None:
            return 0
        return self._tokens.count_request(request.texts) + (self._max_completion_tokens or 0)

    async def _post(self, body: bytes) -> bytes:
        """Send one request and return the whole answer. Raises APIStatusError and _Passing."""
        options: Any = {"headers": {"Content-Type": "application/json"}}
        # Making a client takes time of ours, not of the server.
        with self._client() as client:
            return await self._answer(client, body, options)

    async def _answer(self, client: AsyncOpenAI, body: bytes, options: Any) -> bytes:
        try:
            # The SDK's time-out starts anew with each byte; a body that trickles is bounded only by this one.
            async with asyncio.timeout(self._bounds.timeout_s):
                response = await client.post(
                    "/chat/completions", cast_to=httpx2.Response, content=body, options=options
                )
                return response.content
        except TimeoutError:
            raise _Passing(f"no answer within {self._bounds.timeout_s:g} s") from None
        except APIConnectionError as error:
            raise _Passing(f"no connection ({type(error.__cause__ or error).__name__})") from None
        except (APIResponseValidationError, httpx2.HTTPError) as error:
            raise _Passing(f"the answer broke off ({type(error).__name__})") from None

    async def _read(self, content: bytes, request: ChatRequest, body: bytes) -> ChatAnswer:
        digest = hashlib.sha256(body).hexdigest()
        try:
            if len(content) > LARGE_ANSWER:
                answer = await asyncio.to_thread(read_completion, content, self.name, digest)
            else:
                answer = read_completion(content, self.name, digest)
        except GarbledCompletion as error:
            raise _Passing(str(error)) from None
        return replace(answer, cost_usd=self._cost(answer, request))

    def _cost(self, answer: ChatAnswer, request: ChatRequest) -> float | None:
        """Return what `answer` cost and add it to the sum; an upper bound where the server counts nothing."""
        price = self._prices.of(answer.model, self.name)
        if price is None:
            return None
        sent, received = answer.prompt_tokens, answer.completion_tokens
        sent = self._tokens.count_request(request.texts) if sent is None else sent
        received = self._tokens.count(answer.text) if received is None else received
        cost = price.cost(sent, answer.cached_tokens, received)
        self._spending.add(cost)
        return cost

    def _refused(self, refusal: Refusal, request: ChatRequest, body: bytes) -> ChatAnswer:
        """Return what a status other than 2xx amounts to, or raise it."""
        if refusal.is_filter or refusal.is_bad_answer:
            answer = ChatAnswer("", self.name, payload_sha256=hashlib.sha256(body).hexdigest())
            if refusal.is_filter:
                answer = replace(answer, finish_reason="content_filter", refusal="content filter")
            return replace(answer, cost_usd=self._cost(answer, request))
        if refusal.is_quota:
            raise ModelAway("the model's server says that the account's quota is used up")
        if refusal.passes:
            raise _Passing(f"the server answered {refusal.label}", refusal.asked_s)
        if refusal.is_too_long:
            raise PromptTooLong(
                f"the server answered {refusal.label}: the request is too long for {self.name!r}"
            )
        raise _rejection(refusal)(f"the model's server answered {refusal.label}; {refusal.advice}")

    def _client(self) -> AbstractContextManager[AsyncOpenAI]:
        loop = asyncio.get_running_loop()
        if loop not in self._connections:
            self._connections[loop] = Connections(self._make_client)
        return self._connections[loop].client()

    def _make_client(self, trusted: ssl.SSLContext) -> AsyncOpenAI:
        return AsyncOpenAI(
            # The SDK insists on a key; servers that want none ignore it.
            api_key=self._api_key or "none",
            base_url=self._base_url,
            max_retries=0,
            timeout=self._bounds.timeout_s,
            # A transcript goes where the operator sent it and nowhere else.
            http_client=DefaultAsyncHttpxClient(follow_redirects=False, verify=trusted),
        )

    def _check_settings(self) -> None:
        if not self._api_key.isascii() or not self._api_key.isprintable():
            raise ModelRefusesKey("OPENAI_API_KEY holds characters that no key has; copy it again")
        if self._base_url is not None and not _is_web_address(self._base_url):
            raise ModelMisconfigured(
                "OPENAI_BASE_URL has to be an address that starts with http:// or https://"
            )


def _rejection(refusal: Refusal) -> type[ModelRejected]:
    """Return what a refusal for good is: of the key, of every request, or of this one."""
    if refusal.is_of_the_key:
        return ModelRefusesKey
    return ModelMisconfigured if refusal.is_of_the_settings else ModelRejected


def _is_web_address(url: str) -> bool:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)


def _encode(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def _log_retry(state: RetryCallState) -> None:
    failure = state.outcome.exception() if state.outcome else None
    log.warning(
        "asking the model again",
        attempt=state.attempt_number,
        reason=failure.reason if isinstance(failure, _Passing) else "",
        pause_s=round(state.upcoming_sleep, 2),
    )
