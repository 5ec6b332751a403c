"""API keys: made, checked, rotated, revoked. Only a hash of the secret is ever kept."""

import hashlib
import math
import secrets
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from service.domain.audit import COMMAND_LINE, AuditAction, AuditEntry
from service.domain.errors import (
    Conflict,
    DatabaseAway,
    FieldProblem,
    InvalidInput,
    NotAuthenticated,
    NotFound,
)
from service.domain.keys import ApiKey, Scope, check_tenant
from service.storage.database import Database
from service.storage.keys import FoundKey
from service.storage.transaction import Transaction

PREFIX = "qal_"
MOST_GRACE = timedelta(days=30)
"""How long two secrets of one key may work at most."""

REMEMBERED_S = 1.0
"""How long a key that was revoked by another process may still work."""

_MOST_REMEMBERED = 10_000
_ANY = ""
"""Keys are looked up before the tenant is known."""

# Writing at every request would make reading as dear as writing.
_TOUCH_EVERY = timedelta(minutes=1)


class Keys:
    """The keys of every tenant."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._memory = _Memory(clock)

    def create(
        self,
        tenant: str,
        name: str,
        scopes: Sequence[Scope],
        *,
        expires_at: datetime | None = None,
        rate_limit: int | None = None,
        by: str = COMMAND_LINE,
    ) -> tuple[ApiKey, str]:
        """Return a new key and its secret, which cannot be had again.

        Raises InvalidInput for a bad tenant or name.
        """
        check_tenant(tenant)
        _check_name(name)
        secret = _new_secret()
        key = ApiKey(
            id=uuid.uuid4().hex,
            tenant=tenant,
            name=name,
            scopes=tuple(dict.fromkeys(scopes)),
            created_at=datetime.now(UTC),
            expires_at=expires_at,
            rate_limit=rate_limit,
        )
        with self._database.begin(_ANY) as tx:
            tx.keys.add(key, _hash(secret))
            _note(tx, key, "key.created", by)
        return key, secret

    def authenticate(self, secret: str) -> ApiKey:
        """Return the key that has this secret. Raises NotAuthenticated for one that lets nobody in.

        A key that was found is remembered for REMEMBERED_S. What is unknown is looked up each time, so that
        guesses cost memory of nobody.
        """
        known = self.remembered(secret)
        if known is not None:
            return known
        key_hash, now, moment = _hash(secret), datetime.now(UTC), self._memory.moment()
        with self._database.begin(_ANY) as tx:
            found = tx.keys.find(key_hash)
        if found is None or not found.key.opens(now, with_previous=found.by_previous):
            self._memory.drop(key_hash)
            raise NotAuthenticated("the API key is unknown, has expired or was revoked")
        self._touch(found.key, now)
        self._memory.put(key_hash, found, moment)
        return found.key

    def remembered(self, secret: str) -> ApiKey | None:
        """Return the key of a secret that was found within REMEMBERED_S, without asking the database."""
        found = self._memory.get(_hash(secret))
        if found is None or not found.key.opens(datetime.now(UTC), with_previous=found.by_previous):
            return None
        return found.key

    def was_known(self, secret: str) -> bool:
        """Whether this process has let this secret in before, however long ago, and not refused it since."""
        return self._memory.holds(_hash(secret))

    def list(self) -> list[ApiKey]:
        """Return every key, oldest first."""
        with self._database.begin(_ANY) as tx:
            return tx.keys.list()

    def rotate(self, key_id: str, grace: timedelta, *, by: str = COMMAND_LINE) -> tuple[ApiKey, str]:
        """Return the key with another secret; the one it had works for `grace` longer, older ones no more.

        Raises NotFound; Conflict for a revoked key; InvalidInput for a grace that is negative or too long.
        """
        if not timedelta() <= grace <= MOST_GRACE:
            hours = MOST_GRACE / timedelta(hours=1)
            raise InvalidInput([FieldProblem("/grace-hours", f"give a number from 0 to {hours:g}")])
        secret, now = _new_secret(), datetime.now(UTC)
        with self._database.begin(_ANY) as tx:
            key = _existing(tx, key_id)
            if not tx.keys.rotate(key_id, _hash(secret), now, now + grace):
                raise Conflict(f"the key {key_id} is revoked; make another one")
            _note(tx, key, "key.rotated", by, grace_hours=grace / timedelta(hours=1))
            key = _existing(tx, key_id)
        self._memory.clear()
        return key, secret

    def revoke(self, key_id: str, *, by: str = COMMAND_LINE) -> None:
        """Revoke a key for good; again changes nothing. Raises NotFound."""
        with self._database.begin(_ANY) as tx:
            key = _existing(tx, key_id)
            if tx.keys.revoke(key_id, datetime.now(UTC)):
                _note(tx, key, "key.revoked", by)
        self._memory.clear()

    def _touch(self, key: ApiKey, now: datetime) -> None:
        """Record the use, now and then; nobody is turned away because that cannot be written."""
        if key.last_used_at is None or now - key.last_used_at > _TOUCH_EVERY:
            with suppress(DatabaseAway, Conflict), self._database.begin(_ANY, forgetful=True) as tx:
                tx.keys.touch(key.id, now)


class _Remembered(NamedTuple):
    found: FoundKey
    at: float


class _Memory:
    """Keys that were found, by the hash of their secret; the last used ones, a bounded number.

    Those past REMEMBERED_S are held on to, to tell a caller that was here before from a stranger.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._found: OrderedDict[str, _Remembered] = OrderedDict()
        self._cleared_at = -math.inf

    def moment(self) -> float:
        """Return the time, for `put`."""
        return self._clock()

    def get(self, key_hash: str) -> FoundKey | None:
        """Return what was found within REMEMBERED_S."""
        known = self._found.get(key_hash)
        if known is None or self._clock() - known.at >= REMEMBERED_S or known.at <= self._cleared_at:
            return None
        return known.found

    def holds(self, key_hash: str) -> bool:
        """Whether it was found at any time, and not dropped since."""
        return key_hash in self._found

    def put(self, key_hash: str, found: FoundKey, moment: float) -> None:
        """Remember what was looked up from `moment` on."""
        with self._lock:
            self._found[key_hash] = _Remembered(found, moment)
            self._found.move_to_end(key_hash)
            if len(self._found) > _MOST_REMEMBERED:
                self._found.popitem(last=False)

    def drop(self, key_hash: str) -> None:
        """Forget one that lets nobody in any more: who goes on with it is a stranger who guesses."""
        with self._lock:
            self._found.pop(key_hash, None)

    def clear(self) -> None:
        """Have everything looked up again that was looked up before now."""
        self._cleared_at = self._clock()


def _note(tx: Transaction, key: ApiKey, action: AuditAction, by: str, **details: float) -> None:
    entry = AuditEntry(
        at=datetime.now(UTC), actor=by, action=action, subject=key.id, details=_facts(key) | details
    )
    tx.on_behalf_of(key.tenant).audit.add(entry)


def _facts(key: ApiKey) -> dict[str, object]:
    expires = key.expires_at.isoformat() if key.expires_at else None
    return {"scopes": list(key.scopes), "expires_at": expires, "rate_limit": key.rate_limit}


def _existing(tx: Transaction, key_id: str) -> ApiKey:
    key = tx.keys.get(key_id)
    if key is None:
        raise NotFound("key", key_id)
    return key


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= 200:
        raise InvalidInput([FieldProblem("/name", "give the key a name of 1 to 200 characters")])


def _new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def _hash(secret: str) -> str:
    # A secret of 256 random bits needs no slow hash: there is nothing to guess. Nor a comparison in constant
    # time: what is compared are hashes, and who does not know the secret cannot steer how they begin.
    return hashlib.sha256(secret.encode()).hexdigest()
