"""Who did what to whose data."""

from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from service.domain.base import Model

AuditAction = Literal[
    "evaluation.read",
    "evaluation.exported",
    "evaluation.cancelled",
    "evaluation.erased",
    "evaluation.retried",
    "batch.cancelled",
    "evaluation.claimed",
    "evaluation.released",
    "grade.reviewed",
    "appeal.opened",
    "appeal.commented",
    "appeal.decided",
    "appeal.withdrawn",
    "session.opened",
    "session.answered",
    "session.closed",
    "vault.opened",
    "vault.forgotten",
    "labels.imported",
    "calibration.activated",
    "calibration.deactivated",
    "scorecard.published",
    "key.created",
    "key.revoked",
    "key.rotated",
    "webhook.secret_read",
    "webhook.secret_rotated",
    "webhook.resent",
    "retention.changed",
    "retention.erased",
    "audit.read",
]

COMMAND_LINE = "command-line"
"""The actor of what is done on the machine itself."""

THE_SERVICE = "service"
"""The actor of what the service does by itself, such as erasing what is over its time."""


class AuditEntry(Model):
    """One line of the log. `actor` is the id of a key, COMMAND_LINE or THE_SERVICE; `subject` the id of what
    it was done to, empty for none; `details` numbers and names of things, never words of a conversation.
    """

    at: datetime
    actor: str
    action: AuditAction
    subject: str = ""
    details: dict[str, JsonValue] = {}


class AuditLine(AuditEntry):
    """A line as it is kept. Numbers grow, with gaps; two lines of the same moment may be in either order."""

    id: int


class AuditFilter(Model):
    """Which lines of the log are shown; a field left out means any. `to` is exclusive."""

    subject: str | None = None
    action: AuditAction | None = None
    actor: str | None = None
    from_: datetime | None = None
    to: datetime | None = None
