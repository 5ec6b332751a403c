"""Delivers webhooks, signed as Standard Webhooks says."""

import asyncio
import random
import time
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

import pydantic_core
import structlog
from standardwebhooks import Webhook
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from service.domain.errors import DatabaseAway, SecretLocked
from service.domain.evaluation import Evaluation
from service.domain.webhook import DeliveryFailure, DeliveryStatus, Due, NotPosted, Reply, pause_after
from service.grading.retry_after import retry_after_s
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.telemetry.metrics import WEBHOOKS
from service.telemetry.stages import stage
from service.usecases.lanes import Lanes
from service.usecases.queue import JobQueue
from service.usecases.webhook_secrets import WebhookSecrets

log = structlog.get_logger(__name__)

WORKER = ""
"""Workers act for every tenant; the delivery says whose it is."""

RECORD_WITHIN_S = 600.0
"""A receiver was told: for so long recording that is tried, before the job is given back and it is told once
more.
"""


class Poster(Protocol):
    """Posts to where strangers want it."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Awaitable[Reply]:
        """Return what the receiver answered. Raises NotPosted."""


class _Message(NamedTuple):
    due: Due
    body: str
    secrets: Sequence[str]


class DeliverWebhook:
    """Does one job of a delivery. Doing it twice sends it twice at most, under the same `webhook-id`."""

    def __init__(
        self,
        database: Database,
        queue: JobQueue,
        secrets: WebhookSecrets,
        post: Poster,
        lanes: Lanes | None = None,
    ) -> None:
        self._database = database
        self._queue = queue
        self._secrets = secrets
        self._post = post
        self._lanes = lanes or Lanes()

    async def __call__(self, delivery_id: str, attempt: int) -> None:
        """Send it, unless that was done, and leave the next job where one is needed.

        `attempt` is the number that the job was queued under. Raises DatabaseAway.
        """
        message = await asyncio.to_thread(self._prepared, delivery_id, attempt)
        if message is None:
            return
        receiver = urlsplit(message.due.url).netloc
        wait_s = await self._lanes.enter(receiver)
        if wait_s is not None:
            await asyncio.to_thread(self._postpone, message.due, attempt, wait_s)
            return
        started = time.monotonic()
        try:
            with stage("deliver", evaluation=message.due.evaluation_id):
                failure, asked_s = await self._sent(message)
        finally:
            self._lanes.leave(receiver, time.monotonic() - started)
        await self._recorded(message.due, attempt, failure, asked_s)

    def _prepared(self, delivery_id: str, job: int) -> _Message | None:
        with self._database.begin(WORKER) as tx:
            due = tx.deliveries.due(delivery_id, job)
            if due is None:
                return None
            theirs = tx.on_behalf_of(due.tenant)
            is_there = theirs.deliveries.has_subject(due.evaluation_id)
            evaluation = theirs.evaluations.get(due.evaluation_id) if is_there else None
            if evaluation is None:
                theirs.deliveries.drop(due.id)
                log.info("webhook dropped: its evaluation was erased", webhook=due.id)
                return None
            return _Message(due, body_of(due, evaluation), self._signing(theirs))

    def _signing(self, theirs: Transaction) -> Sequence[str]:
        try:
            return self._secrets.signing(theirs)
        except SecretLocked:
            return ()

    async def _sent(self, message: _Message) -> tuple[DeliveryFailure | None, float | None]:
        """Return why it failed, if so, and the pause that the receiver asks for."""
        if not message.secrets:
            detail = "no key in QALIBRATE_SECRET_KEY opens the secret that signs webhooks"
            return DeliveryFailure(type="secret-locked", detail=detail), None
        now = datetime.now(UTC)
        body = message.body.encode()
        try:
            reply = await self._post(message.due.url, headers_of(message, now), body)
        except NotPosted as error:
            return error.failure, None
        except Exception as error:
            # Whatever breaks, the delivery must not stay where it is for ever.
            log.error("a webhook broke", webhook=message.due.id, error=type(error).__name__)
            return DeliveryFailure(type="internal", detail=f"sending broke with {type(error).__name__}"), None
        asked_s = retry_after_s({"retry-after": reply.retry_after or ""}, now)
        return failure_of(reply.status), asked_s

    async def _recorded(
        self, due: Due, job: int, failure: DeliveryFailure | None, asked_s: float | None
    ) -> None:
        async for trial in AsyncRetrying(
            retry=retry_if_exception_type(DatabaseAway),
            wait=wait_random_exponential(multiplier=0.5, max=30),
            stop=stop_after_delay(RECORD_WITHIN_S),
            reraise=True,
        ):
            with trial:
                became = await asyncio.to_thread(self._record, due, job, failure, asked_s)
        WEBHOOKS.labels(failure.type if failure else "delivered").inc()
        if became == "pending":
            self._queue.tell()
        facts = {"webhook": due.id, "evaluation": due.evaluation_id, "became": became}
        if failure is None:
            log.info("webhook delivered", **facts)
        else:
            log.warning("webhook failed", reason=failure.type, status=failure.status, **facts)

    def _record(
        self, due: Due, job: int, failure: DeliveryFailure | None, asked_s: float | None
    ) -> DeliveryStatus:
        now = datetime.now(UTC)
        with self._database.begin(due.tenant) as tx:
            if failure is None:
                tx.deliveries.delivered(due.id, job, now)
                return "delivered"
            pause_s = pause_after(due.failures + 1, asked_s, random.random())  # noqa: S311 - spreads, hides nothing
            if failure.is_final or pause_s is None:
                tx.deliveries.failed(due.id, job, failure, None)
                return "dead"
            if tx.deliveries.failed(due.id, job, failure, now + timedelta(seconds=pause_s)):
                self._queue.enqueue_delivery(tx, due.id, job + 1, pause_s)
            return "pending"

    def _postpone(self, due: Due, job: int, wait_s: float) -> None:
        until = datetime.now(UTC) + timedelta(seconds=wait_s)
        with self._database.begin(due.tenant) as tx:
            if tx.deliveries.postponed(due.id, job, until):
                self._queue.enqueue_delivery(tx, due.id, job + 1, wait_s)


def body_of(due: Due, evaluation: Evaluation) -> str:
    """Return what is sent: the event, when it happened, and the evaluation as it is read over REST.

    It is made anew for each attempt and the same each time, unless the evaluation itself has changed since,
    which only a review or an appeal does.
    """
    event = {"type": due.event, "timestamp": due.created_at, "data": evaluation}
    return pydantic_core.to_json(event).decode()


def headers_of(message: _Message, now: datetime) -> dict[str, str]:
    """Return the headers of an attempt made `now`, with a signature by each secret."""
    due, body, secrets = message
    signatures = (Webhook(secret).sign(due.id, now, body) for secret in secrets)
    return {
        "host": urlsplit(due.url).netloc,
        "content-type": "application/json",
        "user-agent": "Qalibrate-Webhooks",
        "webhook-id": due.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def failure_of(status: int) -> DeliveryFailure | None:
    """Return why an answer with this status is a failure, None when it is none."""
    if 200 <= status < 300:
        return None
    if status == 410:
        return DeliveryFailure(type="gone", status=status, detail="the receiver wants no more of them")
    if 300 <= status < 400:
        detail = "the receiver redirects, which is not followed; give the address that it redirects to"
        return DeliveryFailure(type="redirect", status=status, detail=detail)
    return DeliveryFailure(type="status", status=status, detail=f"the receiver answered {status}")
