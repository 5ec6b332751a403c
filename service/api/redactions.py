"""`/v1/redactions`: redact only; nothing is stored."""

from fastapi import APIRouter

from service.api.examples import REDACTION_REQUEST
from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import FactoryDep, Submitter
from service.usecases.redact import RedactionResult
from service.usecases.requests import RedactionRequest

router = APIRouter(prefix="/v1/redactions", tags=["redactions"], route_class=StrictRoute)


@router.post(
    "",
    summary="Redact a conversation",
    responses=responses(401, 403, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"content": {"application/json": {"example": REDACTION_REQUEST}}}},
)
async def redact(body: RedactionRequest, factory: FactoryDep, tenant: Submitter) -> RedactionResult:
    """Return the redacted turns, and where in the original turns what was taken out stood."""
    return (await factory.redact(body.conversation, tenant)).result
