"""`/v1/appeals` and `/v1/evaluations/{id}/appeals`: contesting a grade, and deciding about it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel

from service.api.examples import APPEAL_REQUEST, COMMENT_REQUEST, DECISION_REQUEST, WITHDRAWAL_REQUEST
from service.api.problems import responses
from service.api.receipts import AppealReceipt, readable
from service.api.reviews import EvaluationId, OnceKey
from service.api.strict import StrictRoute
from service.deps import AppealReader, Appellant, FactoryDep, ReadingDep, ReviewerKey
from service.domain.appeal import (
    Appeal,
    AppealFilter,
    AppealFilterState,
    AppealRequest,
    CommentRequest,
    DecisionRequest,
    WithdrawalRequest,
)
from service.usecases.accept import Idempotency
from service.usecases.appeals import AppealResult
from service.usecases.requests import body_sha256

router = APIRouter(prefix="/v1", tags=["appeals"], route_class=StrictRoute)

AppealId = Annotated[str, Path(max_length=200, description="What filing it gave.")]


class AppealList(BaseModel):
    """Part of the appeals, newest first."""

    items: list[Appeal]
    next_cursor: str | None


@router.post(
    "/evaluations/{evaluation_id}/appeals",
    summary="Appeal against a grade",
    status_code=201,
    responses=responses(401, 403, 404, 409, 410, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"content": {"application/json": {"example": APPEAL_REQUEST}}}},
)
async def file_appeal(
    evaluation_id: EvaluationId,
    request: Request,
    response: Response,
    body: AppealRequest,
    factory: FactoryDep,
    key: Appellant,
    idempotency_key: OnceKey = None,
) -> Appeal | AppealReceipt:
    """Contest the grade of one dimension. The same grader then grades it anew, on its own and without its
    first answer or the appeal before it; a person decides.

    The contested words have to stand in the redacted transcript. It needs the scope `submit`, which an
    agent's desk has, or `review`. 409 when it is too late, one is open already, or there were too many.
    """
    once = Idempotency(idempotency_key, body_sha256(await request.json())) if idempotency_key else None
    appeal = await factory.appeals.file(key, evaluation_id, body, once)
    response.headers["Location"] = f"/v1/appeals/{appeal.id}"
    return readable(key, appeal)


@router.get("/appeals", summary="List appeals, newest first", responses=responses(401, 403, 422, 503))
def list_appeals(
    factory: FactoryDep,
    key: AppealReader,
    reading: ReadingDep,
    state: Annotated[
        AppealFilterState | None,
        Query(description="Only those in this state; `undecided` is `open` and `regraded`."),
    ] = None,
    evaluation: Annotated[str | None, Query(max_length=200, description="The id of an evaluation.")] = None,
    overdue: Annotated[bool | None, Query(description="Only what should, or need not, be decided.")] = None,
    cursor: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AppealList:
    """Return a page; `next_cursor` is null on the last one. What is overdue stays open until decided."""
    wanted = AppealFilter(now=datetime.now(UTC), state=state, evaluation=evaluation, overdue=overdue)
    page = factory.appeals.list(key.tenant, wanted, cursor, limit)
    filters = wanted.model_dump(exclude={"now"})
    reading.several("evaluation.read", [one.evaluation for one in page.items], filters)
    return AppealList(items=list(page.items), next_cursor=page.next_cursor)


@router.get(
    "/appeals/{appeal_id}", summary="Read one appeal", responses=responses(401, 403, 404, 410, 422, 503)
)
def get_appeal(appeal_id: AppealId, factory: FactoryDep, key: AppealReader, reading: ReadingDep) -> Appeal:
    """Return it with both verdicts: the grade as it was contested, and the same dimension graded anew."""
    appeal = factory.appeals.get(key.tenant, appeal_id)
    reading.several("evaluation.read", [appeal.evaluation], {})
    return appeal


@router.post(
    "/appeals/{appeal_id}/comments",
    summary="Add a comment",
    status_code=201,
    responses=responses(401, 403, 404, 409, 410, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"content": {"application/json": {"example": COMMENT_REQUEST}}}},
)
async def comment_on_appeal(
    appeal_id: AppealId, body: CommentRequest, factory: FactoryDep, key: Appellant
) -> Appeal | AppealReceipt:
    """Write something under an open appeal; it is redacted. A key that may not read gets a receipt."""
    return readable(key, await factory.appeals.comment(key, appeal_id, body))


@router.post(
    "/appeals/{appeal_id}/withdrawal",
    summary="Take an appeal back",
    responses=responses(401, 403, 404, 409, 410, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"content": {"application/json": {"example": WITHDRAWAL_REQUEST}}}},
)
def withdraw_appeal(
    appeal_id: AppealId, body: WithdrawalRequest, factory: FactoryDep, key: Appellant
) -> Appeal | AppealReceipt:
    """Close an open appeal without a decision; the grade stays as it is. Only who filed it can, by name."""
    return readable(key, factory.appeals.withdraw(key, appeal_id, body.by))


@router.post(
    "/appeals/{appeal_id}/decisions",
    summary="Decide an appeal",
    status_code=201,
    responses=responses(401, 403, 404, 409, 410, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"content": {"application/json": {"example": DECISION_REQUEST}}}},
)
async def decide_appeal(
    appeal_id: AppealId, body: DecisionRequest, factory: FactoryDep, key: ReviewerKey
) -> AppealResult:
    """Store a person's decision as the last word on the grade, and as a label.

    `upheld` takes the level of the grading anew unless one is given, `amended` the one that is given;
    `rejected` lets the grade stand. Nobody has to wait for the grading anew.
    """
    return await factory.appeals.decide(key, appeal_id, body)
