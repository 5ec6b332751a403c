"""The audit log: reading it, and noting reads without making a write of each."""

import base64
import binascii
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from pydantic import JsonValue

from service.domain.audit import AuditAction, AuditEntry, AuditFilter, AuditLine
from service.domain.errors import DatabaseAway, FieldProblem, InvalidInput
from service.domain.evaluation import Evaluation
from service.domain.keys import ApiKey
from service.storage.audit import AuditPosition
from service.storage.database import Database

log = structlog.get_logger(__name__)

WRITE_AFTER_S = 1.0
"""How long a read may wait for its line: what is lost when the process is killed."""

WRITE_AT = 100
MOST_WAITING = 5_000
"""Lines that may wait for a database that is away; the read that would be one more fails with it."""

ONCE_WITHIN_S = 60.0
"""The same key that reads the same thing again within this time leaves no second line."""

REMEMBERED = 20_000


class AuditPage(NamedTuple):
    """Part of the log, and where the next part starts (None at the end)."""

    items: Sequence[AuditLine]
    next_cursor: str | None


class AuditLog:
    """The log of a tenant, for reading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, tenant: str, wanted: AuditFilter, cursor: str | None, limit: int, by: str) -> AuditPage:
        """Return a page, the latest first; `by` says who reads it, which is itself a line.

        Raises InvalidInput for a cursor that is not ours.
        """
        after = _read_cursor(cursor) if cursor else None
        with self._database.begin(tenant) as tx:
            found = tx.audit.list(wanted, after, limit + 1)
            given: list[JsonValue] = [*sorted(wanted.model_dump(exclude_none=True))]
            details: dict[str, JsonValue] = {"lines": min(len(found), limit), "filters": given}
            if cursor is None:
                tx.audit.add(AuditEntry(at=datetime.now(UTC), actor=by, action="audit.read", details=details))
        more = len(found) > limit
        return AuditPage(found[:limit], _cursor_of(found[limit - 1]) if more else None)


class ReadLog:
    """Takes note of who read what. Lines are written together, a moment later, by a thread of their own:
    a read must not wait for a write.
    """

    def __init__(self, database: Database, write_after_s: float = WRITE_AFTER_S) -> None:
        """Make one that writes `write_after_s` after the first line that waits, or as soon as many do."""
        self._database = database
        self._write_after_s = write_after_s
        self._waiting: list[tuple[str, AuditEntry]] = []
        self._noted: OrderedDict[tuple[str, ...], float] = OrderedDict()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._hurry = threading.Event()
        self._closing = threading.Event()
        self._writer: threading.Thread | None = None

    def __call__(
        self,
        tenant: str,
        actor: str,
        action: AuditAction,
        subject: str = "",
        details: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Note that `actor` read `subject`, once in a while however often it does.

        Raises DatabaseAway when nothing could be written for so long that there is no room.
        """
        entry = AuditEntry(
            at=datetime.now(UTC), actor=actor, action=action, subject=subject, details=dict(details or {})
        )
        with self._lock:
            if subject and self._is_repeated((tenant, actor, action, subject)):
                return
            if len(self._waiting) >= MOST_WAITING:
                raise DatabaseAway("the database is away, and reads that cannot be logged are refused")
            self._waiting.append((tenant, entry))
            many = len(self._waiting) >= WRITE_AT
            self._start()
        if many:
            self._hurry.set()

    def write(self) -> None:
        """Write what waits. Raises DatabaseAway, and then it goes on waiting."""
        with self._writing:
            with self._lock:
                batch = list(self._waiting)
            if not batch:
                return
            by_tenant: dict[str, list[AuditEntry]] = {}
            for tenant, entry in batch:
                by_tenant.setdefault(tenant, []).append(entry)
            with self._database.begin("", forgetful=True) as tx:
                for tenant in sorted(by_tenant):
                    tx.on_behalf_of(tenant).audit.add(*by_tenant[tenant])
            with self._lock:
                del self._waiting[: len(batch)]

    def close(self) -> None:
        """Write what waits, and end the thread."""
        self._closing.set()
        self._hurry.set()
        if self._writer is not None:
            self._writer.join(timeout=30)
        self._try_to_write()

    def _is_repeated(self, what: tuple[str, ...]) -> bool:
        now = time.monotonic()
        before = self._noted.get(what)
        if before is not None and now - before < ONCE_WITHIN_S:
            return True
        self._noted[what] = now
        self._noted.move_to_end(what)
        if len(self._noted) > REMEMBERED:
            self._noted.popitem(last=False)
        return False

    def _start(self) -> None:
        if self._writer is None:
            self._writer = threading.Thread(target=self._run, name="note-reads", daemon=True)
            self._writer.start()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._hurry.wait(self._write_after_s)
            self._hurry.clear()
            if not self._try_to_write():
                self._closing.wait(self._write_after_s)

    def _try_to_write(self) -> bool:
        try:
            self.write()
        except Exception as error:
            # Whatever it was: the lines wait, and the thread has to go on.
            log.warning("reads could not be logged; trying again", error=type(error).__name__)
            return False
        return True


class Reading:
    """Takes note of what one caller reads."""

    def __init__(self, note: ReadLog, key: ApiKey) -> None:
        self._note = note
        self._key = key

    def evaluation(self, evaluation: Evaluation) -> None:
        """Note that the caller got an evaluation: one with words of the conversation, not one that is only
        asked how far it is.
        """
        if evaluation.is_final or evaluation.turns is not None:
            self._note(self._key.tenant, self._key.id, "evaluation.read", evaluation.id)

    def several(self, action: AuditAction, ids: Sequence[str], filters: Mapping[str, object]) -> None:
        """Note that the caller got many at once: how many, the first and the last of them, and the names of
        the filters that were set. One alone is noted by its id.
        """
        named: list[JsonValue] = [*sorted(name for name, value in filters.items() if value is not None)]
        details: dict[str, JsonValue] = {"count": len(ids), "filters": named}
        if ids:
            details |= {"first": ids[0], "last": ids[-1]}
        subject = ids[0] if len(ids) == 1 else ""
        self._note(self._key.tenant, self._key.id, action, subject, details)


def _cursor_of(line: AuditLine) -> str:
    return base64.urlsafe_b64encode(f"{line.at.isoformat()} {line.id}".encode()).decode()


def _read_cursor(cursor: str) -> AuditPosition:
    try:
        moment, _, number = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        if not (number.isascii() and number.isdigit() and len(number) <= 18):
            raise ValueError(number)
        return datetime.fromisoformat(moment).astimezone(UTC), int(number)
    except (ValueError, binascii.Error, OverflowError):
        problem = FieldProblem("/cursor", "not a cursor of this list; leave it out to start at the beginning")
        raise InvalidInput([problem]) from None
