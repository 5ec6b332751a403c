"""`/v1/audit`: who did what to whose data."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import AdministratorKey, FactoryDep
from service.domain.audit import AuditAction, AuditFilter, AuditLine
from service.domain.base import Moment

router = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=StrictRoute)


class AuditList(BaseModel):
    """Part of the log, the latest first."""

    items: list[AuditLine]
    next_cursor: str | None


@router.get("", summary="Read the audit log, the latest first", responses=responses(401, 403, 422, 503))
def read_audit_log(
    factory: FactoryDep,
    key: AdministratorKey,
    subject: Annotated[
        str | None, Query(min_length=1, max_length=200, description="The id of what it was done to.")
    ] = None,
    action: AuditAction | None = None,
    actor: Annotated[
        str | None,
        Query(min_length=1, max_length=80, description="The id of a key, `command-line` or `service`."),
    ] = None,
    from_: Annotated[Moment | None, Query(alias="from", description="At this time or later.")] = None,
    to: Annotated[Moment | None, Query(description="Before this time.")] = None,
    cursor: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AuditList:
    """Return a page; `next_cursor` is null on the last one. Lines are only ever added, the database refuses
    to change or drop one. Reads have their line a second later; reading the log is a line itself.
    """
    wanted = AuditFilter(subject=subject, action=action, actor=actor, from_=from_, to=to)
    page = factory.audit.list(key.tenant, wanted, cursor, limit, key.id)
    return AuditList(items=list(page.items), next_cursor=page.next_cursor)
