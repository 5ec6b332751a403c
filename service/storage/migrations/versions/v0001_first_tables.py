"""The first tables: keys, scorecards, evaluations, idempotency keys, heartbeats."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Written out rather than taken from the schema: a migration must stay what it was.
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply this step."""
    _api_keys()
    _scorecards()
    _evaluations()
    _idempotency_keys()
    _heartbeats()


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("last_used_at", _MOMENT),
        sa.Column("revoked_at", _MOMENT),
    )


def _scorecards() -> None:
    op.create_table(
        "scorecards",
        sa.Column("tenant", sa.String(80), primary_key=True),
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("published_at", _MOMENT, nullable=False),
    )


def _evaluations() -> None:
    op.create_table(
        "evaluations",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("external_id", sa.String(200)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("scorecard_tenant", sa.String(80), nullable=False),
        sa.Column("scorecard_name", sa.String(80), nullable=False),
        sa.Column("scorecard_revision", sa.Integer, nullable=False),
        sa.Column("grader", sa.String(16), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("channel", sa.String(16)),
        sa.Column("call_type", sa.String(200)),
        sa.Column("direction", sa.String(16)),
        sa.Column("agent_id", sa.String(200)),
        sa.Column("agent_team", sa.String(200)),
        sa.Column("started_at", _MOMENT),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("completed_at", _MOMENT),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("needs_review", sa.Boolean),
        sa.Column("conversation", sa.JSON, nullable=False),
        sa.Column("redaction", sa.JSON, nullable=False),
        sa.Column("request_metadata", sa.JSON, nullable=False),
        sa.Column("assessment", sa.JSON(none_as_null=True)),
        sa.Column("error", sa.JSON(none_as_null=True)),
    )
    op.create_index("evaluations_by_time", "evaluations", ["tenant", "created_at", "id"])
    op.create_index("evaluations_by_agent", "evaluations", ["tenant", "agent_id", "created_at", "id"])
    op.create_index("evaluations_by_status", "evaluations", ["tenant", "status", "created_at", "id"])
    op.create_index(
        "evaluations_by_scorecard", "evaluations", ["tenant", "scorecard_name", "created_at", "id"]
    )


def _idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("tenant", sa.String(80), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("body_sha256", sa.String(64), nullable=False),
        sa.Column("evaluation_id", sa.String(32), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )


def _heartbeats() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("executor_id", sa.String(64), primary_key=True),
        sa.Column("beat_at", _MOMENT, nullable=False),
    )
