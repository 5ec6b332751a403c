"""`/v1/labels`: people's grades in, from JSON or a table, and out again."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ValidationError, field_validator

from service.api.examples import LABELS_REQUEST
from service.api.problems import responses
from service.api.strict import StrictRoute, check_media_type
from service.deps import FactoryDep, Reader, ReviewerKey
from service.domain.base import Body
from service.domain.errors import FieldProblem, InvalidInput, TooManyRows, field_problems
from service.domain.label import LabelFilter, StoredLabel
from service.domain.label_import import LabelImport
from service.formats.label_fields import Defaults
from service.usecases.cards import SCORECARD_REFERENCE

router = APIRouter(prefix="/v1/labels", tags=["labels"], route_class=StrictRoute)

MOST_ROWS = 50_000
"""Labels, or rows of a table without any, that one request may bring: they take about 20 s."""

_CSV = "text/csv"
_TABLE = """conversation,dimension,rater,level,blind
crm-881,greeting,r1,yes,yes
"""


class LabelsRequest(Body):
    """Labels, and whether they overrule earlier ones of the same rater. Each is read by itself: one that is
    wrong does not stop the others.
    """

    labels: list[dict[str, Any]]
    replace: bool = False

    @field_validator("labels", mode="before")
    @classmethod
    def _not_too_many(cls, labels: Any) -> Any:
        """Count before looking at each."""
        if isinstance(labels, list) and len(labels) > MOST_ROWS:
            raise TooManyRows(MOST_ROWS)
        return labels


class LabelList(BaseModel):
    """Part of the labels, the last stored first."""

    items: list[StoredLabel]
    next_cursor: str | None


@router.post(
    "",
    summary="Bring in people's labels",
    response_model=LabelImport,
    responses={
        200: {"model": LabelImport, "description": "What came of each label; most of them may be stored."},
        **responses(401, 403, 409, 413, 415, 422, 503),
        413: {
            **responses(413)[413],
            "description": f"The body is too large, or has over {MOST_ROWS:,} rows.",
        },
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["labels"],
                        "additionalProperties": False,
                        "properties": {
                            "labels": {
                                "type": "array",
                                "items": {"$ref": "#/components/schemas/ConversationLabel"},
                            },
                            "replace": {"type": "boolean", "default": False},
                        },
                    },
                    "example": LABELS_REQUEST,
                },
                _CSV: {"schema": {"type": "string"}, "example": _TABLE},
            },
        }
    },
)
async def import_labels(
    request: Request,
    factory: FactoryDep,
    key: ReviewerKey,
    scorecard: Annotated[
        str | None, Query(pattern=SCORECARD_REFERENCE, description="For labels that name no scorecard.")
    ] = None,
    rater: Annotated[
        str | None, Query(min_length=1, max_length=200, description="For labels that name no rater.")
    ] = None,
    blind: Annotated[
        bool | None, Query(description="Whether raters had not seen the grade, for labels that do not say.")
    ] = None,
    replace: Annotated[
        bool, Query(description="Let labels overrule earlier ones of the same rater.")
    ] = False,
) -> LabelImport:
    """Store labels from JSON or CSV (with a header, one label a row or one column a dimension).

    What is wrong with one does not stop the others: duplicates, conflicts with what a rater said before, and
    problems are listed by row. Rationales are redacted. It is a 422 only when none could be kept. One request
    may bring 50,000 rows; nothing of a longer one is stored.
    """
    check_media_type(request, "application/json", _CSV)
    in_json = "json" in request.headers.get("content-type", "").split(";")[0].lower()
    given = _read(await request.json()) if in_json else None
    done = await factory.import_labels(
        key.tenant,
        await request.body() if given is None else given.labels,
        Defaults(scorecard, rater, blind),
        replace=replace or (given is not None and given.replace),
        most=MOST_ROWS,
        by=key.id,
    )
    if done.kept_nothing:
        raise InvalidInput(_problems(done, in_json=in_json), "no label could be kept")
    return done


@router.get("", summary="List labels, the last stored first", responses=responses(401, 403, 422, 503))
def list_labels(
    factory: FactoryDep,
    tenant: Reader,
    scorecard: Annotated[
        str | None,
        Query(pattern=SCORECARD_REFERENCE, description="A name, or a name and a revision: `name@3`."),
    ] = None,
    dimension: Annotated[str | None, Query(max_length=80)] = None,
    rater: Annotated[str | None, Query(max_length=200)] = None,
    conversation: Annotated[str | None, Query(max_length=200, description="Its external_id.")] = None,
    evaluation: Annotated[str | None, Query(max_length=200, description="The id of an evaluation.")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> LabelList:
    """Return a page; `next_cursor` is null on the last one."""
    wanted = LabelFilter(
        scorecard=scorecard,
        dimension=dimension,
        rater=rater,
        conversation=conversation,
        evaluation=evaluation,
    )
    page = factory.labels.list(tenant, wanted, cursor, limit)
    return LabelList(items=list(page.items), next_cursor=page.next_cursor)


def _read(body: Any) -> LabelsRequest:
    if not isinstance(body, dict):
        raise InvalidInput([FieldProblem("", 'the body is an object such as {"labels": [...]}')])
    try:
        return LabelsRequest.model_validate(body)
    except ValidationError as error:
        raise InvalidInput(field_problems(error.errors(include_url=False, include_input=False))) from None


def _problems(done: LabelImport, *, in_json: bool) -> list[FieldProblem]:
    """Return what was wrong: with pointers into the list of a JSON body, by line in a table."""
    conflicts = [(one.row, "level", one.detail) for one in done.conflicts]
    wrong = sorted([(one.row, one.field, one.detail) for one in done.problems] + conflicts)
    if in_json:
        return [
            FieldProblem(f"/labels/{row - 1}/{field}".rstrip("/"), detail) for row, field, detail in wrong
        ]
    return [
        FieldProblem(f"/{field}" if field else "", f"line {row}: {detail}") for row, field, detail in wrong
    ]
