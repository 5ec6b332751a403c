"""`/v1/scorecards`: list, read, publish."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool as in_thread
from pydantic import BaseModel

from service.api.examples import SCORECARD
from service.api.problems import responses
from service.api.strict import StrictRoute, check_media_type
from service.deps import AdministratorKey, FactoryDep, Reader
from service.domain.scorecard import Scorecard, ScorecardRevision
from service.domain.scorecard_file import read_scorecard

router = APIRouter(prefix="/v1/scorecards", tags=["scorecards"], route_class=StrictRoute)


class ScorecardSummary(BaseModel):
    """A scorecard in a list."""

    name: str
    revision: int
    title: str
    language: str
    languages: list[str]
    builtin: bool


class ScorecardList(BaseModel):
    """The current revision of every scorecard."""

    items: list[ScorecardSummary]
    next_cursor: str | None = None


class PublishedScorecard(BaseModel):
    """One revision: what it holds never changes."""

    name: str
    revision: int
    builtin: bool
    content_hash: str
    scorecard: Scorecard


@router.get("", summary="List scorecards", responses=responses(401, 403, 422, 503))
def list_scorecards(factory: FactoryDep, tenant: Reader) -> ScorecardList:
    """Return the tenant's own and the built-in scorecards by name, each in its current revision."""
    return ScorecardList(items=[_summary(card) for card in factory.scorecards.list(tenant)])


@router.get(
    "/{name}/revisions/{revision}",
    summary="Read one revision",
    response_model_by_alias=True,
    responses=responses(401, 403, 404, 422, 503),
)
def get_revision(
    name: str, revision: Annotated[int, Path(ge=1, le=1_000_000)], factory: FactoryDep, tenant: Reader
) -> PublishedScorecard:
    """Return a revision as it was published."""
    return _published(factory.scorecards.get(tenant, name, revision))


@router.post(
    "",
    summary="Publish a scorecard",
    status_code=201,
    response_model=PublishedScorecard,
    responses={
        200: {"model": PublishedScorecard, "description": "This content was published before."},
        **responses(401, 403, 409, 413, 415, 422, 503),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Scorecard"},
                    "example": SCORECARD,
                },
                "application/yaml": {"schema": {"type": "string"}},
            },
        }
    },
)
async def publish_scorecard(
    request: Request, response: Response, factory: FactoryDep, key: AdministratorKey
) -> PublishedScorecard:
    """Publish a new immutable revision from JSON or YAML; the same content keeps its number."""
    check_media_type(request, "application/json", "application/yaml", "text/yaml", "application/x-yaml")
    card = read_scorecard(await request.body())
    revision, new = await in_thread(factory.scorecards.publish, key.tenant, card, key.id)
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/v1/scorecards/{revision.name}/revisions/{revision.revision}"
    return _published(revision)


def _summary(revision: ScorecardRevision) -> ScorecardSummary:
    card = revision.scorecard
    return ScorecardSummary(
        name=card.name,
        revision=revision.revision,
        title=card.title,
        language=card.language,
        languages=list(card.languages),
        builtin=revision.builtin,
    )


def _published(revision: ScorecardRevision) -> PublishedScorecard:
    return PublishedScorecard(
        name=revision.name,
        revision=revision.revision,
        builtin=revision.builtin,
        content_hash=revision.scorecard.content_hash,
        scorecard=revision.scorecard,
    )
