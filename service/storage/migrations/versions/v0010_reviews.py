"""Reviews, appeals and calibration sessions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from service.storage.types import UtcDateTime

revision = "0010"
down_revision = "0009"

_MOMENT = sa.DateTime(timezone=True)
_OPEN = sa.text("closed_at IS NULL")
_AT_ONCE = 500
_REVIEW_DAYS = 5.0
_UNKNOWN_CONFIDENCE = 0.5

_evaluations = sa.table(
    "evaluations",
    sa.column("id", sa.String),
    sa.column("needs_review", sa.Boolean),
    sa.column("assessment", sa.JSON),
    sa.column("review_state", sa.String),
    sa.column("review_due_at", UtcDateTime),
    sa.column("review_certainty", sa.Float),
    sa.column("review_open", sa.Text),
)


def upgrade() -> None:
    """Apply this step."""
    _evaluation_columns()
    _put_in_queue(datetime.now(UTC))
    _reviews()
    _appeals()
    _appeal_comments()
    _sessions()
    op.create_index("labels_by_dimension", "labels", ["tenant", "dimension", "scorecard_name"])


def _evaluation_columns() -> None:
    for column in (
        sa.Column("review_certainty", sa.Float),
        sa.Column("review_open", sa.Text),
        sa.Column("reviewed", sa.JSON(none_as_null=True)),
        sa.Column("claimed_by", sa.String(200)),
        sa.Column("claimed_until", _MOMENT),
    ):
        op.add_column("evaluations", column)
    queue = ["tenant", "review_state", "review_due_at", "review_certainty", "id"]
    op.drop_index("evaluations_by_review", "evaluations")
    op.create_index("evaluations_by_review", "evaluations", queue)
    by_time = ["tenant", "review_state", "created_at", "id"]
    op.create_index("evaluations_by_review_state", "evaluations", by_time)
    claimed = sa.text("claimed_by IS NOT NULL")
    op.create_index(
        "evaluations_claimed",
        "evaluations",
        ["tenant", "claimed_by"],
        sqlite_where=claimed,
        postgresql_where=claimed,
    )


def _put_in_queue(now: datetime) -> None:
    """Open the review of what was graded before there was a queue. Its time begins now: nobody was late."""
    connection, table = op.get_bind(), _evaluations.c
    after = ""
    while True:
        query = sa.select(table.id, table.assessment).where(table.needs_review.is_(True), table.id > after)
        rows = connection.execute(query.order_by(table.id).limit(_AT_ONCE)).all()
        if not rows:
            return
        after = rows[-1].id
        due = _whole_hour(now + timedelta(days=_REVIEW_DAYS))
        _store([{"of": row.id, "due": due, **needed} for row in rows if (needed := _needed(row.assessment))])


def _whole_hour(moment: datetime) -> datetime:
    whole = moment.replace(minute=0, second=0, microsecond=0)
    return whole if whole == moment else whole + timedelta(hours=1)


def _needed(assessment: Any) -> dict[str, Any] | None:
    """Return what is open of an assessment as it was stored then, None where nothing is, or nothing can be
    read: one row that is not what it should be must not be in the way of all others.
    """
    read = assessment if isinstance(assessment, dict) else {}
    grades = read.get("grades")
    unsure = [grade for grade in grades if _is_unsure(grade)] if isinstance(grades, list) else []
    if not unsure:
        return None
    certainty = 0.0 if read.get("flags") else min(map(_certainty, unsure))
    return {"certainty": certainty, "opened": f" {' '.join(grade['dimension'] for grade in unsure)} "}


def _is_unsure(grade: Any) -> bool:
    if not isinstance(grade, dict) or not isinstance(grade.get("dimension"), str):
        return False
    disposition: object = grade.get("disposition", "needs_review")
    return disposition == "needs_review"


def _certainty(grade: dict[str, Any]) -> float:
    confidence = grade.get("confidence")
    return float(confidence) if isinstance(confidence, int | float) else _UNKNOWN_CONFIDENCE


def _store(values: list[dict[str, Any]]) -> None:
    if not values:
        return
    update = sa.update(_evaluations).where(_evaluations.c.id == sa.bindparam("of"))
    changed = {
        "review_state": "open",
        "review_due_at": sa.bindparam("due", type_=UtcDateTime()),
        "review_certainty": sa.bindparam("certainty"),
        "review_open": sa.bindparam("opened"),
    }
    op.get_bind().execute(update.values(changed), values)


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("evaluation_id", sa.String(32), nullable=False),
        sa.Column("dimension", sa.String(80), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("level", sa.JSON(none_as_null=True)),
        sa.Column("label", sa.Text),
        sa.Column("points", sa.Float),
        sa.Column("reviewer", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("blind", sa.Boolean, nullable=False),
        sa.Column("appeal_id", sa.String(32)),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_index("reviews_by_evaluation", "reviews", ["tenant", "evaluation_id", "created_at", "id"])


def _appeals() -> None:
    op.create_table(
        "appeals",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("evaluation_id", sa.String(32), nullable=False),
        sa.Column("dimension", sa.String(80), nullable=False),
        sa.Column("filed_by", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("quote", sa.JSON(none_as_null=True)),
        sa.Column("contested", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("decide_by", _MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("regrade", sa.JSON(none_as_null=True)),
        sa.Column("decision", sa.JSON(none_as_null=True)),
        sa.Column("closed_at", _MOMENT),
    )
    op.create_index("appeals_by_time", "appeals", ["tenant", "created_at", "id"])
    op.create_index("appeals_by_state", "appeals", ["tenant", "state", "created_at", "id"])
    op.create_index("appeals_by_evaluation", "appeals", ["tenant", "evaluation_id", "created_at", "id"])
    op.create_index(
        "appeals_one_at_a_time",
        "appeals",
        ["tenant", "evaluation_id", "dimension"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def _appeal_comments() -> None:
    op.create_table(
        "appeal_comments",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("appeal_id", sa.String(32), nullable=False),
        sa.Column("evaluation_id", sa.String(32), nullable=False),
        sa.Column("written_by", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    by_appeal = ["tenant", "appeal_id", "created_at", "id"]
    op.create_index("appeal_comments_by_appeal", "appeal_comments", by_appeal)
    op.create_index("appeal_comments_by_evaluation", "appeal_comments", ["tenant", "evaluation_id"])


def _sessions() -> None:
    op.create_table(
        "calibration_sessions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT),
    )
    op.create_index("calibration_sessions_by_time", "calibration_sessions", ["tenant", "created_at", "id"])
    op.create_table(
        "calibration_answers",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("session_id", sa.String(32), nullable=False),
        sa.Column("evaluation_id", sa.String(32), nullable=False),
        sa.Column("dimension", sa.String(80), nullable=False),
        sa.Column("rater", sa.String(200), nullable=False),
        sa.Column("level", sa.JSON, nullable=False),
        sa.Column("rationale", sa.Text),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    by_session = ["tenant", "session_id", "created_at", "id"]
    op.create_index("calibration_answers_by_session", "calibration_answers", by_session)
    by_evaluation = ["tenant", "evaluation_id"]
    op.create_index("calibration_answers_by_evaluation", "calibration_answers", by_evaluation)
