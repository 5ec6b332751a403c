"""What is told to a callback URL, how often it is tried, and how far the telling is."""

from datetime import datetime
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from service.domain.base import Model

EventType = Literal["evaluation.completed", "evaluation.failed", "evaluation.cancelled", "review.required"]
"""The `type` of a webhook's body."""

DeliveryStatus = Literal["pending", "delivered", "dead", "dropped"]
"""`dead`: given up, can be sent again. `dropped`: what it would tell of was erased."""

FailureType = Literal[
    "status",
    "gone",
    "redirect",
    "timeout",
    "connection",
    "tls",
    "protocol",
    "unresolved",
    "not-allowed",
    "secret-locked",
    "internal",
]

ID_PREFIX = "msg_"

RETRY_AFTER_S = (5.0, 30.0, 120.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 32_400.0)
"""The pauses after failed attempts: together a day and three quarters of an hour. The attempt after the last
one is the last.
"""

JITTER = 0.1
"""By how much of itself a pause is made longer at most, so that what failed together is not tried together.
"""

LONGEST_ASKED_S = 21_600.0
"""A receiver that asks for a longer pause than this gets this one."""


class DeliveryFailure(Model):
    """Why an attempt failed: a stable `type`, the HTTP status where there was one, and a sentence.

    Nothing that the receiver sent is in it.
    """

    type: FailureType
    status: int | None = None
    detail: str

    @property
    def is_final(self) -> bool:
        """Whether the receiver does not want to be asked again."""
        return self.type == "gone"


class Delivery(Model):
    """One webhook: an event of an evaluation on its way to a callback URL.

    `id` is the `webhook-id` of every attempt. Of `url` only scheme and host are shown: path and query may
    hold a secret.
    `attempts` counts requests that were made; `next_attempt_at` is null when none is planned.
    """

    id: str
    evaluation_id: str
    event: EventType
    url: str
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None = None
    last_error: DeliveryFailure | None = None
    created_at: datetime
    delivered_at: datetime | None = None


class Due(NamedTuple):
    """What an attempt needs to know. `failures` counts those since it was first sent or sent again."""

    id: str
    tenant: str
    evaluation_id: str
    event: EventType
    url: str
    failures: int
    created_at: datetime


class Reply(NamedTuple):
    """What a receiver answered, without its words: the status and the pause it asks for, as it wrote it."""

    status: int
    retry_after: str | None = None


class NotPosted(Exception):
    """A request came to no answer."""

    def __init__(self, failure: DeliveryFailure) -> None:
        super().__init__(failure.type)
        self.failure = failure


def pause_after(failures: int, asked_s: float | None, chance: float) -> float | None:
    """Return the seconds to wait after so many failed attempts (1 on), None when that was the last one.

    `asked_s` is what the receiver asked for; `chance`, from 0 to 1, spreads the attempts.
    """
    if failures > len(RETRY_AFTER_S):
        return None
    planned = RETRY_AFTER_S[failures - 1] * (1 + JITTER * chance)
    return max(planned, min(asked_s or 0.0, LONGEST_ASKED_S))


def shown_url(url: str) -> str:
    """Return a URL as it may be shown: its scheme and host. Some receivers know who calls by the path."""
    parts = urlsplit(url)
    hidden = "/…" if parts.path not in ("", "/") or parts.query else parts.path
    return parts._replace(path=hidden, query="", fragment="").geturl()
