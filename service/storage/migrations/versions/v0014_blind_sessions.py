"""Which evaluations a calibration session is about, and which of its answers were given blind."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_sessions = sa.table(
    "calibration_sessions",
    sa.column("id", sa.String),
    sa.column("tenant", sa.String),
    sa.column("content", sa.JSON),
)


def upgrade() -> None:
    """Apply this step."""
    op.add_column("calibration_answers", sa.Column("blind", sa.Boolean))
    about = op.create_table(
        "calibration_session_evaluations",
        sa.Column("session_id", sa.String(32), primary_key=True),
        sa.Column("evaluation_id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
    )
    by_evaluation = ["tenant", "evaluation_id"]
    op.create_index("calibration_session_by_evaluation", "calibration_session_evaluations", by_evaluation)
    connection = op.get_bind()
    for row in connection.execute(sa.select(_sessions)).all():
        rows = [{"session_id": row.id, "evaluation_id": one, "tenant": row.tenant} for one in _named(row)]
        if rows:
            connection.execute(sa.insert(about), rows)


def _named(row: Any) -> set[str]:
    """Return the evaluations of a session; none of one that cannot be read, which must be in nobody's way."""
    named = row.content.get("evaluations") if isinstance(row.content, dict) else None
    return {one for one in named if isinstance(one, str)} if isinstance(named, list) else set()
