"""`/v1/webhooks`: what became of webhooks, and sending them again."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from service.api.examples import RESEND_REQUEST
from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import Administration, Administrator, FactoryDep
from service.domain.base import Body
from service.domain.webhook import Delivery, DeliveryStatus
from service.usecases.webhooks import PORTION

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=StrictRoute)


class DeliveryList(BaseModel):
    """Part of the deliveries, newest first."""

    items: list[Delivery]
    next_cursor: str | None


class ResendRequest(Body):
    """Which deliveries to send again: all that were given up."""

    status: Literal["dead"]


class Resent(BaseModel):
    """How many deliveries are on their way again, and whether there may be more to ask for."""

    resent: int
    more: bool


@router.get("/deliveries", summary="List webhooks, newest first", responses=responses(401, 403, 422, 503))
def list_deliveries(
    factory: FactoryDep,
    tenant: Administrator,
    status: Annotated[
        DeliveryStatus | None, Query(description="`dead` lists what was given up, and can be sent again.")
    ] = None,
    evaluation: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$", description="The id of one.")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeliveryList:
    """Return a page; `next_cursor` is null on the last one. It tells why the last attempt failed."""
    page = factory.webhooks.list(tenant, status, evaluation, cursor, limit)
    return DeliveryList(items=list(page.items), next_cursor=page.next_cursor)


@router.get(
    "/deliveries/{delivery_id}", summary="Read one webhook", responses=responses(401, 403, 404, 422, 503)
)
def get_delivery(delivery_id: str, factory: FactoryDep, tenant: Administrator) -> Delivery:
    """Return how far a webhook is; the id is its `webhook-id`."""
    return factory.webhooks.get(tenant, delivery_id)


@router.post(
    "/deliveries/{delivery_id}/resend",
    summary="Send one webhook again",
    status_code=202,
    responses=responses(401, 403, 404, 409, 410, 422, 503),
)
def resend_delivery(delivery_id: str, factory: FactoryDep, key: Administration) -> Delivery:
    """Send a dead or delivered webhook again: under the same `webhook-id`, with all its retries.

    409 while it is on its way, 410 when its evaluation was erased.
    """
    return factory.webhooks.resend(key.tenant, delivery_id, key.id)


@router.post(
    "/resend",
    summary="Send all dead webhooks again",
    status_code=202,
    responses=responses(401, 403, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"content": {"application/json": {"example": RESEND_REQUEST}}}},
)
def resend_dead(body: ResendRequest, factory: FactoryDep, key: Administration) -> Resent:
    """Send what was given up again, the oldest first, a bounded number at once; ask again while `more`."""
    resent = factory.webhooks.resend_dead(key.tenant, key.id) if body.status == "dead" else 0
    return Resent(resent=resent, more=resent == PORTION)
