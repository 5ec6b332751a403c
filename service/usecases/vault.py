"""The vault: what the placeholders of a conversation stood for, for an auditor, for a time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from pydantic import JsonValue

from service.domain.audit import AuditEntry
from service.domain.errors import NotFound, NoVault, VaultGone
from service.domain.vault import Original, VaultContent, spellings
from service.logs import AUDIT
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.storage.vaults import SealedVault
from service.usecases.seal import Seal

log = structlog.get_logger(__name__)
audit = structlog.get_logger(AUDIT)

_ANY = ""
PURGED_AT_ONCE = 500
"""Vaults of every tenant expire."""


class Vault:
    """Keeps originals with the evaluation they belong to, gives them out, forgets them."""

    def __init__(self, database: Database, seal: Seal | None, days: float) -> None:
        """Make the vault of a process; without a `seal` it is off: it keeps nothing and opens nothing."""
        self._database = database
        self._seal = seal
        self._kept_for = timedelta(days=days)

    @property
    def is_on(self) -> bool:
        """Whether anything is kept."""
        return self._seal is not None

    def keep(self, tx: Transaction, evaluation_id: str, originals: Sequence[Original], now: datetime) -> None:
        """Keep the originals of an evaluation; they are there when, and only when, `tx` commits."""
        if self._seal is not None and originals:
            tx.vaults.add(evaluation_id, self._seal.seal(evaluation_id, originals), now + self._kept_for)

    def open(self, tenant: str, evaluation_id: str, by: str, placeholder: str | None = None) -> VaultContent:
        """Return what the placeholders of an evaluation stood for, or one of them; `by` says who asks.

        Raises NotFound, Gone, NoVault when nothing was kept, VaultGone when it is forgotten or expired,
        VaultLocked when no key fits.
        """
        if self._seal is None:
            with self._database.begin(tenant) as tx:
                tx.evaluations.get(evaluation_id)  # of one that was erased nothing else is said
            raise NoVault("this service has no vault: QALIBRATE_VAULT_KEY is not set")
        with self._database.begin(tenant) as tx:
            tx.vaults.purge(datetime.now(UTC))
            kept = _kept(tx, evaluation_id)
        if kept.sealed is None:
            raise VaultGone(evaluation_id, kept.expires_at if kept.has_expired else None)
        originals = _of(placeholder, self._seal.open(evaluation_id, kept.sealed))
        self._note_restoration(tenant, evaluation_id, by, len(originals))
        return VaultContent(
            evaluation=evaluation_id,
            expires_at=kept.expires_at,
            placeholders=spellings(originals),
            originals=originals,
        )

    def forget(self, tenant: str, evaluation_id: str, by: str) -> None:
        """Drop what is kept of an evaluation for good; `by` says who asks. It needs no key of the vault.

        What is gone already stays so. Raises NotFound and NoVault.
        """
        with self._database.begin(tenant) as tx:
            _kept(tx, evaluation_id)
            now = datetime.now(UTC)
            is_new = tx.vaults.forget(evaluation_id, now)
            if is_new:
                tx.audit.add(AuditEntry(at=now, actor=by, action="vault.forgotten", subject=evaluation_id))
        if is_new:
            log.info("vault forgotten", evaluation=evaluation_id, key=by)

    def purge(self) -> int:
        """Drop some of what has expired, whoever's it is; return how many vaults that were."""
        with self._database.begin(_ANY) as tx:
            purged = tx.vaults.purge(datetime.now(UTC), PURGED_AT_ONCE)
        if purged:
            log.info("vaults expired", vaults=purged)
        return purged

    def _note_restoration(self, tenant: str, evaluation_id: str, by: str, pieces: int) -> None:
        """Commit a line about a restoration before anything is given out."""
        now = datetime.now(UTC)
        details: dict[str, JsonValue] = {"pieces": pieces}
        with self._database.begin(tenant) as tx:
            tx.audit.add(
                AuditEntry(at=now, actor=by, action="vault.opened", subject=evaluation_id, details=details)
            )
        audit.info("vault opened", evaluation=evaluation_id, key=by, pieces=pieces)


def _kept(tx: Transaction, evaluation_id: str) -> SealedVault:
    kept = tx.vaults.get(evaluation_id)
    if kept is not None:
        return kept
    # Of an evaluation that was erased there is no vault, and this says so.
    if tx.evaluations.get(evaluation_id) is None:
        raise NotFound("evaluation", evaluation_id)
    reason = "it holds no placeholder, or the vault was off when it came"
    raise NoVault(f"nothing was kept of evaluation {evaluation_id!r}: {reason}")


def _of(placeholder: str | None, originals: tuple[Original, ...]) -> tuple[Original, ...]:
    if placeholder is None:
        return originals
    # In an address angle brackets have to be escaped: they may be left out.
    wanted = placeholder, f"<{placeholder}>"
    found = tuple(original for original in originals if original.placeholder in wanted)
    if not found:
        raise NotFound("placeholder", placeholder)
    return found
