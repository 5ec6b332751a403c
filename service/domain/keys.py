"""API keys: who may call, for which tenant, what, how often and until when."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from service.domain.base import Model
from service.domain.errors import FieldProblem, InvalidInput

Scope = Literal["submit", "read", "review", "admin", "restore"]
SCOPES: tuple[Scope, ...] = ("submit", "read", "review", "admin", "restore")

GIVEN_BY_NAME: frozenset[Scope] = frozenset({"restore"})
"""What `admin` does not cover: who runs the service need not see what was taken out of conversations."""

DEFAULT_TENANT = "default"
TENANT = r"[a-z0-9][a-z0-9_-]{0,79}"

KeyStatus = Literal["active", "rotating", "expired", "revoked"]
"""`rotating`: the secret before the last rotation still works beside the new one."""


def check_tenant(tenant: str) -> None:
    """Raise InvalidInput unless `tenant` is a name: 1 to 80 of a-z, 0-9, `-` and `_`."""
    if not re.fullmatch(TENANT, tenant):
        problem = f"{tenant!r} is no tenant; use 1 to 80 lower-case letters, digits, - and _"
        raise InvalidInput([FieldProblem("/tenant", problem)])


class ApiKey(Model):
    """A key without its secret, which is kept only as a hash.

    `rate_limit` is requests per minute, 0 for any number; None goes by the service's own. `previous_until` is
    how long the secret before the last rotation works.
    """

    id: str
    tenant: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    expires_at: datetime | None = None
    rate_limit: Annotated[int, Field(ge=0)] | None = None
    rotated_at: datetime | None = None
    previous_until: datetime | None = None

    def allows(self, scope: Scope) -> bool:
        """Whether the key may do what `scope` covers; `admin` covers everything but `restore`."""
        return scope in self.scopes or ("admin" in self.scopes and scope not in GIVEN_BY_NAME)

    def status(self, now: datetime) -> KeyStatus:
        """Return what the key is good for at the moment `now`."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        overlaps = self.previous_until is not None and self.previous_until > now
        return "rotating" if overlaps else "active"

    def opens(self, now: datetime, *, with_previous: bool) -> bool:
        """Whether its secret, or the one before (`with_previous`), lets anybody in at the moment `now`."""
        status = self.status(now)
        return status == "rotating" or (status == "active" and not with_previous)
