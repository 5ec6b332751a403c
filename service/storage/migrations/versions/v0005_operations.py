"""What a service under load needs to know of an evaluation; requests that wait sealed; the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply this step."""
    _evaluation_columns()
    _evaluation_indexes()
    _sealed_requests()
    _audit_log()


def _evaluation_columns() -> None:
    for column in (
        sa.Column("priority", sa.String(16), nullable=False, server_default="interactive"),
        sa.Column("batch_id", sa.String(32)),
        sa.Column("batch_line", sa.Integer),
        sa.Column("callback_url", sa.Text),
        sa.Column("waiting", sa.JSON(none_as_null=True)),
        sa.Column("review_state", sa.String(16)),
        sa.Column("review_due_at", _MOMENT),
        sa.Column("erased_at", _MOMENT),
    ):
        op.add_column("evaluations", column)


def _evaluation_indexes() -> None:
    unfinished = sa.text("status IN ('queued', 'running')")
    for name, columns in (
        ("evaluations_by_external_id", ["tenant", "external_id", "created_at", "id"]),
        ("evaluations_by_batch", ["tenant", "batch_id", "batch_line"]),
        ("evaluations_by_need", ["tenant", "needs_review", "created_at", "id"]),
        ("evaluations_by_review", ["tenant", "review_state", "review_due_at", "id"]),
    ):
        op.create_index(name, "evaluations", columns)
    op.create_index(
        "evaluations_unfinished",
        "evaluations",
        ["status", "priority", "created_at"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    parked = sa.text("waiting IS NOT NULL")
    op.create_index(
        "evaluations_parked", "evaluations", ["status"], sqlite_where=parked, postgresql_where=parked
    )


def _sealed_requests() -> None:
    op.create_table(
        "sealed_requests",
        sa.Column("evaluation_id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
    )
    op.create_index("audit_log_by_time", "audit_log", ["tenant", "id"])
    op.create_index("audit_log_by_subject", "audit_log", ["tenant", "subject", "id"])
