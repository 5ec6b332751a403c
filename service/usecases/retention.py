"""Erases by itself what has been kept for long enough, by the rule of each tenant."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog
from pydantic import JsonValue

from service.domain.audit import COMMAND_LINE, THE_SERVICE, AuditEntry
from service.domain.base import Model
from service.domain.errors import FieldProblem, InvalidInput
from service.domain.keys import check_tenant
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.usecases.erase import AT_ONCE, Erase

log = structlog.get_logger(__name__)

LONGEST_DAYS = 36_500.0

DELIVERIES_AT_ONCE = 1_000
"""Records of webhooks that one transaction drops."""

BATCHES_AT_ONCE = 2
"""Records of batches, of up to 100,000 lines each, that one transaction drops."""

_ANY = ""
"""Rules are those of every tenant."""


class Rule(Model):
    """How many days a tenant's conversations are kept, None for ever; `own` unless that is everybody's."""

    tenant: str
    days: float | None
    own: bool


class Due(NamedTuple):
    """How many evaluations of a tenant that were accepted before a moment are to be erased, or were."""

    tenant: str
    before: datetime
    evaluations: int


class Retention:
    """The rules, and what follows from them."""

    def __init__(self, database: Database, erase: Erase, default_days: float | None) -> None:
        """Make one; who has no rule is kept for `default_days`, None for ever."""
        self._database = database
        self._default = default_days
        self._erase = erase
        self._round = self._portions(THE_SERVICE)

    def rule(self, tenant: str) -> Rule:
        """Return the rule that a tenant goes by. Raises InvalidInput for what is no tenant."""
        check_tenant(tenant)
        with self._database.begin(tenant) as tx:
            return self._rule(tx, tenant)

    def rules(self) -> list[Rule]:
        """Return the rules of all tenants that have one of their own, or evaluations that are kept."""
        with self._database.begin(_ANY) as tx:
            tenants = {*tx.retention.all(), *_tenants(tx)}
            return [self._rule(tx, tenant) for tenant in sorted(tenants)]

    def put(self, tenant: str, days: float | None, by: str = COMMAND_LINE) -> Rule:
        """Keep a tenant's conversations for so many days, None for ever.

        Raises InvalidInput for a number of days or a tenant that is none.
        """
        check_tenant(tenant)
        if days is not None and not 0 < days <= LONGEST_DAYS:
            raise InvalidInput([FieldProblem("/days", f"it has to be above 0 and up to {LONGEST_DAYS:,.0f}")])
        with self._database.begin(tenant) as tx:
            tx.retention.put(days, datetime.now(UTC))
            return self._changed(tx, tenant, by)

    def drop(self, tenant: str, by: str = COMMAND_LINE) -> Rule:
        """Let a tenant go by everybody's rule again. Raises InvalidInput for what is no tenant."""
        check_tenant(tenant)
        with self._database.begin(tenant) as tx:
            tx.retention.drop()
            return self._changed(tx, tenant, by)

    def due(self) -> list[Due]:
        """Return what running would erase, and erase nothing."""
        with self._database.begin(_ANY) as tx:
            found = []
            for tenant, before in self._limits(tx):
                count = tx.on_behalf_of(tenant).erasure.count_older_than(before)
                found.append(Due(tenant, before, count))
        return [one for one in found if one.evaluations]

    def run(self, by: str = THE_SERVICE) -> list[Due]:
        """Erase all that was kept for long enough, a portion at a time, and return what that was."""
        done: dict[str, Due] = {}
        for portion in self._portions(by):
            before = done.get(portion.tenant, portion)
            erased = portion.evaluations + (before.evaluations if portion.tenant in done else 0)
            done[portion.tenant] = before._replace(evaluations=erased)
        self._database.settle()
        return [one for one in done.values() if one.evaluations]

    def __call__(self) -> int:
        """A worker's chore: erase one portion, and return how much that was, nothing when nothing is left."""
        portion = next(self._round, None)
        if portion is None:
            self._round = self._portions(THE_SERVICE)
            return 0
        return max(portion.evaluations, 1)

    def _portions(self, by: str) -> Iterator[Due]:
        """Erase as it goes, one transaction each. A line in the log of the tenant tells of each of them, and
        no other line of each evaluation.
        """
        with self._database.begin(_ANY) as tx:
            limits = list(self._limits(tx))
        for tenant, before in limits:
            more = True
            while more:
                erased, more = self._erase_some(tenant, before, by)
                if erased or more:
                    yield Due(tenant, before, erased)

    def _erase_some(self, tenant: str, before: datetime, by: str) -> tuple[int, bool]:
        """Return how many evaluations were erased, and whether there is more to do."""
        now = datetime.now(UTC)
        with self._database.begin(tenant) as tx:
            found = tx.erasure.older_than(before, AT_ONCE)
            rows = self._erase.within(tx, found, now)
            more = _drop_some(tx, before)
            if rows:
                details: dict[str, JsonValue] = {"evaluations": len(rows), "before": before.isoformat()}
                tx.audit.add(AuditEntry(at=now, actor=by, action="retention.erased", details=details))
        self._erase.stop(rows)
        return len(rows), more or len(found) == AT_ONCE

    def _changed(self, tx: Transaction, tenant: str, by: str) -> Rule:
        rule = self._rule(tx, tenant)
        details: dict[str, JsonValue] = {"days": rule.days, "own": rule.own}
        entry = AuditEntry(at=datetime.now(UTC), actor=by, action="retention.changed", details=details)
        tx.audit.add(entry)
        return rule

    def _rule(self, tx: Transaction, tenant: str) -> Rule:
        own = tx.retention.all()
        return Rule(tenant=tenant, days=own.get(tenant, self._default), own=tenant in own)

    def _limits(self, tx: Transaction) -> Iterator[tuple[str, datetime]]:
        """Yield every tenant whose conversations are not kept for ever, and since when they are kept."""
        own = tx.retention.all()
        now = datetime.now(UTC)
        for tenant in _tenants(tx) if self._default is not None else sorted(own):
            days = own.get(tenant, self._default)
            if days is not None:
                yield tenant, now - timedelta(days=days)


def _tenants(tx: Transaction) -> Iterator[str]:
    """Yield the tenants that have evaluations which are not erased, one look into an index for each."""
    tenant = tx.erasure.next_tenant("")
    while tenant is not None:
        yield tenant
        tenant = tx.erasure.next_tenant(tenant)


def _drop_some(tx: Transaction, before: datetime) -> bool:
    """Drop some of what was kept beside evaluations; return whether there is more of it."""
    deliveries = tx.erasure.drop_deliveries(before, DELIVERIES_AT_ONCE)
    batches = tx.erasure.drop_batches(before, BATCHES_AT_ONCE)
    return deliveries == DELIVERIES_AT_ONCE or batches == BATCHES_AT_ONCE
