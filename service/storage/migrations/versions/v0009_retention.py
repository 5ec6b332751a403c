"""Retention by tenant; an audit log that cannot be rewritten."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_MOMENT = sa.DateTime(timezone=True)

# A replaced row is deleted without a trigger of its own, unless recursive triggers are on.
_SQLITE = (
    """CREATE TRIGGER audit_log_not_updated BEFORE UPDATE ON audit_log
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_log_not_deleted BEFORE DELETE ON audit_log
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_log_not_replaced BEFORE INSERT ON audit_log
    WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
)
_POSTGRES = (
    """CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$""",
    """CREATE TRIGGER audit_log_not_changed BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only()""",
    """CREATE TRIGGER audit_log_not_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only()""",
)


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "retention",
        sa.Column("tenant", sa.String(80), primary_key=True),
        sa.Column("days", sa.Float),
        sa.Column("changed_at", _MOMENT, nullable=False),
    )
    _evaluation_indexes()
    _audit_indexes()
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)


def _evaluation_indexes() -> None:
    """What is erased is in no list, and must not be looked through to find what is to be erased."""
    kept = sa.text("erased_at IS NULL")
    op.drop_index("evaluations_by_time", "evaluations")
    op.create_index(
        "evaluations_by_time",
        "evaluations",
        ["tenant", "created_at", "id"],
        sqlite_where=kept,
        postgresql_where=kept,
    )
    op.create_index("idempotency_keys_by_time", "idempotency_keys", ["created_at"])


def _audit_indexes() -> None:
    op.drop_index("audit_log_by_time", "audit_log")
    op.drop_index("audit_log_by_subject", "audit_log")
    for by in ("subject", "action", "actor"):
        op.create_index(f"audit_log_by_{by}", "audit_log", ["tenant", by, "at", "id"])
    op.create_index("audit_log_by_time", "audit_log", ["tenant", "at", "id"])
