"""API keys: what rotation, expiry and limits need."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply this step."""
    for column in (
        sa.Column("expires_at", _MOMENT),
        sa.Column("rate_limit", sa.Integer),
        sa.Column("rotated_at", _MOMENT),
        sa.Column("previous_hash", sa.String(64)),
        sa.Column("previous_until", _MOMENT),
    ):
        op.add_column("api_keys", column)
    op.create_index("api_keys_by_previous_hash", "api_keys", ["previous_hash"])
