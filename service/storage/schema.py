"""The tables as SQLAlchemy Core describes them. Migrations make them; a test compares the two."""

import sqlalchemy as sa

from service.storage.types import UtcDateTime

metadata = sa.MetaData()

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("key_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_used_at", UtcDateTime),
    sa.Column("revoked_at", UtcDateTime),
)

# Built-in scorecards stand under the empty tenant, which no key can have.
scorecards = sa.Table(
    "scorecards",
    metadata,
    sa.Column("tenant", sa.String(80), primary_key=True),
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("published_at", UtcDateTime, nullable=False),
)

# `conversation` holds redacted text only. `assessment` is what the grader returned, with the score.
evaluations = sa.Table(
    "evaluations",
    metadata,
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
    sa.Column("started_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("completed_at", UtcDateTime),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("score", sa.Float),
    sa.Column("needs_review", sa.Boolean),
    sa.Column("conversation", sa.JSON, nullable=False),
    sa.Column("redaction", sa.JSON, nullable=False),
    sa.Column("request_metadata", sa.JSON, nullable=False),
    sa.Column("assessment", sa.JSON(none_as_null=True)),
    sa.Column("error", sa.JSON(none_as_null=True)),
    sa.Column("priority", sa.String(16), nullable=False, server_default="interactive"),
    sa.Column("batch_id", sa.String(32)),
    sa.Column("batch_line", sa.Integer),
    sa.Column("callback_url", sa.Text),
    sa.Column("waiting", sa.JSON(none_as_null=True)),
    sa.Column("review_state", sa.String(16)),
    sa.Column("review_due_at", UtcDateTime),
    sa.Column("erased_at", UtcDateTime),
    sa.Index("evaluations_by_time", "tenant", "created_at", "id"),
    sa.Index("evaluations_by_agent", "tenant", "agent_id", "created_at", "id"),
    sa.Index("evaluations_by_status", "tenant", "status", "created_at", "id"),
    sa.Index("evaluations_by_scorecard", "tenant", "scorecard_name", "created_at", "id"),
    sa.Index("evaluations_by_external_id", "tenant", "external_id", "created_at", "id"),
    sa.Index("evaluations_by_batch", "tenant", "batch_id", "batch_line"),
    sa.Index("evaluations_by_need", "tenant", "needs_review", "created_at", "id"),
    sa.Index("evaluations_by_review", "tenant", "review_state", "review_due_at", "id"),
    sa.Index(
        "evaluations_unfinished",
        "status",
        "created_at",
        sqlite_where=sa.text("status IN ('queued', 'running')"),
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    ),
)

# Requests as they came, sealed, while they wait for a worker to redact them. A row goes in the transaction
# that stores the redacted text.
sealed_requests = sa.Table(
    "sealed_requests",
    metadata,
    sa.Column("evaluation_id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

# Who did what to whose data. Rows are only ever added. `details` holds numbers and names of things, never
# words of a conversation.
audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Index("audit_log_by_time", "tenant", "id"),
    sa.Index("audit_log_by_subject", "tenant", "subject", "id"),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("tenant", sa.String(80), primary_key=True),
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("body_sha256", sa.String(64), nullable=False),
    sa.Column("evaluation_id", sa.String(32), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

# A worker that stops beating is taken for dead, and its jobs are put back.
heartbeats = sa.Table(
    "heartbeats",
    metadata,
    sa.Column("executor_id", sa.String(64), primary_key=True),
    sa.Column("beat_at", UtcDateTime, nullable=False),
)

# What placeholders stood for, sealed. A row whose content is gone stays, so that it can be told from none.
vaults = sa.Table(
    "vaults",
    metadata,
    sa.Column("evaluation_id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("gone_at", UtcDateTime),
    sa.Index("vaults_by_expiry", "gone_at", "expires_at"),
)

# `id` is a digest of what the label is about: tenant, conversation, dimension, rater and scorecard.
# `conversation` is an external_id; `evaluation_id` alone stands for a conversation that has none. `earlier`
# holds levels that were overruled. `plan_id` says which plan the probability is from; null: the label itself.
labels = sa.Table(
    "labels",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("conversation", sa.String(200)),
    sa.Column("evaluation_id", sa.String(32)),
    sa.Column("scorecard_name", sa.String(80)),
    sa.Column("scorecard_revision", sa.Integer),
    sa.Column("dimension", sa.String(80), nullable=False),
    sa.Column("rater", sa.String(200), nullable=False),
    sa.Column("level", sa.JSON, nullable=False),
    sa.Column("rationale", sa.Text),
    sa.Column("blind", sa.Boolean),
    sa.Column("stratum", sa.String(200)),
    sa.Column("probability", sa.Float),
    sa.Column("plan_id", sa.String(32)),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("stored_at", UtcDateTime, nullable=False),
    sa.Column("earlier", sa.JSON, nullable=False),
    sa.Index("labels_by_time", "tenant", "stored_at", "id"),
    sa.Index("labels_by_conversation", "tenant", "conversation"),
    sa.Index("labels_by_evaluation", "tenant", "evaluation_id"),
)

# What was proposed to be labelled. `content` says how it was drawn.
label_plans = sa.Table(
    "label_plans",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("scorecard_name", sa.String(80), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Index("label_plans_by_scorecard", "tenant", "scorecard_name", "created_at"),
)

# The conversations of a plan, each with its stratum and the probability with which it was drawn.
label_plan_items = sa.Table(
    "label_plan_items",
    metadata,
    sa.Column("plan_id", sa.String(32), primary_key=True),
    sa.Column("evaluation_id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("conversation", sa.String(200)),
    sa.Column("stratum", sa.String(200), nullable=False),
    sa.Column("probability", sa.Float, nullable=False),
    sa.Index("label_plan_items_by_conversation", "tenant", "conversation"),
    sa.Index("label_plan_items_by_evaluation", "tenant", "evaluation_id"),
)

# `content` never changes; the active one is the one with a time. At most one of a name and grader has it.
calibrations = sa.Table(
    "calibrations",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("scorecard_name", sa.String(80), nullable=False),
    sa.Column("grader", sa.String(16), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("models", sa.LargeBinary),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("activated_at", UtcDateTime),
    sa.Index("calibrations_by_time", "tenant", "created_at", "id"),
    sa.Index(
        "calibrations_active",
        "tenant",
        "scorecard_name",
        "grader",
        unique=True,
        sqlite_where=sa.text("activated_at IS NOT NULL"),
        postgresql_where=sa.text("activated_at IS NOT NULL"),
    ),
)
