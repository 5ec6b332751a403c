"""Webhooks: deliveries and the secrets that sign them."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply this step."""
