"""API keys: who may call, for which tenant, and what."""

import re
from datetime import datetime
from typing import Literal

from service.domain.base import Model
from service.domain.errors import FieldProblem, InvalidInput

Scope = Literal["submit", "read", "review", "admin"]
SCOPES: tuple[Scope, ...] = ("submit", "read", "review", "admin")

DEFAULT_TENANT = "default"


def check_tenant(tenant: str) -> None:
    """Raise InvalidInput unless `tenant` is a name: 1 to 80 of a-z, 0-9, `-` and `_`."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,79}", tenant):
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
        """Whether the key may do what `scope` covers; `admin` covers everything."""
        return scope in self.scopes or "admin" in self.scopes
