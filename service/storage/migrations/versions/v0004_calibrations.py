"""Calibrations: what agreement with people promises, and which of them new grades follow."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "calibrations",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("scorecard_name", sa.String(80), nullable=False),
        sa.Column("grader", sa.String(16), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("models", sa.LargeBinary),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("activated_at", _MOMENT),
    )
    op.create_index("calibrations_by_time", "calibrations", ["tenant", "created_at", "id"])
    is_active = sa.text("activated_at IS NOT NULL")
    op.create_index(
        "calibrations_active",
        "calibrations",
        ["tenant", "scorecard_name", "grader"],
        unique=True,
        sqlite_where=is_active,
        postgresql_where=is_active,
    )
