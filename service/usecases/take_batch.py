"""Takes a batch in while it comes, in bounded memory, so that it can go on where it broke off."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple, ParamSpec, TypeVar

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from service.domain.batch import BatchStatus, LineOutcome, LineProblem, TakenLine
from service.domain.errors import (
    Conflict,
    DatabaseAway,
    FieldProblem,
    InvalidInput,
    QalibrateError,
    TooBusy,
    Unavailable,
)
from service.domain.submission import BatchLine
from service.formats.ndjson import Line, Lines
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.telemetry.metrics import BATCH_LINES
from service.usecases.accept import Acceptance, Draft, Outcome, Taken
from service.usecases.batch_lines import Asked, LineDefaults, read_line, told
from service.usecases.cards import named_scorecard
from service.usecases.pressure import GIVE_UP_S, Pressure, stays
from service.usecases.submit import SubmitEvaluation

log = structlog.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

MOST_AT_ONCE = 64
"""Lines that are redacted at the same moment and committed together; one such group waits for the next."""

# A database that comes back within this time is no reason to break off a batch.
PATIENCE_S = 60.0


class _Read(NamedTuple):
    """A line that was looked at: a draft, or what is wrong with it."""

    asked: Asked
    draft: Draft | None = None
    problems: tuple[LineProblem, ...] = ()


class _Receiving(NamedTuple):
    """One connection that brings the lines of a batch."""

    tenant: str
    batch_id: str
    receiver: str
    defaults: LineDefaults
    left: Callable[[], Awaitable[None]]


class TakeBatch:
    """Takes batches in. Whatever breaks, a line that was taken is taken once."""

    def __init__(
        self,
        database: Database,
        submit: SubmitEvaluation,
        accept: Acceptance,
        pressure: Pressure,
        parse: Callable[[bytes], Any],
        longest_line: int,
        give_up_s: float = GIVE_UP_S,
    ) -> None:
        """Make one; `parse` reads the JSON of a line, which may have `longest_line` bytes. A group of lines
        waits `give_up_s` for room.
        """
        self._database = database
        self._submit = submit
        self._accept = accept
        self._pressure = pressure
        self._parse = parse
        self._longest = longest_line
        self._give_up_s = give_up_s

    async def __call__(
        self,
        tenant: str,
        pieces: AsyncIterator[bytes],
        key: str | None = None,
        defaults: LineDefaults = LineDefaults(),  # noqa: B008 - it never changes
        left: Callable[[], Awaitable[None]] = stays,
    ) -> str:
        """Take in the lines that come in `pieces`; return the id of the batch once the last one is committed.

        With a `key` that came before it is that batch again: lines that were taken are not taken again. Where
        the pieces break off, what came in full is taken, the batch is interrupted, and the error goes on; so
        it is with what `left` raises, where there is no room for the next lines and the caller leaves.
        Raises InvalidInput, before any line is read, when `defaults` name a scorecard or a grader that is not
        there; Conflict when another connection takes the batch over, TooBusy when there was no room for long,
        Unavailable when the process ends, DatabaseAway.
        """
        await asyncio.to_thread(self._check, tenant, defaults)
        receiver, now = uuid.uuid4().hex, datetime.now(UTC)
        batch_id = await asyncio.to_thread(self._receive, tenant, key, receiver, now)
        receiving = _Receiving(tenant, batch_id, receiver, defaults, left)
        status: BatchStatus = "interrupted"
        try:
            await self._take(receiving, pieces)
            status = "closed"
        finally:
            await self._end(receiving, status)
        return batch_id

    def _check(self, tenant: str, defaults: LineDefaults) -> None:
        if defaults.grader is not None:
            self._submit.check_grader(defaults.grader)
        if defaults.scorecard is not None:
            with self._database.begin(tenant) as tx:
                named_scorecard(tx, defaults.scorecard)

    async def _take(self, receiving: _Receiving, pieces: AsyncIterator[bytes]) -> None:
        lines = Lines(self._longest)
        last: asyncio.Task[None] | None = None
        try:
            async for piece in pieces:
                for group in _groups(lines.feed(piece)):
                    last = await self._begin(receiving, group, last)
            for group in _groups(lines.finish()):
                last = await self._begin(receiving, group, last)
        finally:
            # Also when the connection broke: what was read is taken.
            if last is not None:
                await last

    async def _begin(
        self, receiving: _Receiving, group: Sequence[Line], last: "asyncio.Task[None] | None"
    ) -> "asyncio.Task[None]":
        """Begin to take a group; return once no other but this one is under way."""
        await self._wait_for_room(receiving)
        begun = asyncio.create_task(self._take_group(receiving, group, last))
        if last is not None:
            # What went wrong with it is raised by the one that comes after it.
            await asyncio.wait([last])
        return begun

    async def _wait_for_room(self, receiving: _Receiving) -> None:
        redacts, left = self._submit.redacts, receiving.left
        try:
            await self._pressure.wait(redacts=redacts, left=left, give_up_s=self._give_up_s)
        except TooBusy as busy:
            reason = busy.detail.rpartition("; ")[0]
            raise TooBusy(f"{reason}; {_interrupted(receiving)}", busy.retry_after_s) from None
        except Unavailable as away:
            raise Unavailable(f"{away.detail}; {_interrupted(receiving)}") from None

    async def _take_group(
        self, receiving: _Receiving, group: Sequence[Line], last: "asyncio.Task[None] | None"
    ) -> None:
        """Redact a group while the one before it is committed, and commit it after that one."""
        read = await self._read(receiving, group)
        if last is not None:
            await last
        if read:
            self._pressure.took(await _patiently(self._write, receiving, read))
            self._accept.tell()

    async def _read(self, receiving: _Receiving, group: Sequence[Line]) -> list[_Read]:
        taken = await _patiently(self._taken, receiving, [line.number for line in group])
        read = await asyncio.gather(*(self._read_one(receiving, line, taken) for line in group))
        return [one for one in read if one is not None]

    async def _read_one(self, receiving: _Receiving, line: Line, taken: dict[int, TakenLine]) -> _Read | None:
        """Return None for a line that was taken before."""
        # Others have their turn between two lines.
        await asyncio.sleep(0)
        asked = read_line(line, receiving.defaults, self._parse, self._longest)
        known = taken.get(line.number)
        if known is not None and known.outcome != "rejected":
            return None if known.came_with(asked.body_sha256) else _Read(asked)
        if asked.request is None:
            return _Read(asked, problems=asked.problems)
        place = BatchLine(id=receiving.batch_id, line=line.number)
        try:
            draft = await self._submit.prepare(receiving.tenant, asked.request, asked.idempotency, place)
        except Unavailable:
            raise
        except QalibrateError as error:
            return _Read(asked, problems=told(line.number, error))
        return _Read(asked, draft)

    def _write(self, receiving: _Receiving, read: Sequence[_Read]) -> int:
        """Commit a group; return how many evaluations are new."""
        with self._database.begin(receiving.tenant) as tx:
            if not tx.batches.hold(receiving.batch_id, receiving.receiver, datetime.now(UTC)):
                raise Conflict("another connection sends this batch now; this one is broken off")
            # Read again: what another connection, or a commit whose answer was lost, took meanwhile.
            before = tx.batches.taken(receiving.batch_id, [one.asked.line for one in read])
            return self._write_group(tx, receiving.batch_id, read, before)

    def _write_group(
        self, tx: Transaction, batch_id: str, read: Sequence[_Read], before: dict[int, TakenLine]
    ) -> int:
        open_ = [one for one in read if _is_open(before.get(one.asked.line))]
        drafts = [one.draft for one in open_ if one.draft is not None]
        outcomes = dict(zip((draft.id for draft in drafts), self._accept(tx, drafts), strict=True))
        taken = [_taken(one, outcomes[one.draft.id] if one.draft else None) for one in open_]
        others = ((one, before[one.asked.line]) for one in read if not _is_open(before.get(one.asked.line)))
        changed = [_changed(known) for one, known in others if not known.came_with(one.asked.body_sha256)]
        lines = [*taken, *changed]
        tx.batches.record(batch_id, lines, [before[line.line] for line in lines if line.line in before])
        for line in lines:
            BATCH_LINES.labels(line.outcome).inc()
        return sum(line.outcome == "accepted" for line in taken)

    def _taken(self, receiving: _Receiving, lines: Sequence[int]) -> dict[int, TakenLine]:
        with self._database.begin(receiving.tenant) as tx:
            return tx.batches.taken(receiving.batch_id, lines)

    def _receive(self, tenant: str, key: str | None, receiver: str, now: datetime) -> str:
        with self._database.begin(tenant) as tx:
            return tx.batches.receive(uuid.uuid4().hex, key, receiver, now)

    async def _end(self, receiving: _Receiving, status: BatchStatus) -> None:
        try:
            await asyncio.to_thread(self._store_end, receiving, status)
        except DatabaseAway:
            if status == "closed":
                raise
            # It counts as interrupted all the same when nothing comes for a while.
            log.warning("a batch was interrupted", batch=receiving.batch_id)

    def _store_end(self, receiving: _Receiving, status: BatchStatus) -> None:
        with self._database.begin(receiving.tenant) as tx:
            tx.batches.end(receiving.batch_id, receiving.receiver, status, datetime.now(UTC))


def _interrupted(receiving: _Receiving) -> str:
    taken = f"batch {receiving.batch_id} keeps what was taken"
    return f"{taken}; send the same lines again under the same Idempotency-Key"


def _groups(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while group := list(islice(lines, MOST_AT_ONCE)):
        yield group


async def _patiently(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function in a thread, and again while the database is away, for PATIENCE_S at most."""
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(DatabaseAway),
        stop=stop_after_delay(PATIENCE_S),
        wait=wait_random_exponential(multiplier=0.2, max=5),
        reraise=True,
    )
    return await retrying(asyncio.to_thread, function, *args, **kwargs)


def _is_open(known: TakenLine | None) -> bool:
    """Whether a line may still be taken: what was rejected may be mended."""
    return known is None or known.outcome == "rejected"


def _taken(read: _Read, outcome: Outcome | None) -> TakenLine:
    asked, problems, evaluation_id = read.asked, read.problems, None
    kind: LineOutcome = "rejected"
    if isinstance(outcome, Taken):
        kind, evaluation_id = "accepted" if outcome.is_new else "duplicate", outcome.evaluation.id
    elif outcome is not None:
        problems = told(asked.line, outcome)
    return TakenLine(
        line=asked.line,
        # What is rejected is read anew whenever it comes: nothing is to be compared.
        body_sha256="" if kind == "rejected" else asked.body_sha256,
        outcome=kind,
        evaluation_id=evaluation_id,
        problems=problems,
    )


def _changed(known: TakenLine) -> TakenLine:
    problem = FieldProblem("", "this line came with another body before, which stays what was taken")
    return known.model_copy(update={"problems": told(known.line, InvalidInput([problem]))})
