"""Batches: many conversations in one request."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply this step."""
