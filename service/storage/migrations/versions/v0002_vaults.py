"""Vaults: what placeholders stood for, sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "vaults",
        sa.Column("evaluation_id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("gone_at", _MOMENT),
    )
    op.create_index("vaults_by_expiry", "vaults", ["gone_at", "expires_at"])
