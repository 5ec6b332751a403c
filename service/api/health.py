"""`/healthz` and `/readyz`, for whoever watches the process."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import FactoryDep
from service.usecases.model_health import ModelState

router = APIRouter(tags=["health"], route_class=StrictRoute)


class Health(BaseModel):
    """The process runs."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """`degraded`: something is not as it should be, and `reasons` says what.

    Submissions are accepted all the same, unless a reason says that they are refused; what needs a model that
    is away waits for it.
    """

    status: Literal["ready", "degraded"]
    database: Literal["ok"] = "ok"
    model: ModelState
    reasons: list[str]


@router.get("/healthz", summary="Is the process alive?", responses=responses(422))
def healthz() -> Health:
    """Return at once, whatever else is away."""
    return Health()


@router.get("/readyz", summary="Can it take work?", responses=responses(422, 503))
async def readyz(factory: FactoryDep) -> Readiness:
    """Answer 503 only when the database is away or lacks what this version needs."""
    found = await factory.readiness()
    reasons = list(found.reasons)
    return Readiness(status="degraded" if reasons else "ready", model=found.model, reasons=reasons)
