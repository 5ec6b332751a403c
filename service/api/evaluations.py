"""`/v1/evaluations`: submit, read, list."""

import hashlib
import json
import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel

from service.api.examples import EVALUATION_REQUEST
from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import FactoryDep, Reader, Submitter
from service.domain.base import Moment
from service.domain.evaluation import Evaluation, Status
from service.domain.submission import EvaluationFilter
from service.factory import Factory
from service.usecases.requests import EvaluationRequest
from service.usecases.submit import Idempotency

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
    response_model=Evaluation,
    response_model_exclude_unset=False,
    responses={
        200: {"model": Evaluation, "description": "Graded within the time that `Prefer: wait` allowed."},
        202: {"model": Evaluation, "description": "Accepted: it will be graded, whatever breaks."},
        **responses(401, 403, 404, 409, 413, 415, 422, 503),
    },
    openapi_extra={"requestBody": {"content": {"application/json": {"example": EVALUATION_REQUEST}}}},
)
async def submit_evaluation(
    request: Request,
    response: Response,
    body: EvaluationRequest,
    factory: FactoryDep,
    tenant: Submitter,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1, max_length=255, description="Requests with the same key and body are one request."
        ),
    ] = None,
    prefer: Annotated[
        str | None, Header(description="`wait=30` waits up to 30 (at most 60) seconds for the result.")
    ] = None,
) -> Evaluation:
    """Redact the conversation, commit it together with its job, and answer 202 with its `Location`.

    Personal data is taken out before anything is written to disk. The same `Idempotency-Key` with the same
    body answers with the same evaluation; with another body it is a 409.
    """
    once = Idempotency(idempotency_key, _body_sha256(await request.json())) if idempotency_key else None
    evaluation = await factory.submit(tenant, body, once)
    response.headers["Location"] = f"/v1/evaluations/{evaluation.id}"
    seconds = _wanted_wait(prefer)
    if seconds is None:
        return evaluation
    response.headers["Preference-Applied"] = f"wait={seconds:g}"
    final = await _awaited(factory, tenant, evaluation, seconds)
    if final is None:
        return evaluation
    response.status_code = 200
    return final


@router.get(
    "/{evaluation_id}",
    summary="Read one evaluation",
    responses=responses(401, 403, 404, 422, 503),
)
def get_evaluation(
    evaluation_id: str,
    factory: FactoryDep,
    tenant: Reader,
    include: Annotated[Literal["turns"] | None, Query(description="`turns` adds the redacted turns.")] = None,
) -> Evaluation:
    """Return the evaluation as far as it is; `turns` are what its evidence spans index."""
    return factory.evaluations.get(tenant, evaluation_id, turns=include == "turns")


@router.get("", summary="List evaluations, newest first", responses=responses(401, 403, 422, 503))
def list_evaluations(
    factory: FactoryDep,
    tenant: Reader,
    agent: Annotated[str | None, Query(max_length=200, description="The agent's id.")] = None,
    scorecard: Annotated[str | None, Query(max_length=80)] = None,
    status: Status | None = None,
    disposition: Literal["auto_accepted", "needs_review", "reviewed"] | None = None,
    from_: Annotated[
        Moment | None, Query(alias="from", description="Accepted at this time or later.")
    ] = None,
    to: Annotated[Moment | None, Query(description="Accepted before this time.")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> EvaluationList:
    """Return a page; `next_cursor` is null on the last one."""
    wanted = EvaluationFilter(
        agent=agent, scorecard=scorecard, status=status, disposition=disposition, from_=from_, to=to
    )
    page = factory.evaluations.list(tenant, wanted, cursor, limit)
    return EvaluationList(items=list(page.items), next_cursor=page.next_cursor)


async def _awaited(
    factory: Factory, tenant: str, evaluation: Evaluation, seconds: float
) -> Evaluation | None:
    if evaluation.is_final:
        return evaluation
    return await factory.completions.wait(tenant, evaluation.id, seconds)


def _body_sha256(body: Any) -> str:
    """Return a digest under which the same JSON is the same body, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _wanted_wait(prefer: str | None) -> float | None:
    """Return the seconds of `wait` in a Prefer header (RFC 7240), at most MAX_WAIT_S; None when absent."""
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?", prefer or "", re.IGNORECASE)
    return min(float(found[1]), MAX_WAIT_S) if found else None
