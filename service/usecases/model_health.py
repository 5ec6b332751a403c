"""Whether the model answers: asked without spending a request on it, and learned from the work itself."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal
from urllib.parse import urlsplit

import structlog

from service.domain.errors import ModelAway, ModelMisconfigured, ModelRefusesKey, ModelRejected, PromptTooLong
from service.domain.evaluation import Assessment, Failure

log = structlog.get_logger(__name__)

ModelState = Literal["ok", "away", "refuses-key", "misconfigured", "not configured"]

OPENAI_URL = "https://api.openai.com/v1"
CONNECT_S = 2.0
REMEMBER_S = 10.0

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0

_STATES: dict[str, ModelState] = {
    ModelAway.type: "away",
    ModelRefusesKey.type: "refuses-key",
    ModelMisconfigured.type: "misconfigured",
}
# The model's server is there, and has something against one request only.
_OF_THE_REQUEST = frozenset({ModelRejected.type, PromptTooLong.type})


def is_of_the_model(outcome: Assessment | Failure) -> bool:
    """Whether it failed for a reason that work as such may pass: the model is away or takes none of ours."""
    return isinstance(outcome, Failure) and outcome.type in _STATES


class Attempt:
    """One grading under way, and what is learned of the model from it."""

    def __init__(self, began: float, *, probes: bool) -> None:
        self.began = began
        self.probes = probes
        self.outcome: Assessment | Failure | None = None


class Circuit:
    """Holds work back while the model is away, and lets one through now and then to find out.

    It opens when a grading fails for the model's sake and none was answered while it ran. It closes with the
    first answer, for all at once. Waiting stand in line and take turns in finding out, so that one that the
    model can never answer does not hold up the others. All calls come from one event loop; reading `trouble`
    may come from anywhere.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        first_pause_s: float = FIRST_PAUSE_S,
        longest_pause_s: float = LONGEST_PAUSE_S,
    ) -> None:
        self.trouble: Failure | None = None
        """What the model's trouble is while it is open, else None."""
        self._clock = clock
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._pause_s = first_pause_s
        self._probe_at = 0.0
        self._probing = False
        self._worked_at = float("-inf")
        self._line: deque[object] = deque()
        self._changed = asyncio.Event()

    @property
    def state(self) -> ModelState:
        """What the work last learned of the model."""
        return "ok" if self.trouble is None else _STATES[self.trouble.type]

    @asynccontextmanager
    async def turn(self, patience_s: float | None = None) -> AsyncIterator[Attempt | None]:
        """Wait until it is closed, or until it is one's turn to find out; set `outcome` of what is given.

        None when it is still open after `patience_s`.
        """
        try:
            async with asyncio.timeout(patience_s):
                probes = await self._wait()
        except TimeoutError:
            yield None
            return
        attempt = Attempt(self._clock(), probes=probes)
        try:
            yield attempt
        finally:
            if attempt.probes:
                self._probing = False
            self._learn(attempt)
            self._tell()

    def worked_since(self, attempt: Attempt) -> bool:
        """Whether others were answered while `attempt` ran, so that its failure is its own."""
        return self._worked_at > attempt.began

    async def _wait(self) -> bool:
        ticket = object()
        self._line.append(ticket)
        try:
            while self.trouble is not None:
                pause = self._probe_at - self._clock()
                if pause <= 0 and not self._probing and self._line[0] is ticket:
                    self._probing = True
                    return True
                await self._until_changed(pause if pause > 0 else None)
            return False
        finally:
            self._line.remove(ticket)
            self._tell()

    async def _until_changed(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _learn(self, attempt: Attempt) -> None:
        outcome = attempt.outcome
        if outcome is None:
            return
        if not isinstance(outcome, Failure):
            # A card that is closed by its conditions asks the model nothing.
            if outcome.usage.requests:
                self._close()
        elif outcome.type in _OF_THE_REQUEST:
            self._close()
        elif is_of_the_model(outcome) and not self.worked_since(attempt):
            self._open(outcome, attempt)

    def _close(self) -> None:
        self._worked_at = self._clock()
        if self.trouble is not None:
            self.trouble, self._pause_s = None, self._first_pause_s
            log.warning("the model is back; what waited for it goes on")

    def _open(self, failure: Failure, attempt: Attempt) -> None:
        if self.trouble is None:
            log.error("the model cannot be used; work waits", reason=failure.type, detail=failure.detail)
        elif attempt.probes:
            self._pause_s = min(2 * self._pause_s, self._longest_pause_s)
        else:
            # One of those that were under way when it opened.
            return
        self.trouble = failure
        self._probe_at = self._clock() + self._pause_s


class ModelHealth:
    """Opens a connection to the endpoint now and then; the answer is remembered in between.

    Where this process works off jobs, what they learned comes first.
    """

    def __init__(self, url: str | None, circuit: Circuit | None = None) -> None:
        """Watch the endpoint at `url`; None is no model."""
        parts = urlsplit(url or "")
        self._is_there = url is not None
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._circuit = circuit or Circuit()
        self._connected: ModelState = "ok"
        self._known_at = float("-inf")

    async def state(self) -> ModelState:
        """Return what work learned, else `ok` when a connection could be opened within the last seconds."""
        if not self._is_there:
            return "not configured"
        if self._circuit.state != "ok":
            return self._circuit.state
        if time.monotonic() - self._known_at > REMEMBER_S:
            self._connected = "ok" if await self._connects() else "away"
            self._known_at = time.monotonic()
        return self._connected

    async def _connects(self) -> bool:
        try:
            async with asyncio.timeout(CONNECT_S):
                _, writer = await asyncio.open_connection(self._host, self._port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True
