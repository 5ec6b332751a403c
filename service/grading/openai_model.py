"""The model port on any OpenAI-compatible server: retries, bounds, and what a server turns out not to
support.

No error raised here, and no log line, holds text of a transcript, of an answer or of the key: servers repeat
parts of requests in their error messages, so of those only the status and the error code are passed on.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
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
    stop_after_attempt,
    stop_before_delay,
    wait_random,
    wait_random_exponential,
)

from service.domain.errors import ModelAway, ModelRejected, PromptTooLong
from service.grading.completion import GarbledCompletion, read_completion
from service.grading.dialect import Dialect
from service.grading.port import ChatAnswer, ChatRequest
from service.grading.retry_after import retry_after_s

log = structlog.get_logger(__name__)

_PASSING = frozenset({408, 409, 425, 429})
_NEGOTIABLE = frozenset({400, 415, 422, 501})
# An error code is stored as part of the reason: it may be a word, not a telephone number.
_CODE = re.compile(r"(?!.*[0-9]{5})[a-z0-9_.-]{1,60}", re.ASCII)
_FILTER_CODES = frozenset({"content_filter", "content_policy_violation"})
# The model wrote something that does not fit the schema, and the server says so in place of sending it.
_GENERATED_BADLY = "json_validate_failed"
_TOO_LONG = re.compile(r"context.(length|size|window)|prompt is too long|too many tokens")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long an answer may take. One request `timeout_s` from connecting to the last byte; all attempts and
    pauses together `total_s`; at most `attempts`; the first pause is up to `pause_s`, later ones double.
    """

    timeout_s: float = 60
    total_s: float = 180
    attempts: int = 6
    pause_s: float = 0.5
    longest_pause_s: float = 20


class _Passing(Exception):
    """An attempt failed in a way that may pass. `asked_s` is the pause the server asked for."""

    def __init__(self, reason: str, asked_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.asked_s = asked_s


class OpenAIModel:
    """Asks one model on one OpenAI-compatible server. `api_key` may be empty where the server wants none.

    `payload_sha256` of an answer is the SHA-256 of the body of the HTTP request, byte for byte as it was
    sent.
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
    ) -> None:
        self.name = model
        self._api_key = api_key.strip()
        self._base_url = base_url
        self._bounds = bounds or Bounds(timeout_s=timeout_s, total_s=total_s)
        self._max_completion_tokens = max_completion_tokens
        self._dialect = Dialect()
        # Connections belong to the event loop that opened them; the same adapter may be used from several.
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncOpenAI] = WeakKeyDictionary()

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the model's answer. Raises ModelAway, ModelRejected and PromptTooLong."""
        self._check_settings()
        try:
            async with asyncio.timeout(self._bounds.total_s):
                return await self._with_retries(request)
        except TimeoutError:
            raise ModelAway(f"the model gave no answer within {self._bounds.total_s:g} s") from None
        except _Passing as failure:
            raise ModelAway(f"the model could not be used: {failure.reason}") from None

    async def aclose(self) -> None:
        """Close the connections that the running event loop opened."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()

    async def _with_retries(self, request: ChatRequest) -> ChatAnswer:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_Passing),
            stop=stop_after_attempt(self._bounds.attempts) | stop_before_delay(self._bounds.total_s),
            wait=self._pause,
            before_sleep=_log_retry,
            reraise=True,
        )
        return await retrying(self._negotiate, request)

    def _pause(self, state: RetryCallState) -> float:
        """Return the pause the server asked for, else a random one that grows."""
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, _Passing) and failure.asked_s is not None:
            # Spread out a little, so that all who were told the same do not come back at once.
            return failure.asked_s + wait_random(0, self._bounds.pause_s)(state)
        bounds = self._bounds
        return wait_random_exponential(multiplier=bounds.pause_s, max=bounds.longest_pause_s)(state)

    async def _negotiate(self, request: ChatRequest) -> ChatAnswer:
        """Ask in the dialect known so far; where the server refuses a part of it, ask again at once
        without that part. Only what worked is remembered.
        """
        dialect = self._dialect
        while True:
            body = _encode(dialect.payload(request, self.name, self._max_completion_tokens))
            try:
                content = await self._post(body)
            except APIStatusError as error:
                refused = _Refused.read(error)
            else:
                self._dialect = dialect
                return self._read(content, body)
            simpler = dialect.after(refused.words) if refused.status in _NEGOTIABLE else None
            if simpler is None:
                return self._refused(refused, body)
            log.info("the model's server takes less than asked", model=self.name, now=simpler.answer_format)
            dialect = simpler

    async def _post(self, body: bytes) -> bytes:
        """Send one request and return the whole answer. Raises APIStatusError and _Passing."""
        options: Any = {"headers": {"Content-Type": "application/json"}}
        try:
            # The SDK's time-out starts anew with each byte; a body that trickles is bounded only by this one.
            async with asyncio.timeout(self._bounds.timeout_s):
                response = await self._client().post(
                    "/chat/completions", cast_to=httpx2.Response, content=body, options=options
                )
                return response.content
        except TimeoutError:
            raise _Passing(f"no answer within {self._bounds.timeout_s:g} s") from None
        except APIConnectionError as error:
            raise _Passing(f"no connection ({type(error.__cause__ or error).__name__})") from None
        except (APIResponseValidationError, httpx2.HTTPError) as error:
            raise _Passing(f"the answer broke off ({type(error).__name__})") from None

    def _read(self, content: bytes, body: bytes) -> ChatAnswer:
        try:
            return read_completion(content, self.name, hashlib.sha256(body).hexdigest())
        except GarbledCompletion as error:
            raise _Passing(str(error)) from None

    def _refused(self, refused: "_Refused", body: bytes) -> ChatAnswer:
        """Return what a status other than 2xx amounts to, or raise it."""
        if refused.code in _FILTER_CODES:
            digest = hashlib.sha256(body).hexdigest()
            return ChatAnswer("", self.name, "content_filter", "content filter", payload_sha256=digest)
        if refused.code == _GENERATED_BADLY:
            return ChatAnswer("", self.name, payload_sha256=hashlib.sha256(body).hexdigest())
        if refused.code == "insufficient_quota":
            raise ModelAway("the model's server says that the account's quota is used up")
        if refused.status in _PASSING or refused.status >= 500:
            raise _Passing(f"the server answered {refused.label}", refused.asked_s)
        if refused.status == 413 or _TOO_LONG.search(refused.words):
            raise PromptTooLong(
                f"the server answered {refused.label}: the request is too long for {self.name!r}"
            )
        raise ModelRejected(f"the model's server answered {refused.label}; {_advice(refused.status)}")

    def _client(self) -> AsyncOpenAI:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = AsyncOpenAI(
                # The SDK insists on a key; servers that want none ignore it.
                api_key=self._api_key or "none",
                base_url=self._base_url,
                max_retries=0,
                timeout=self._bounds.timeout_s,
                # A transcript goes where the operator sent it and nowhere else.
                http_client=DefaultAsyncHttpxClient(follow_redirects=False),
            )
        return self._clients[loop]

    def _check_settings(self) -> None:
        if not self._api_key.isascii() or not self._api_key.isprintable():
            raise ModelRejected("OPENAI_API_KEY holds characters that no key has; copy it again")
        if self._base_url is not None and not _is_web_address(self._base_url):
            raise ModelRejected("OPENAI_BASE_URL has to be an address that starts with http:// or https://")


@dataclass(frozen=True, slots=True)
class _Refused:
    """A status other than 2xx. `words` are for our own decisions only: they may repeat the request."""

    status: int
    code: str
    words: str
    asked_s: float | None

    @classmethod
    def read(cls, error: APIStatusError) -> "_Refused":
        said = error.body if isinstance(error.body, Mapping) else {}
        code = said.get("code") or said.get("type")
        return cls(
            status=error.status_code,
            code=code if isinstance(code, str) and _CODE.fullmatch(code) else "",
            words=_words(said, error.response.text),
            asked_s=retry_after_s(error.response.headers, datetime.now(UTC)),
        )

    @property
    def label(self) -> str:
        return f"{self.status} ({self.code})" if self.code else str(self.status)


def _words(said: Mapping[str, Any], text: str) -> str:
    """Return what the server complains of, in lower case; not the request, which some servers repeat."""
    own = [said[key] for key in ("message", "param", "code", "type") if isinstance(said.get(key), str)]
    return (" ".join(own) or text)[:20_000].lower()


def _is_web_address(url: str) -> bool:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)


def _advice(status: int) -> str:
    if 300 <= status < 400:
        return "OPENAI_BASE_URL is redirected, which is not followed; set the address that it leads to"
    if status in (401, 403):
        return "check OPENAI_API_KEY, and that it may use the model in QALIBRATE_MODEL"
    if status in (404, 405):
        return "check QALIBRATE_MODEL, and OPENAI_BASE_URL, which usually ends in /v1"
    return "check QALIBRATE_MODEL and OPENAI_BASE_URL: the model or its server does not take such requests"


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
