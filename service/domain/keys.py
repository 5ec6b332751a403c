"""API keys: who may call, for which tenant, and what."""

import re
from datetime import datetime
from typing import Literal

from service.domain.base import Model
from service.domain.errors import FieldProblem, InvalidInput

Scope = Literal["submit", "read", "review", "admin", "restore"]
SCOPES: tuple[Scope, ...] = ("submit", "read", "review", "admin", "restore")

GIVEN_BY_NAME: frozenset[Scope] = frozenset({"restore"})
"""What `admin` does not cover: who runs the service need not see what was taken out of conversations."""

DEFAULT_TENANT = "default"
TENANT = r"[a-z0-9][a-z0-9_-]{0,79}"


def check_tenant(tenant: str) -> None:
    """Raise InvalidInput unless `tenant` is a name: 1 to 80 of a-z, 0-9, `-` and `_`."""
    if not re.fullmatch(TENANT, tenant):
        problem = f"{tenant!r} is no tenant; use 1 to 80 lower-case letters, digits, - and _"
        raise InvalidInput([FieldProblem("/tenant", problem)])


class ApiKey(Model):
    """A key without its secret, which is kept only as a hash."""

    id: str
    tenant: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def allows(self, scope: Scope) -> bool:
        """Whether the key may do what `scope` covers; `admin` covers everything but `restore`."""
        return scope in self.scopes or ("admin" in self.scopes and scope not in GIVEN_BY_NAME)
