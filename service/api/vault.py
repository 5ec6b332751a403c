"""`/v1/evaluations/{id}/vault`: what placeholders stood for, for who may know."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.api.problems import responses
from service.api.strict import StrictRoute
from service.deps import FactoryDep, Forgetter, Restorer
from service.domain.vault import VaultContent

router = APIRouter(prefix="/v1/evaluations/{evaluation_id}/vault", tags=["vault"], route_class=StrictRoute)


@router.get("", summary="Restore placeholders", responses=responses(401, 403, 404, 410, 422, 503))
def open_vault(
    evaluation_id: str,
    response: Response,
    factory: FactoryDep,
    key: Restorer,
    placeholder: Annotated[
        str | None, Query(max_length=80, description="Only this one: `<PERSON_1>`, or `PERSON_1` for short.")
    ] = None,
) -> VaultContent:
    """Return what the placeholders of an evaluation stood for; every call leaves a line in the log.

    It needs the scope `restore`, which `admin` does not cover, and a service that keeps a vault. 410 once it
    is forgotten or has expired.
    """
    response.headers["Cache-Control"] = "no-store"
    return factory.vault.open(key.tenant, evaluation_id, key.id, placeholder)


@router.delete(
    "",
    summary="Forget what placeholders stood for",
    status_code=204,
    responses=responses(401, 403, 404, 422, 503),
)
def forget_vault(evaluation_id: str, factory: FactoryDep, key: Forgetter) -> None:
    """Drop it for good: the evaluation stays, its placeholders can never be restored again."""
    factory.vault.forget(key.tenant, evaluation_id, key.id)
