"""`/v1/batches`: many conversations in one request, as JSON lines."""

import json
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool as in_thread
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from service.api.examples import EVALUATION_REQUEST
from service.api.incoming import Incoming
from service.api.problems import responses
from service.api.strict import StrictRoute, check_media_type, read_json
from service.deps import FactoryDep, Reader, Submitter, SubmitterKey
from service.domain.batch import Batch, LineProblem
from service.domain.grade import GraderName
from service.usecases.batch_lines import LineDefaults
from service.usecases.cards import SCORECARD_REFERENCE
from service.usecases.requests import CallbackUrl

router = APIRouter(prefix="/v1/batches", tags=["batches"], route_class=StrictRoute)

NDJSON = ("application/x-ndjson", "application/jsonl")
_LINES = json.dumps(EVALUATION_REQUEST) + "\n"


class BatchList(BaseModel):
    """Part of the batches, newest first; their errors and the states of their evaluations are left out."""

    items: list[Batch]
    next_cursor: str | None


class ProblemList(BaseModel):
    """Part of what is wrong with lines, in their order."""

    items: list[LineProblem]
    next_cursor: str | None


@router.post(
    "",
    summary="Submit many conversations",
    status_code=202,
    response_class=JSONResponse,
    responses={
        202: {"model": Batch, "description": "All lines were read; what was accepted will be graded."},
        **responses(401, 403, 408, 409, 415, 422, 503),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": {"type": "string"}, "example": _LINES} for kind in NDJSON},
        }
    },
)
async def submit_batch(
    request: Request,
    factory: FactoryDep,
    tenant: Submitter,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1, max_length=255, description="The same lines sent again go on where they broke off."
        ),
    ] = None,
    scorecard: Annotated[
        str | None, Query(pattern=SCORECARD_REFERENCE, description="For lines that name none.")
    ] = None,
    grader: Annotated[GraderName | None, Query(description="For lines that name none.")] = None,
    callback_url: Annotated[CallbackUrl | None, Query(description="For lines that name none.")] = None,
) -> Response:
    """Take in JSON lines while they come, each a request as `POST /v1/evaluations` takes it.

    A line may have an `idempotency_key` of its own; its priority is `batch` unless it says otherwise. Blank
    lines are skipped, and a bad line is reported by its number and stops no other. There may be any number of
    lines, each as long as a single request. Where the connection breaks, what came in full is taken; the same
    lines sent again under the same `Idempotency-Key` go on from there. While too much waits to be graded, the
    lines are read more slowly, and after some minutes without room for any the answer is a 429.
    """
    check_media_type(request, *NDJSON)
    defaults = LineDefaults(scorecard, grader, callback_url)
    take = factory.take_batch(read_json)
    async with Incoming(request.receive, factory.pressure.refuse_when_stopping) as body:
        batch_id = await take(tenant, body.pieces(), idempotency_key, defaults, body.left)
    batch = await in_thread(factory.batches.get, tenant, batch_id)
    headers = {"Location": f"/v1/batches/{batch_id}"}
    return Response(batch.model_dump_json(), 202, headers, "application/json")


@router.get("", summary="List batches, newest first", responses=responses(401, 403, 422, 503))
def list_batches(
    factory: FactoryDep,
    tenant: Reader,
    cursor: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> BatchList:
    """Return a page; `next_cursor` is null on the last one."""
    page = factory.batches.list(tenant, cursor, limit)
    return BatchList(items=list(page.items), next_cursor=page.next_cursor)


@router.get("/{batch_id}", summary="Read one batch", responses=responses(401, 403, 404, 422, 503))
def get_batch(batch_id: str, factory: FactoryDep, tenant: Reader) -> Batch:
    """Return how far it is, with the errors of its first bad lines.

    Its evaluations are `GET /v1/evaluations?batch=`.
    """
    return factory.batches.get(tenant, batch_id)


@router.delete(
    "/{batch_id}", summary="Cancel what is left of a batch", responses=responses(401, 403, 404, 422, 503)
)
def cancel_batch(batch_id: str, factory: FactoryDep, key: SubmitterKey) -> Batch:
    """Cancel every evaluation of the batch that is not final yet, and return the batch: `evaluations` counts
    them. What is graded stays, and doing it again changes nothing.

    Lines that come in after that are still taken: end the connection that sends them first. Where an answer
    does not come in time, the same call goes on.
    """
    factory.cancel_batch(key.tenant, batch_id, key.id)
    return factory.batches.get(key.tenant, batch_id)


@router.get(
    "/{batch_id}/errors",
    summary="List what is wrong with lines of a batch",
    responses=responses(401, 403, 404, 422, 503),
)
def list_batch_errors(
    batch_id: str,
    factory: FactoryDep,
    tenant: Reader,
    cursor: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Of lines, each of which may have several.")] = 50,
) -> ProblemList:
    """Return a page; `next_cursor` is null on the last one."""
    page = factory.batches.problems(tenant, batch_id, cursor, limit)
    return ProblemList(items=list(page.items), next_cursor=page.next_cursor)
