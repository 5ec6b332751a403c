"""`/v1/calibrations`: make, read, list, follow."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from service.api.examples import CALIBRATION_REQUEST
from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import AdministratorKey, FactoryDep, Reader
from service.domain.base import Slug
from service.domain.calibration import StoredCalibration
from service.domain.evaluation import ScorecardRef
from service.domain.grade import GraderName
from service.usecases.calibrate import CalibrationRequest

router = APIRouter(prefix="/v1/calibrations", tags=["calibrations"], route_class=StrictRoute)

CalibrationId = Annotated[str, Path(max_length=32, description="What making or listing it gave.")]


class CalibrationSummary(BaseModel):
    """A calibration in a list. `conversations` are those it was made from; `learned`: it has text models."""

    id: str
    created_at: datetime
    scorecard: ScorecardRef
    grader: GraderName
    conversations: int
    learned: bool
    active: bool
    activated_at: datetime | None


class CalibrationList(BaseModel):
    """Part of the calibrations, newest first."""

    items: list[CalibrationSummary]
    next_cursor: str | None


@router.post(
    "",
    summary="Calibrate a grader against people's labels",
    status_code=201,
    responses=responses(401, 403, 404, 409, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"content": {"application/json": {"example": CALIBRATION_REQUEST}}}},
)
async def make_calibration(
    body: CalibrationRequest, response: Response, factory: FactoryDep, key: AdministratorKey
) -> StoredCalibration:
    """Compare the grades of a scorecard with the labels that people gave without seeing them, fit what
    follows from it, keep it, and answer with all of it once that is done, which may take seconds.

    New grades follow it at once unless `activate` is false. 422 says what is missing where the labels are too
    few: without `activate`, one labelled conversation is enough for a report that says so.
    """
    made = await factory.calibrate(key.tenant, body, key.id)
    response.headers["Location"] = f"/v1/calibrations/{made.id}"
    return made


@router.get("/{calibration_id}", summary="Read one calibration", responses=responses(401, 403, 404, 422, 503))
def get_calibration(calibration_id: CalibrationId, factory: FactoryDep, tenant: Reader) -> StoredCalibration:
    """Return the whole report: agreement, maps and promises of each dimension, and what they depend on."""
    return factory.calibrations.get(tenant, calibration_id)


@router.get("", summary="List calibrations, newest first", responses=responses(401, 403, 422, 503))
def list_calibrations(
    factory: FactoryDep,
    tenant: Reader,
    scorecard: Annotated[Slug | None, Query(description="The scorecard's name.")] = None,
    cursor: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CalibrationList:
    """Return a page; `next_cursor` is null on the last one. Calibrations are never changed or dropped."""
    page = factory.calibrations.list(tenant, scorecard, cursor, limit)
    return CalibrationList(items=[_summary(one) for one in page.items], next_cursor=page.next_cursor)


@router.put(
    "/{calibration_id}/activation",
    summary="Let new grades follow a calibration",
    responses=responses(401, 403, 404, 409, 422, 503),
)
def activate_calibration(
    calibration_id: CalibrationId, factory: FactoryDep, key: AdministratorKey
) -> StoredCalibration:
    """Activate it instead of any other of its scorecard and grader; it applies to what is graded from now on.

    Doing it twice has the effect of once. What it promises applies as long as model, prompt, scorecard,
    redactor and policy are the ones it was made with.
    """
    return factory.calibrations.activate(key.tenant, calibration_id, key.id)


@router.delete(
    "/{calibration_id}/activation",
    summary="Let new grades follow it no more",
    responses=responses(401, 403, 404, 422, 503),
)
def deactivate_calibration(
    calibration_id: CalibrationId, factory: FactoryDep, key: AdministratorKey
) -> StoredCalibration:
    """Deactivate it, if it was active: every new grade is then for a person to look at."""
    return factory.calibrations.deactivate(key.tenant, calibration_id, key.id)


def _summary(one: StoredCalibration) -> CalibrationSummary:
    return CalibrationSummary(
        id=one.id,
        created_at=one.created_at,
        scorecard=one.scorecard,
        grader=one.basis.grader,
        conversations=one.conversations,
        learned=one.learned,
        active=one.active,
        activated_at=one.activated_at,
    )
