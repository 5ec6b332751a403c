"""The database, and what is kept in it: read only, beside whoever else is at work on it."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from service.domain.errors import DatabaseAway, SecretKeyMissing, SecretLocked, VaultLocked
from service.domain.finding import Finding, fail, ok, warn
from service.domain.keys import DEFAULT_TENANT
from service.settings import Settings
from service.storage.database import reason_of
from service.storage.inspection import DatabaseFacts
from service.storage.reading import ReadOnlyDatabase
from service.storage.transaction import Transaction
from service.usecases.request_seal import RequestSeal
from service.usecases.seal import Seal
from service.usecases.webhook_secrets import WebhookSecrets

UPGRADE = "run `qalibrate db upgrade`, or start the service"
SKEW = timedelta(seconds=2)
SPARE_CONNECTIONS = 40
"""One process may take so many."""


class Database:
    """The database that the settings name."""

    def __init__(self, settings: Settings, webhook_secrets: Callable[[], WebhookSecrets]) -> None:
        self.settings = settings
        self._webhook_secrets = webhook_secrets
        self._reading = ReadOnlyDatabase(settings.database_url)
        self._file = self._reading.file

    def examine(self) -> Iterator[Finding]:
        """Yield what is found; that it cannot be reached is a finding too."""
        if self._file is not None:
            yield from _of_file(self._file, self.settings.min_free_disk_mb)
            if not self._file.exists():
                return
        try:
            yield from self._of_what_is_there()
        except DatabaseAway as away:
            yield _why(away)

    def _of_what_is_there(self) -> Iterator[Finding]:
        with self._reading.look(DEFAULT_TENANT) as tx:
            known = tx.inspection.facts()
            yield from _of_server(known)
            if known.version.theirs == known.version.ours:
                yield from self._of_content(tx)

    def _of_content(self, tx: Transaction) -> Iterator[Finding]:
        keys = tx.inspection.usable_keys()
        remedy = "`qalibrate keys create` makes one"
        yield ok("keys", f"{keys} in use") if keys else warn("keys", "there is no API key", remedy)
        yield from self._of_workers(tx)
        yield from self._of_vault(tx)
        yield from self._of_requests(tx)
        yield from self._of_webhooks(tx)

    def _of_workers(self, tx: Transaction) -> Iterator[Finding]:
        yield self._of_queue(tx)
        if self._file is None:
            alive = tx.workload.workers(datetime.now(UTC) - timedelta(seconds=self.settings.dead_after_s))
            remedy = "start `qalibrate worker`"
            yield ok("workers", f"{alive} alive") if alive else warn("workers", "none is alive", remedy)

    def _of_queue(self, tx: Transaction) -> Finding:
        found, parked, most = tx.workload.unfinished(), tx.workload.parked(), self.settings.max_queued
        queued = sum(one.evaluations for one in found if one.status == "queued")
        unfinished = sum(one.evaluations for one in found)
        detail = f"{unfinished:,} evaluations are not finished, {parked:,} of them parked"
        if queued >= most:
            remedy = "start more workers, or raise QALIBRATE_MAX_QUEUED"
            return warn("queue", f"{detail}; it is full, and submissions are refused", remedy)
        if parked:
            remedy = "`waiting` of an evaluation says what for: the model, or a key in QALIBRATE_SECRET_KEY"
            return warn("queue", detail, remedy)
        return ok("queue", detail)

    def _of_vault(self, tx: Transaction) -> Iterator[Finding]:
        kept, keys = tx.inspection.newest_vault(), self.settings.vault_keys
        if kept is None:
            return
        try:
            Seal(keys).open(kept.evaluation_id, kept.sealed) if keys else None
        except VaultLocked:
            remedy = "put the key that sealed it back into QALIBRATE_VAULT_KEY"
            yield fail("vault", "no key opens the newest vault", remedy)
            return
        remedy = "without QALIBRATE_VAULT_KEY nobody can read them"
        yield ok("vault", "opens") if keys else warn("vault", "vaults are kept and the vault is off", remedy)

    def _of_requests(self, tx: Transaction) -> Iterator[Finding]:
        kept = tx.inspection.newest_request()
        if kept is None:
            return
        try:
            RequestSeal(self.settings.secret_keys).open(kept.evaluation_id, kept.sealed)
        except SecretKeyMissing:
            remedy = "put the key that sealed them back into QALIBRATE_SECRET_KEY"
            yield fail("sealed requests", "no key opens what waits to be redacted", remedy)
        else:
            yield ok("sealed requests", "open")

    def _of_webhooks(self, tx: Transaction) -> Iterator[Finding]:
        try:
            self._webhook_secrets().check(tx)
        except SecretLocked as error:
            yield fail("webhooks", error.detail)
        else:
            plain = "" if self.settings.secret_keys else "; no QALIBRATE_SECRET_KEY seals their secrets"
            yield ok("webhooks", f"can be signed{plain}")


def _why(away: DatabaseAway) -> Finding:
    remedy = "check QALIBRATE_DATABASE_URL, and that the database runs"
    return fail("database", reason_of(away) or away.detail, remedy)


def _of_file(file: Path, least_mb: float) -> Iterator[Finding]:
    folder = file.absolute().parent
    if not folder.is_dir():
        yield fail("database", f"there is no folder {folder}", "QALIBRATE_DATABASE_URL names it; make it")
        return
    free_mb = shutil.disk_usage(folder).free / 1e6
    detail = f"{free_mb:,.0f} MB are free in {folder}"
    full = free_mb < least_mb
    yield fail("disk", detail, "submissions are refused; make room") if full else ok("disk", detail)
    if not (os.access(folder, os.W_OK) and (not file.exists() or os.access(file, os.W_OK))):
        yield fail("database", f"{file} or its folder may not be written", "give it to the service's user")
    if file.exists():
        yield ok("process", _who_serves(file))
    else:
        yield warn("database", f"there is no file {file} yet", UPGRADE)


def _who_serves(file: Path) -> str:
    """Whoever serves an SQLite file holds a lock beside it; where there is none, none is made."""
    lock = Path(f"{file}.lock")
    if not lock.exists() or not os.access(lock, os.W_OK):
        return f"no process serves {file}"
    try:
        with FileLock(lock, blocking=False):
            return f"no process serves {file}"
    except Timeout:
        return f"another process serves {file}"


def _of_server(known: DatabaseFacts) -> Iterator[Finding]:
    version, check = known.version, "database"
    if version.is_newer:
        detail = f"{known.server}, tables {version.theirs}, which this version ({version.ours}) does not know"
        yield fail(check, detail, "use the version of qalibrate that made them")
    elif version.theirs != version.ours:
        detail = f"{known.server}, tables {version.theirs or 'none yet'}, needed are {version.ours}"
        yield fail(check, detail, UPGRADE)
    else:
        yield ok(check, f"{known.server}, tables {version.theirs}")
    if not known.writable:
        yield fail(check, "our user may not write, or it is a standby", "see QALIBRATE_DATABASE_URL")
    if version.theirs is not None and not known.has_engine:
        yield fail("job engine", "its tables are not there", UPGRADE)
    yield from _of_clock(known)
    yield from _of_connections(known)


def _of_clock(known: DatabaseFacts) -> Iterator[Finding]:
    off = abs(datetime.now(UTC) - known.now)
    if off > SKEW:
        detail = f"this machine's clock and the database's are {off.total_seconds():.0f} s apart"
        yield warn("clock", detail, "run a time service on both: leases and signatures go by the clock")


def _of_connections(known: DatabaseFacts) -> Iterator[Finding]:
    if known.connections is None:
        return
    used, allowed = known.connections
    detail = f"{used} of {allowed} in use"
    short = allowed - used < SPARE_CONNECTIONS
    remedy = f"raise max_connections: a process takes up to {SPARE_CONNECTIONS}"
    yield warn("connections", detail, remedy) if short else ok("connections", detail)
