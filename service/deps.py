"""What routes ask for: the factory of the process, and the caller behind the key."""

from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.domain.errors import NotAuthenticated, NotPermitted
from service.domain.keys import ApiKey, Scope
from service.factory import Factory
from service.usecases.audit import Reading

KEY_IN_SCOPE = "qalibrate.key"
"""Where a request carries the key that was let in."""

# Says in the document how a key is sent; who sends it is looked at before, for all of `/v1` at once.
_bearer = HTTPBearer(auto_error=False, description="An API key made with `qalibrate keys create`.")


def get_factory(request: Request) -> Factory:
    """Return the factory of this process."""
    return cast("Factory", request.app.state.factory)


async def get_key(
    request: Request, _sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> ApiKey:
    """Return the caller's key. Raises NotAuthenticated for a request that came past the doors."""
    key = request.scope.get(KEY_IN_SCOPE)
    if not isinstance(key, ApiKey):
        raise NotAuthenticated("this address takes no API key")
    return key


def require_bearer(authorization: str | None) -> str:
    """Return the secret in an Authorization header. Raises NotAuthenticated when there is none."""
    scheme, _, secret = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotAuthenticated("send your API key as `Authorization: Bearer <key>`")
    return secret.strip()


def key_with(*scopes: Scope) -> Callable[[ApiKey], Awaitable[ApiKey]]:
    """Return a dependency that gives the caller's key. It raises NotPermitted unless one of `scopes` is
    there.
    """

    async def allowed(key: Annotated[ApiKey, Depends(get_key)]) -> ApiKey:
        if not any(key.allows(scope) for scope in scopes):
            raise NotPermitted(scopes[0])
        return key

    return allowed


def tenant_with(scope: Scope) -> Callable[[ApiKey], Awaitable[str]]:
    """Return a dependency that gives the caller's tenant. It raises NotPermitted when `scope` is lacking."""

    async def tenant(key: Annotated[ApiKey, Depends(key_with(scope))]) -> str:
        return key.tenant

    return tenant


FactoryDep = Annotated[Factory, Depends(get_factory)]
Submitter = Annotated[str, Depends(tenant_with("submit"))]
"""The tenant of a caller who may submit."""

Reader = Annotated[str, Depends(tenant_with("read"))]
"""The tenant of a caller who may read."""

Reviewer = Annotated[str, Depends(tenant_with("review"))]
"""The tenant of a caller who may say what people decided."""

Administrator = Annotated[str, Depends(tenant_with("admin"))]
"""The tenant of a caller who may administer."""

Administration = Annotated[ApiKey, Depends(key_with("admin"))]
"""The key of a caller who may administer."""

ReviewerKey = Annotated[ApiKey, Depends(key_with("review"))]
"""The key of a caller who may say what people decided, for what leaves a line in the audit log."""

AdministratorKey = Annotated[ApiKey, Depends(key_with("admin"))]
"""The key of a caller who may administer, for what leaves a line in the audit log."""

SubmitterKey = Annotated[ApiKey, Depends(key_with("submit"))]
"""The key of a caller who may submit, for what leaves a line in the audit log."""

EnderKey = Annotated[ApiKey, Depends(key_with("submit", "admin"))]
"""The key of a caller who may have an evaluation cancelled, or erased."""


Appellant = Annotated[ApiKey, Depends(key_with("submit", "review"))]
"""The key of a caller who may appeal: an agent's desk, which submits, or who reviews."""

AppealReader = Annotated[ApiKey, Depends(key_with("read", "review"))]
"""The key of a caller who may read appeals."""


def require(key: ApiKey, scope: Scope) -> None:
    """Raise NotPermitted when the key lacks the scope."""
    if not key.allows(scope):
        raise NotPermitted(scope)


def get_reading(factory: FactoryDep, key: Annotated[ApiKey, Depends(get_key)]) -> Reading:
    """Return what takes note of what the caller reads."""
    return Reading(factory.note_read, key)


ReadingDep = Annotated[Reading, Depends(get_reading)]

Restorer = Annotated[ApiKey, Depends(key_with("restore"))]
"""The key of a caller who may see what placeholders stood for."""

Forgetter = Annotated[ApiKey, Depends(key_with("restore", "admin"))]
"""The key of a caller who may have it forgotten."""
