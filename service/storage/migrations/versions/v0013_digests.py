"""Digests of what was sent go with what they were made of."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_DUPLICATE = sa.text("outcome = 'duplicate'")

_evaluations = sa.table("evaluations", sa.column("id", sa.String), sa.column("erased_at", sa.DateTime))
_keys = sa.table(
    "idempotency_keys", sa.column("evaluation_id", sa.String), sa.column("body_sha256", sa.String)
)
_lines = sa.table(
    "batch_lines",
    sa.column("evaluation_id", sa.String),
    sa.column("outcome", sa.String),
    sa.column("body_sha256", sa.String),
)


def upgrade() -> None:
    """Apply this step."""
    op.create_index("idempotency_keys_by_evaluation", "idempotency_keys", ["evaluation_id"])
    op.create_index(
        "batch_lines_again",
        "batch_lines",
        ["evaluation_id"],
        sqlite_where=_DUPLICATE,
        postgresql_where=_DUPLICATE,
    )
    erased = sa.select(_evaluations.c.id).where(_evaluations.c.erased_at.is_not(None))
    for table in (_keys, _lines):
        gone = table.c.evaluation_id.in_(erased)
        op.execute(sa.update(table).where(gone).values(body_sha256=""))
    rejected = _lines.c.outcome == "rejected"
    op.execute(sa.update(_lines).where(rejected).values(body_sha256=""))
