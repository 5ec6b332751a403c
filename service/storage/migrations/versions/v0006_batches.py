"""Batches: many conversations in one request."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply this step."""
    _batches()
    _batch_lines()


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("receiver", sa.String(32), nullable=False),
        sa.Column("accepted", sa.Integer, nullable=False),
        sa.Column("duplicates", sa.Integer, nullable=False),
        sa.Column("rejected", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
    )
    op.create_index("batches_by_key", "batches", ["tenant", "idempotency_key"], unique=True)
    op.create_index("batches_by_time", "batches", ["tenant", "created_at", "id"])


def _batch_lines() -> None:
    op.create_table(
        "batch_lines",
        sa.Column("batch_id", sa.String(32), primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("body_sha256", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("evaluation_id", sa.String(32)),
        sa.Column("problems", sa.JSON(none_as_null=True)),
    )
    wrong = sa.text("problems IS NOT NULL")
    op.create_index(
        "batch_lines_wrong",
        "batch_lines",
        ["batch_id", "line"],
        sqlite_where=wrong,
        postgresql_where=wrong,
    )
