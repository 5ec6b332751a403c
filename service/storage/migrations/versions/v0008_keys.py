"""API keys: what rotation and limits need."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply this step."""
