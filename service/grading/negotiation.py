"""Finding out, once for all requests to a model, which dialect its server takes."""

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from service.grading.dialect import Dialect
from service.grading.refusal import Refusal

MOST_TRIES = 12
"""Requests that one attempt may send to find a dialect; more than there are parts to leave out."""

_NEGOTIABLE = frozenset({400, 415, 422, 501})
# Servers that render a chat template on the way answer 500 when it refuses a part of the request.
_DECLINES = re.compile(r"support|not allowed|not permitted|not implemented|only user and assistant")
_SAYS_NOTHING = frozenset({400, 422})
_OTHER_CAUSE = re.compile(r"\bmodel\b.{0,120}\b(?:exist|found|valid|unknown|loaded)|api.?key|credit|billing")
_MOST_IN_VAIN = 3
_LOOK_AGAIN_S = 0.02


@dataclass(slots=True)
class Attempt:
    """How one request is put at the moment, and whether that is a guess after a refusal without a reason."""

    dialect: Dialect
    leads: bool = False
    changed: bool = False
    guessing: bool = False


class Negotiation:
    """What the requests to one model have found out together.

    Until an answer has come, one request leads and the others wait up to `settle_s`: a refusal takes no
    longer, as it needs no model. Then they follow with what the leader has found out so far. A refusal that
    names its reason can change the dialect at any time. One that does not leads to guesses only before the
    first answer, and no more than 3 times in vain.
    """

    def __init__(self, dialect: Dialect, settle_s: float) -> None:
        self._dialect = dialect
        self._tried: Dialect | None = None
        self._settled = False
        self._settle_s = settle_s
        self._in_vain = 0
        self._leader = threading.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Attempt]:
        """Wait for the leader, or become it, and begin with what is known."""
        leads = await self._wait()
        try:
            yield Attempt(self._latest, leads)
        finally:
            if leads:
                self._tried = None
                self._leader.release()

    @property
    def _latest(self) -> Dialect:
        return self._tried or self._dialect

    def refresh(self, attempt: Attempt) -> None:
        """Let an attempt that found out nothing itself profit from the others."""
        if not attempt.changed:
            attempt.dialect = self._latest

    async def _wait(self) -> bool:
        """Return whether this request leads."""
        deadline = time.monotonic() + self._settle_s
        while not self._settled and time.monotonic() < deadline:
            if self._leader.acquire(blocking=False):
                return True
            # Looking is simpler than telling: requests may wait on several event loops.
            await asyncio.sleep(_LOOK_AGAIN_S)
        return False

    def simplify(self, attempt: Attempt, refusal: Refusal) -> bool:
        """Put `attempt` more simply after a refusal; False when that would not help."""
        named = attempt.dialect.after(refusal.words) if _is_negotiable(refusal) else None
        guess = attempt.dialect.simpler() if named is None and self._may_guess(refusal) else None
        simpler = named or guess
        attempt.guessing = attempt.guessing or guess is not None
        if simpler is None:
            self._in_vain += attempt.guessing
            return False
        attempt.dialect, attempt.changed = simpler, True
        if attempt.leads:
            self._tried = simpler
        return True

    def worked(self, attempt: Attempt) -> None:
        """Remember a dialect that got an answer."""
        if attempt.changed or not self._settled:
            self._dialect = attempt.dialect
        attempt.changed = False
        self._settled = True

    def _may_guess(self, refusal: Refusal) -> bool:
        if self._settled or self._in_vain >= _MOST_IN_VAIN or refusal.has_own_meaning:
            return False
        return refusal.status in _SAYS_NOTHING and not _OTHER_CAUSE.search(refusal.words)


def _is_negotiable(refusal: Refusal) -> bool:
    if refusal.has_own_meaning:
        return False
    return refusal.status in _NEGOTIABLE or (refusal.status == 500 and bool(_DECLINES.search(refusal.words)))
