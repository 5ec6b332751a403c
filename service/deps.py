"""What routes ask for: the factory of the process, and the caller behind the key."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.domain.errors import NotAuthenticated, NotPermitted
from service.domain.keys import ApiKey, Scope
from service.factory import Factory

_bearer = HTTPBearer(auto_error=False, description="An API key made with `qalibrate keys create`.")


def get_factory(request: Request) -> Factory:
    """Return the factory of this process."""
    return cast("Factory", request.app.state.factory)


async def get_key(
    factory: Annotated[Factory, Depends(get_factory)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> ApiKey:
    """Return the caller's key. Raises NotAuthenticated."""
    secret = credentials.credentials if credentials else require_bearer(None)
    return await asyncio.to_thread(factory.keys.authenticate, secret)


def require_bearer(authorization: str | None) -> str:
    """Return the secret in an Authorization header. Raises NotAuthenticated when there is none.

    Called before anything else of a request is read: strangers need not know what is wrong with it.
    """
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

Restorer = Annotated[ApiKey, Depends(key_with("restore"))]
"""The key of a caller who may see what placeholders stood for."""

Forgetter = Annotated[ApiKey, Depends(key_with("restore", "admin"))]
"""The key of a caller who may have it forgotten."""
