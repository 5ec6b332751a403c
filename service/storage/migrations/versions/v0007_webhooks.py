"""Webhooks: deliveries and the secrets that sign them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply this step."""
    _deliveries()
    _secrets()


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("evaluation_id", sa.String(32), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("jobs_done", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", _MOMENT),
        sa.Column("last_error", sa.JSON(none_as_null=True)),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("delivered_at", _MOMENT),
    )
    for name, columns in (
        ("webhook_deliveries_by_time", ["tenant", "created_at", "id"]),
        ("webhook_deliveries_by_status", ["tenant", "status", "created_at", "id"]),
        ("webhook_deliveries_by_evaluation", ["tenant", "evaluation_id", "created_at", "id"]),
    ):
        op.create_index(name, "webhook_deliveries", columns)
    pending = sa.text("status = 'pending'")
    op.create_index(
        "webhook_deliveries_pending",
        "webhook_deliveries",
        ["next_attempt_at"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
    undelivered = sa.text("status IN ('pending', 'dead')")
    op.create_index(
        "webhook_deliveries_undelivered",
        "webhook_deliveries",
        ["status"],
        sqlite_where=undelivered,
        postgresql_where=undelivered,
    )


def _secrets() -> None:
    op.create_table(
        "webhook_secrets",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("signs_until", _MOMENT),
        sa.Index("webhook_secrets_by_tenant", "tenant", "created_at"),
    )
    current = sa.text("signs_until IS NULL")
    op.create_index(
        "webhook_secrets_current",
        "webhook_secrets",
        ["tenant"],
        unique=True,
        sqlite_where=current,
        postgresql_where=current,
    )
