"""What reports read, beside the whole of each assessment."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_MOMENT = sa.DateTime(timezone=True)
_AT_ONCE = 500
_CONFIDENCE_FORMULA = 1

_evaluations = sa.table(
    "evaluations",
    sa.column("id", sa.String),
    sa.column("started_at", _MOMENT),
    sa.column("created_at", _MOMENT),
    sa.column("began_at", _MOMENT),
    sa.column("assessment", sa.JSON),
    sa.column("figures", sa.JSON),
)


def upgrade() -> None:
    """Apply this step."""
    op.add_column("evaluations", sa.Column("began_at", _MOMENT))
    op.add_column("evaluations", sa.Column("figures", sa.JSON(none_as_null=True)))
    table = _evaluations.c
    op.execute(sa.update(_evaluations).values(began_at=sa.func.coalesce(table.started_at, table.created_at)))
    _fill_figures()
    op.create_index("evaluations_by_beginning", "evaluations", ["tenant", "scorecard_name", "began_at", "id"])


def _fill_figures() -> None:
    connection, table = op.get_bind(), _evaluations.c
    after = ""
    while True:
        query = sa.select(table.id, table.assessment).where(table.id > after).order_by(table.id)
        rows = connection.execute(query.limit(_AT_ONCE)).all()
        if not rows:
            return
        after = rows[-1].id
        _store([{"of": row.id, "new": new} for row in rows if (new := _figures(row.assessment))])


def _figures(assessment: Any) -> dict[str, Any] | None:
    """Return what reports read, None where nothing can be read: one row must not be in the way of all."""
    read = assessment if isinstance(assessment, dict) else {}
    grades, provenance = read.get("grades"), read.get("provenance")
    if not isinstance(grades, list) or not isinstance(provenance, dict):
        return None
    named = (grade for grade in grades if isinstance(grade, dict) and isinstance(grade.get("dimension"), str))
    return {"way": _way(provenance), "answers": {grade["dimension"]: _answer(grade) for grade in named}}


def _answer(grade: dict[str, Any]) -> Any:
    return {"graded": grade.get("level"), "not_applicable": "na"}.get(str(grade.get("outcome")))


def _way(provenance: dict[str, Any]) -> str:
    names = ("grader", "model", "prompt", "redactor", "policy")
    basis = {name: provenance.get(name) for name in names}
    basis |= {"scorecard_sha256": "", "confidence_formula": _CONFIDENCE_FORMULA}
    return hashlib.sha256(json.dumps(basis, sort_keys=True).encode()).hexdigest()


def _store(filled: Sequence[dict[str, Any]]) -> None:
    if filled:
        update = sa.update(_evaluations).where(_evaluations.c.id == sa.bindparam("of"))
        op.get_bind().execute(update.values(figures=sa.bindparam("new", type_=sa.JSON)), filled)
