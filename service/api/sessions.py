"""`/v1/calibration-sessions`: several people grade the same conversations, none seeing another's answers."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import BaseModel

from service.api.examples import ANSWERS_REQUEST, SESSION_REQUEST
from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import FactoryDep, ReadingDep, Reviewer, ReviewerKey
from service.domain.session import (
    AnswersRequest,
    OpenedSession,
    Session,
    SessionRequest,
    SessionResults,
    Sheet,
)

router = APIRouter(prefix="/v1/calibration-sessions", tags=["calibration sessions"], route_class=StrictRoute)

SessionId = Annotated[str, Path(max_length=200, description="What opening it gave.")]


TokenQuery = Annotated[
    str | None, Query(max_length=200, description="The rater's token, as opening returned it.")
]
TokenHeader = Annotated[
    str | None, Header(max_length=200, description="The same as `token`, kept out of addresses.")
]


class SessionList(BaseModel):
    """Part of the sessions, newest first."""

    items: list[Session]
    next_cursor: str | None


@router.post(
    "",
    summary="Open a calibration session",
    status_code=201,
    responses=responses(401, 403, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"content": {"application/json": {"example": SESSION_REQUEST}}}},
)
async def open_session(
    body: SessionRequest, response: Response, factory: FactoryDep, key: ReviewerKey
) -> OpenedSession:
    """Have several people grade up to 20 conversations, all evaluated on one revision of one scorecard.

    `evaluations` are ids, or external_ids of conversations, of which the newest completed evaluation counts;
    until the session is closed they stay out of the review queue. `tokens` are shown only here.
    """
    session = await factory.sessions.open(key, body)
    response.headers["Location"] = f"/v1/calibration-sessions/{session.id}"
    return session


@router.get("", summary="List calibration sessions, newest first", responses=responses(401, 403, 422, 503))
def list_sessions(
    factory: FactoryDep,
    tenant: Reviewer,
    cursor: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SessionList:
    """Return a page; `next_cursor` is null on the last one."""
    page = factory.sessions.list(tenant, cursor, limit)
    return SessionList(items=list(page.items), next_cursor=page.next_cursor)


@router.get(
    "/{session_id}", summary="Read one calibration session", responses=responses(401, 403, 404, 422, 503)
)
def get_session(session_id: SessionId, factory: FactoryDep, tenant: Reviewer) -> Session:
    """Return who takes part and how far everybody is; what they answered is shown when it is closed."""
    return factory.sessions.get(tenant, session_id)


@router.get(
    "/{session_id}/sheet",
    summary="What one person has to grade",
    responses=responses(401, 403, 404, 422, 503),
)
def get_sheet(
    session_id: SessionId,
    factory: FactoryDep,
    tenant: Reviewer,
    reading: ReadingDep,
    rater: Annotated[str | None, Query(max_length=200, description="Whose sheet; required.")] = None,
    token: TokenQuery = None,
    rater_token: TokenHeader = None,
) -> Sheet:
    """Return redacted turns, questions and anchors, and the person's own answers so far: nothing that the
    machine or anybody else thinks. It takes that person's token.
    """
    sheet = factory.sessions.sheet(tenant, session_id, rater, rater_token or token)
    reading.several("evaluation.read", [one.evaluation for one in sheet.conversations], {"rater": rater})
    return sheet


@router.post(
    "/{session_id}/answers",
    summary="Hand in one person's answers",
    status_code=201,
    responses=responses(401, 403, 404, 409, 410, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"content": {"application/json": {"example": ANSWERS_REQUEST}}}},
)
async def answer_session(
    session_id: SessionId,
    body: AnswersRequest,
    factory: FactoryDep,
    key: ReviewerKey,
    token: TokenQuery = None,
    rater_token: TokenHeader = None,
) -> Session:
    """Append answers, all of them or none; a later request's answer to the same question counts, until it is
    closed. It takes the person's token.
    """
    return await factory.sessions.answer(key, session_id, body, rater_token or token)


@router.post(
    "/{session_id}/close",
    summary="Close a session and see what it showed",
    responses=responses(401, 403, 404, 422, 503),
)
def close_session(session_id: SessionId, factory: FactoryDep, key: ReviewerKey) -> SessionResults:
    """Take no more answers, store them as labels that were given blind, and return everybody's side by side.

    Closing it again changes nothing.
    """
    return factory.sessions.close(key, session_id)


@router.get(
    "/{session_id}/results",
    summary="What a closed session showed",
    responses=responses(401, 403, 404, 409, 422, 503),
)
def get_results(session_id: SessionId, factory: FactoryDep, tenant: Reviewer) -> SessionResults:
    """Return every answer, the expert's and the machine's, how far apart they are, and how far people agree.

    409 while it is open: who sees what others think no longer answers blind.
    """
    return factory.sessions.results(tenant, session_id)
