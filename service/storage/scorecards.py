"""Published scorecards: content is added, never changed."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from service.domain.scorecard import Scorecard, ScorecardRevision
from service.storage.schema import scorecards

BUILTIN_TENANT = ""

# Cards that this process has read and checked, by the hash of their content.
CHECKED_CARDS = 256
_checked: dict[str, Scorecard] = {}

# The tenant's own sort before the built-in ones, whose tenant is the empty string.
_CURRENT_FIRST = (
    scorecards.c.tenant.desc(),
    scorecards.c.published_at.desc(),
    scorecards.c.revision.desc(),
)


class ScorecardStore:
    """The scorecards that one tenant sees: its own, and the built-in ones under names it has not taken."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def publish(self, card: Scorecard, now: datetime) -> tuple[ScorecardRevision, bool]:
        """Make `card` the current revision; return it, and whether its content is new.

        The same content keeps its number, so that going back to an older content makes that revision current
        again; anything else gets the next number.
        """
        known = self._number_of(card)
        number = known or self._highest_number(card.name) + 1
        if known is None:
            self._insert(card, number, now)
        else:
            self._make_current(card.name, number, now)
        builtin = self._tenant == BUILTIN_TENANT
        return ScorecardRevision(scorecard=card, revision=number, builtin=builtin), known is None

    def get(self, name: str, revision: int | None = None) -> ScorecardRevision | None:
        """Return one revision, the current one when no number is given; the tenant's own before built-in.

        Numbers of own and built-in cards of one name do not overlap.
        """
        query = self._visible().where(scorecards.c.name == name)
        if revision is not None:
            query = query.where(scorecards.c.revision == revision)
        row = self._connection.execute(query.order_by(*_CURRENT_FIRST).limit(1)).one_or_none()
        return None if row is None else _to_revision(row)

    def owned(self, tenant: str, name: str, revision: int) -> ScorecardRevision | None:
        """Return the revision that `tenant` (this one or the built-in one) published under this number."""
        query = self._visible().where(
            scorecards.c.tenant == tenant, scorecards.c.name == name, scorecards.c.revision == revision
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _to_revision(row)

    def list(self) -> list[ScorecardRevision]:
        """Return the current revision of every scorecard by name; an own one hides a built-in namesake."""
        current: dict[str, sa.Row[Any]] = {}
        for row in self._connection.execute(self._visible().order_by(*_CURRENT_FIRST)):
            current.setdefault(row.name, row)
        return [_to_revision(current[name]) for name in sorted(current)]

    def _visible(self) -> sa.Select[Any]:
        return sa.select(scorecards).where(scorecards.c.tenant.in_([self._tenant, BUILTIN_TENANT]))

    def _of(self, name: str) -> sa.ColumnElement[bool]:
        return (scorecards.c.tenant == self._tenant) & (scorecards.c.name == name)

    def _highest_number(self, name: str) -> int:
        """Return the highest number that this name has for this tenant or built in, or, for a built-in card,
        for anybody: a name and a number must never come to mean something else.
        """
        query = sa.select(sa.func.max(scorecards.c.revision)).where(scorecards.c.name == name)
        if self._tenant != BUILTIN_TENANT:
            query = query.where(scorecards.c.tenant.in_([self._tenant, BUILTIN_TENANT]))
        return self._connection.scalar(query) or 0

    def _number_of(self, card: Scorecard) -> int | None:
        same = scorecards.c.content_hash == card.content_hash
        return self._connection.scalar(sa.select(scorecards.c.revision).where(self._of(card.name), same))

    def _make_current(self, name: str, revision: int, now: datetime) -> None:
        one = scorecards.c.revision == revision
        self._connection.execute(sa.update(scorecards).where(self._of(name), one).values(published_at=now))

    def _insert(self, card: Scorecard, revision: int, now: datetime) -> None:
        row = {
            "tenant": self._tenant,
            "name": card.name,
            "revision": revision,
            "content_hash": card.content_hash,
            "content": card.model_dump(mode="json", by_alias=True),
            "published_at": now,
        }
        self._connection.execute(sa.insert(scorecards).values(row))


def _to_revision(row: sa.Row[Any]) -> ScorecardRevision:
    builtin = row.tenant == BUILTIN_TENANT
    return ScorecardRevision(scorecard=_read(row), revision=row.revision, builtin=builtin)


def _read(row: sa.Row[Any]) -> Scorecard:
    """Return a card, checked once: content under one hash never changes."""
    card = _checked.get(row.content_hash)
    if card is None:
        card = Scorecard.model_validate(row.content)
        if len(_checked) >= CHECKED_CARDS:
            _checked.clear()
        _checked[row.content_hash] = card
    return card
