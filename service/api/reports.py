"""`/v1/reports`: means and rates, each with what it is worth."""

from typing import Annotated

from fastapi import APIRouter, Query

from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import FactoryDep, Reader
from service.domain.base import Moment
from service.domain.grade import GraderName
from service.domain.report import By, Report
from service.usecases.cards import SCORECARD_REFERENCE
from service.usecases.report import ReportRequest

router = APIRouter(prefix="/v1/reports", tags=["reports"], route_class=StrictRoute)


@router.get("/means", summary="Means and rates by group", responses=responses(401, 403, 404, 422, 503))
async def get_means(
    factory: FactoryDep,
    tenant: Reader,
    scorecard: Annotated[str, Query(pattern=SCORECARD_REFERENCE, description="`name`, or `name@3`.")],
    by: Annotated[By, Query(description="What there is a row for.")] = "all",
    grader: GraderName | None = None,
    from_: Annotated[Moment | None, Query(alias="from", description="Begun at this time or later.")] = None,
    to: Annotated[Moment | None, Query(description="Begun before this time.")] = None,
) -> Report:
    """Return for each agent, team, call type, language or period the score of the card, the mean level of
    each ordinal dimension and the rate of each answer of the others, as people would have given them.

    The machine's grades of all conversations are corrected by people's labels of some. Below 20 labels in a
    group the labels alone count and `note` says so; without any there is no figure but the machine's own
    mean, which is not to be trusted. `from` and `to` go by when a conversation started, else by when it was
    accepted.
    """
    request = ReportRequest(scorecard=scorecard, by=by, grader=grader, since=from_, until=to)
    return await factory.reports(tenant, request)
