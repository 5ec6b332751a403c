"""`/healthz` and `/readyz`, for whoever watches the process."""

from typing import Literal

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool as in_thread
from pydantic import BaseModel

from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import FactoryDep

router = APIRouter(tags=["health"], route_class=StrictRoute)


class Health(BaseModel):
    """The process runs."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """`degraded`: the model cannot be reached.

    Submissions are accepted; those that the retries of one evaluation do not save end as failed, with
    that reason.
    """

    status: Literal["ready", "degraded"]
    database: Literal["ok"] = "ok"
    model: Literal["ok", "away", "not configured"]


@router.get("/healthz", summary="Is the process alive?", responses=responses(422))
def healthz() -> Health:
    """Return at once, whatever else is away."""
    return Health()


@router.get("/readyz", summary="Can it take work?", responses=responses(422, 503))
async def readyz(factory: FactoryDep) -> Readiness:
    """Answer 503 only when the database is away."""
    await in_thread(factory.database.check)
    model = await factory.model_state()
    return Readiness(status="degraded" if model == "away" else "ready", model=model)
