"""API keys: who may call, for which tenant, and what."""

from datetime import datetime
from typing import Literal

from service.domain.base import Model

Scope = Literal["submit", "read", "review", "admin"]
SCOPES: tuple[Scope, ...] = ("submit", "read", "review", "admin")

DEFAULT_TENANT = "default"


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
