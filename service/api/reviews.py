"""`/v1/reviews/queue` and `/v1/evaluations/{id}/reviews`: what waits for a person, and what they decide."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import BaseModel

from service.api.examples import CLAIM_REQUEST, REVIEW_REQUEST
from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import FactoryDep, ReadingDep, Reviewer, ReviewerKey
from service.domain.review import Claim, ClaimRequest, Review, ReviewRequest
from service.domain.review_queue import QueueFilter, QueueItem
from service.usecases.accept import Idempotency
from service.usecases.requests import body_sha256
from service.usecases.reviews import ReviewResult

router = APIRouter(prefix="/v1", tags=["reviews"], route_class=StrictRoute)

EvaluationId = Annotated[str, Path(max_length=200, description="What submitting the conversation gave.")]
OnceKey = Annotated[
    str | None,
    Header(min_length=1, max_length=255, description="Requests with the same key and body are one request."),
]


class ReviewQueue(BaseModel):
    """Part of what waits for a person: what is due first, and within an hour the least sure first."""

    items: list[QueueItem]
    next_cursor: str | None


class ReviewHistory(BaseModel):
    """Every review of an evaluation, the oldest first."""

    items: list[Review]


@router.get("/reviews/queue", summary="What waits for a person", responses=responses(401, 403, 422, 503))
def list_queue(
    factory: FactoryDep,
    tenant: Reviewer,
    reading: ReadingDep,
    scorecard: Annotated[str | None, Query(max_length=80, description="The scorecard's name.")] = None,
    agent: Annotated[str | None, Query(max_length=200, description="The agent's id.")] = None,
    dimension: Annotated[str | None, Query(max_length=80, description="Waiting on this dimension.")] = None,
    assignee: Annotated[str | None, Query(max_length=200, description="Held by this person now.")] = None,
    overdue: Annotated[bool | None, Query(description="Only what is, or is not yet, over its time.")] = None,
    cursor: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ReviewQueue:
    """Return a page of evaluations with a grade that asks for a person, each with the dimensions and why.

    The time to review begins when an evaluation is completed (`QALIBRATE_REVIEW_DAYS`).
    """
    wanted = QueueFilter(
        now=datetime.now(UTC),
        scorecard=scorecard,
        agent=agent,
        dimension=dimension,
        assignee=assignee,
        overdue=overdue,
    )
    page = factory.reviews.queue(tenant, wanted, cursor, limit)
    filters = wanted.model_dump(exclude={"now"})
    reading.several("evaluation.read", [one.evaluation for one in page.items], filters)
    return ReviewQueue(items=list(page.items), next_cursor=page.next_cursor)


@router.put(
    "/evaluations/{evaluation_id}/claim",
    summary="Take an evaluation on, or give it to somebody",
    responses=responses(401, 403, 404, 409, 410, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"content": {"application/json": {"example": CLAIM_REQUEST}}}},
)
def claim_evaluation(
    evaluation_id: EvaluationId, body: ClaimRequest, factory: FactoryDep, key: ReviewerKey
) -> Claim:
    """Keep others from reviewing it until `minutes` are over, so that two people do not do the same.

    The same person again prolongs it; while somebody else holds it, it is a 409.
    """
    return factory.reviews.claim(key, evaluation_id, body)


@router.delete(
    "/evaluations/{evaluation_id}/claim",
    summary="Let everybody review it again",
    status_code=204,
    responses=responses(401, 403, 404, 410, 422, 503),
)
def release_evaluation(evaluation_id: EvaluationId, factory: FactoryDep, key: ReviewerKey) -> None:
    """Drop a claim, whoever has it; without one nothing changes."""
    factory.reviews.release(key, evaluation_id)


@router.post(
    "/evaluations/{evaluation_id}/reviews",
    summary="Accept or overrule grades",
    status_code=201,
    responses=responses(401, 403, 404, 409, 410, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"content": {"application/json": {"example": REVIEW_REQUEST}}}},
)
async def review_evaluation(
    evaluation_id: EvaluationId,
    request: Request,
    body: ReviewRequest,
    factory: FactoryDep,
    key: ReviewerKey,
    idempotency_key: OnceKey = None,
) -> ReviewResult:
    """Append a person's verdicts, all of them or none. The machine's grades stay beside them.

    `reviewed_score` then counts people's levels. Reasons are redacted. Each verdict is also a label, given
    with the grade in sight; `effects` says what became of it and whether it teaches anything.
    """
    once = Idempotency(idempotency_key, body_sha256(await request.json())) if idempotency_key else None
    return await factory.reviews.review(key, evaluation_id, body, once)


@router.get(
    "/evaluations/{evaluation_id}/reviews",
    summary="Every review of an evaluation",
    responses=responses(401, 403, 404, 410, 422, 503),
)
def list_reviews(
    evaluation_id: EvaluationId, factory: FactoryDep, tenant: Reviewer, reading: ReadingDep
) -> ReviewHistory:
    """Return the whole history, the oldest first: nothing in it is ever changed."""
    found = factory.reviews.history(tenant, evaluation_id)
    reading.several("evaluation.read", [evaluation_id], {})
    return ReviewHistory(items=found)
