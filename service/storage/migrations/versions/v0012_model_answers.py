"""Answers of a model that were paid for outlive the process that asked."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "model_answers",
        sa.Column("evaluation_id", sa.String(32), primary_key=True),
        sa.Column("request_sha256", sa.String(64), primary_key=True),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
