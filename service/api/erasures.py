"""`/v1/erasures`: forget a customer's conversation."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, model_validator

from service.api.examples import ERASURE_REQUEST
from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import AdministratorKey, FactoryDep
from service.domain.base import Body, ShortText
from service.domain.erasure import Erased

router = APIRouter(prefix="/v1/erasures", tags=["evaluations"], route_class=StrictRoute)

MOST_AT_ONCE = 1_000
"""Evaluations that one request may name."""


class ErasureRequest(Body):
    """What is to be erased: all evaluations of the conversation with this `external_id`, or these
    `evaluations`, by id.
    """

    external_id: ShortText | None = None
    evaluations: Annotated[tuple[ShortText, ...], Field(min_length=1, max_length=MOST_AT_ONCE)] | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> "ErasureRequest":
        if (self.external_id is None) == (self.evaluations is None):
            raise ValueError("name what to erase: either `external_id` or `evaluations`")
        return self


@router.post(
    "",
    summary="Erase conversations for good",
    responses=responses(401, 403, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"content": {"application/json": {"example": ERASURE_REQUEST}}}},
)
def erase_conversations(body: ErasureRequest, factory: FactoryDep, key: AdministratorKey) -> Erased:
    """Erase every evaluation of a conversation, or those that are named, whatever their state, and answer
    once that is done: how many were erased, which of those named were erased before (`gone`) and which are
    not there (`unknown`). Doing it again does no harm.

    What was said, quoted and written about it goes for good; numbers stay for means, a line in the audit log
    stays for each. From then on every read of it is a 410.
    """
    if body.external_id is not None:
        return factory.erase.conversation(key.tenant, body.external_id, key.id)
    return factory.erase.several(key.tenant, body.evaluations or (), key.id)
