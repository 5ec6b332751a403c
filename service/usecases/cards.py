"""Finding and publishing scorecards."""

import re
from datetime import UTC, datetime

from pydantic import JsonValue

from service.domain.audit import COMMAND_LINE, AuditEntry
from service.domain.errors import FieldProblem, InvalidInput, NotFound, UnknownScorecard
from service.domain.keys import check_tenant
from service.domain.scorecard import Scorecard, ScorecardRevision
from service.domain.selection import choose_scorecard
from service.domain.transcript import Conversation, Language
from service.storage.database import Database
from service.storage.transaction import Transaction

SCORECARD_REFERENCE = r"^[a-z0-9][a-z0-9_-]{0,79}(@[1-9][0-9]{0,8})?$"


def split_reference(reference: str) -> tuple[str, int | None]:
    """Return (name, revision or None) of `name` or `name@3`. Raises InvalidInput for anything else."""
    if not re.fullmatch(SCORECARD_REFERENCE, reference):
        problem = "a scorecard is a name, or a name and a revision such as inbound-service@3"
        raise InvalidInput([FieldProblem("/scorecard", f"{problem}; on the command line, also a file")])
    name, _, revision = reference.partition("@")
    return name, int(revision) if revision else None


def resolve_scorecard(
    tx: Transaction, reference: str | None, conversation: Conversation, language: Language
) -> ScorecardRevision:
    """Return the scorecard that a request means.

    Raises UnknownScorecard for an unknown name or revision, NoFittingScorecard when none is named and none
    is the obvious one.
    """
    if reference is None:
        return choose_scorecard(conversation, language, tx.scorecards.list())
    return named_scorecard(tx, reference)


def named_scorecard(tx: Transaction, reference: str) -> ScorecardRevision:
    """Return the scorecard called `name` (its current revision) or `name@3`.

    Raises UnknownScorecard, and InvalidInput for what is no such reference.
    """
    card = tx.scorecards.get(*split_reference(reference))
    if card is None:
        raise UnknownScorecard(reference, [card.name for card in tx.scorecards.list()])
    return card


class Scorecards:
    """The scorecards of a tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publish(self, tenant: str, card: Scorecard, by: str = COMMAND_LINE) -> tuple[ScorecardRevision, bool]:
        """Return the revision with this content, and whether it is new. See `ScorecardStore.publish`.

        `by` says who publishes it.

        Raises InvalidInput for a bad tenant.
        Raises Conflict when somebody else publishes under the same name at the same moment.
        """
        check_tenant(tenant)
        with self._database.begin(tenant) as tx:
            now = datetime.now(UTC)
            revision, new = tx.scorecards.publish(card, now)
            subject = f"{revision.name}@{revision.revision}"
            details: dict[str, JsonValue] = {"new": new}
            tx.audit.add(
                AuditEntry(at=now, actor=by, action="scorecard.published", subject=subject, details=details)
            )
            return revision, new

    def get(self, tenant: str, name: str, revision: int | None = None) -> ScorecardRevision:
        """Return one revision, the current one without a number. Raises NotFound."""
        with self._database.begin(tenant) as tx:
            card = tx.scorecards.get(name, revision)
        if card is None:
            raise NotFound("scorecard", name if revision is None else f"{name}@{revision}")
        return card

    def list(self, tenant: str) -> list[ScorecardRevision]:
        """Return the current revision of every scorecard that the tenant sees, by name."""
        with self._database.begin(tenant) as tx:
            return tx.scorecards.list()
