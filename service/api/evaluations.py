"""`/v1/evaluations`: submit, read, list."""

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from service.api.examples import EVALUATION_REQUEST
from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import EnderKey, FactoryDep, Reader, ReadingDep, Submitter, SubmitterKey, require
from service.domain.base import Moment
from service.domain.evaluation import Evaluation, Status
from service.domain.submission import EvaluationFilter
from service.factory import Factory
from service.usecases.accept import Idempotency
from service.usecases.requests import EvaluationRequest, body_sha256

MAX_WAIT_S = 60.0

router = APIRouter(prefix="/v1/evaluations", tags=["evaluations"], route_class=StrictRoute)


class EvaluationList(BaseModel):
    """Part of the evaluations, newest first."""

    items: list[Evaluation]
    next_cursor: str | None


@router.post(
    "",
    summary="Submit a conversation for grading",
    status_code=202,
    response_class=JSONResponse,
    responses={
        200: {"model": Evaluation, "description": "Graded within the time that `Prefer: wait` allowed."},
        202: {"model": Evaluation, "description": "Accepted: it will be graded, whatever breaks."},
        **responses(401, 403, 404, 409, 410, 413, 415, 422, 503),
    },
    openapi_extra={"requestBody": {"content": {"application/json": {"example": EVALUATION_REQUEST}}}},
)
async def submit_evaluation(
    request: Request,
    body: EvaluationRequest,
    factory: FactoryDep,
    tenant: Submitter,
    reading: ReadingDep,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1, max_length=255, description="Requests with the same key and body are one request."
        ),
    ] = None,
    prefer: Annotated[
        str | None, Header(description="`wait=30` waits up to 30 (at most 60) seconds for the result.")
    ] = None,
) -> Response:
    """Redact the conversation, commit it together with its job, and answer 202 with its `Location`.

    Personal data is taken out before anything is written to disk; with `QALIBRATE_REDACT=worker` the request
    waits encrypted until a worker takes it out. The same `Idempotency-Key` with the same body answers with
    the same evaluation; with another body it is a 409. When too much waits it is a 429 with `Retry-After`.
    """
    once = Idempotency(idempotency_key, body_sha256(await request.json())) if idempotency_key else None
    evaluation = await factory.submit(tenant, body, once)
    headers = {"Location": f"/v1/evaluations/{evaluation.id}"}
    seconds = _wanted_wait(prefer)
    final = None
    if seconds is not None:
        headers["Preference-Applied"] = f"wait={seconds:g}"
        final = await _awaited(factory, tenant, evaluation, seconds)
    reading.evaluation(final or evaluation)
    # What was checked when it was stored is not checked again, which takes as long as storing it.
    content = (final or evaluation).model_dump_json()
    return Response(content, 202 if final is None else 200, headers, "application/json")


@router.get(
    "/{evaluation_id}",
    summary="Read one evaluation",
    responses=responses(401, 403, 404, 410, 422, 503),
)
def get_evaluation(
    evaluation_id: str,
    factory: FactoryDep,
    tenant: Reader,
    reading: ReadingDep,
    include: Annotated[Literal["turns"] | None, Query(description="`turns` adds the redacted turns.")] = None,
) -> Evaluation:
    """Return the evaluation as far as it is; `turns` are what its evidence spans index."""
    found = factory.evaluations.get(tenant, evaluation_id, turns=include == "turns")
    reading.evaluation(found)
    return found


@router.delete(
    "/{evaluation_id}",
    summary="Cancel an evaluation, or erase it for good",
    response_model=None,
    responses={
        200: {"model": Evaluation, "description": "Cancelled."},
        204: {"description": "Erased."},
        **responses(401, 403, 404, 409, 410, 422, 503),
    },
)
def remove_evaluation(
    evaluation_id: str,
    factory: FactoryDep,
    key: EnderKey,
    erase: Annotated[bool, Query(description="Erase it; there is no way back.")] = False,
) -> Response:
    """Cancel it: it becomes final without a result, and what works on it stops. That takes the scope
    `submit`; one that is completed or failed is a 409, one that is cancelled stays as it is.

    With `erase=true`, which takes the scope `admin`: erase what was said, quoted and written about it,
    whatever its state; numbers stay for means, and a line in the audit log. From then on every read of it is
    a 410.
    """
    if erase:
        require(key, "admin")
        factory.erase.one(key.tenant, evaluation_id, key.id)
        return Response(status_code=204)
    require(key, "submit")
    cancelled = factory.cancel(key.tenant, evaluation_id, key.id)
    return Response(cancelled.model_dump_json(), media_type="application/json")


@router.post(
    "/{evaluation_id}/retry",
    summary="Grade a failed evaluation anew",
    status_code=202,
    responses=responses(401, 403, 404, 409, 410, 422, 503),
)
def retry_evaluation(evaluation_id: str, factory: FactoryDep, key: SubmitterKey) -> Evaluation:
    """Queue it as if it were new; 409 unless it has failed. It keeps its id, also under its
    `Idempotency-Key`.
    """
    return factory.retry(key.tenant, evaluation_id, key.id)


@router.get("", summary="List evaluations, newest first", responses=responses(401, 403, 422, 503))
def list_evaluations(
    factory: FactoryDep,
    tenant: Reader,
    reading: ReadingDep,
    external_id: Annotated[
        str | None,
        Query(max_length=200, description="The conversation's id in the system it comes from, as submitted."),
    ] = None,
    agent: Annotated[str | None, Query(max_length=200, description="The agent's id.")] = None,
    scorecard: Annotated[str | None, Query(max_length=80)] = None,
    status: Status | None = None,
    disposition: Literal["auto_accepted", "needs_review", "reviewed"] | None = None,
    batch: Annotated[str | None, Query(max_length=200, description="The id of a batch.")] = None,
    from_: Annotated[
        Moment | None, Query(alias="from", description="Accepted at this time or later.")
    ] = None,
    to: Annotated[Moment | None, Query(description="Accepted before this time.")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> EvaluationList:
    """Return a page; `next_cursor` is null on the last one."""
    wanted = EvaluationFilter(
        external_id=external_id,
        agent=agent,
        scorecard=scorecard,
        status=status,
        disposition=disposition,
        batch=batch,
        from_=from_,
        to=to,
    )
    page = factory.evaluations.list(tenant, wanted, cursor, limit)
    reading.several("evaluation.read", [one.id for one in page.items], dict(wanted))
    return EvaluationList(items=list(page.items), next_cursor=page.next_cursor)


async def _awaited(
    factory: Factory, tenant: str, evaluation: Evaluation, seconds: float
) -> Evaluation | None:
    if evaluation.is_final:
        return evaluation
    return await factory.completions.wait(tenant, evaluation.id, seconds)


def _wanted_wait(prefer: str | None) -> float | None:
    """Return the seconds of `wait` in a Prefer header (RFC 7240), at most MAX_WAIT_S; None when absent."""
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?", prefer or "", re.IGNORECASE)
    return min(float(found[1]), MAX_WAIT_S) if found else None
