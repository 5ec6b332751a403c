"""The tables as SQLAlchemy Core describes them. Migrations make them; a test compares the two."""

import sqlalchemy as sa

from service.storage.types import UtcDateTime

metadata = sa.MetaData()

# After a rotation the secret before works until `previous_until`.
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
    sa.Column("expires_at", UtcDateTime),
    sa.Column("rate_limit", sa.Integer),
    sa.Column("rotated_at", UtcDateTime),
    sa.Column("previous_hash", sa.String(64)),
    sa.Column("previous_until", UtcDateTime),
    sa.Index("api_keys_by_previous_hash", "previous_hash"),
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

# `conversation` holds redacted text only. `assessment` is what the grader returned, with the score,
# `reviewed` what people's reviews make of it; `review_open` names the dimensions that wait for a person, in
# blanks. `figures` is what reports read of an assessment.
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
    sa.Column("review_certainty", sa.Float),
    sa.Column("review_open", sa.Text),
    sa.Column("reviewed", sa.JSON(none_as_null=True)),
    sa.Column("claimed_by", sa.String(200)),
    sa.Column("claimed_until", UtcDateTime),
    sa.Column("erased_at", UtcDateTime),
    sa.Column("began_at", UtcDateTime),
    sa.Column("figures", sa.JSON(none_as_null=True)),
    sa.Index(
        "evaluations_by_time",
        "tenant",
        "created_at",
        "id",
        sqlite_where=sa.text("erased_at IS NULL"),
        postgresql_where=sa.text("erased_at IS NULL"),
    ),
    sa.Index("evaluations_by_agent", "tenant", "agent_id", "created_at", "id"),
    sa.Index("evaluations_by_status", "tenant", "status", "created_at", "id"),
    sa.Index("evaluations_by_scorecard", "tenant", "scorecard_name", "created_at", "id"),
    sa.Index("evaluations_by_beginning", "tenant", "scorecard_name", "began_at", "id"),
    sa.Index("evaluations_by_external_id", "tenant", "external_id", "created_at", "id"),
    sa.Index("evaluations_by_batch", "tenant", "batch_id", "batch_line"),
    sa.Index("evaluations_by_need", "tenant", "needs_review", "created_at", "id"),
    sa.Index("evaluations_by_review", "tenant", "review_state", "review_due_at", "review_certainty", "id"),
    sa.Index("evaluations_by_review_state", "tenant", "review_state", "created_at", "id"),
    sa.Index(
        "evaluations_claimed",
        "tenant",
        "claimed_by",
        sqlite_where=sa.text("claimed_by IS NOT NULL"),
        postgresql_where=sa.text("claimed_by IS NOT NULL"),
    ),
    sa.Index(
        "evaluations_unfinished",
        "status",
        "priority",
        "created_at",
        sqlite_where=sa.text("status IN ('queued', 'running')"),
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    ),
    sa.Index(
        "evaluations_parked",
        "status",
        sqlite_where=sa.text("waiting IS NOT NULL"),
        postgresql_where=sa.text("waiting IS NOT NULL"),
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

# What a model answered, until the evaluation is final: a worker that takes over need not pay again.
model_answers = sa.Table(
    "model_answers",
    metadata,
    sa.Column("evaluation_id", sa.String(32), primary_key=True),
    sa.Column("request_sha256", sa.String(64), primary_key=True),
    sa.Column("answer", sa.Text, nullable=False),
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
    sa.Index("audit_log_by_time", "tenant", "at", "id"),
    sa.Index("audit_log_by_subject", "tenant", "subject", "at", "id"),
    sa.Index("audit_log_by_action", "tenant", "action", "at", "id"),
    sa.Index("audit_log_by_actor", "tenant", "actor", "at", "id"),
)

# How long a tenant's conversations are kept; null: for ever. Who has no row goes by the settings.
retention = sa.Table(
    "retention",
    metadata,
    sa.Column("tenant", sa.String(80), primary_key=True),
    sa.Column("days", sa.Float),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)

# Events on their way to callback URLs. `jobs_done` counts the jobs that were dealt with, so that one that is
# done again changes nothing; `failures` those of the attempts since it was first sent or sent again.
webhook_deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("evaluation_id", sa.String(32), nullable=False),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("jobs_done", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", UtcDateTime),
    sa.Column("last_error", sa.JSON(none_as_null=True)),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("delivered_at", UtcDateTime),
    sa.Index("webhook_deliveries_by_time", "tenant", "created_at", "id"),
    sa.Index("webhook_deliveries_by_status", "tenant", "status", "created_at", "id"),
    sa.Index("webhook_deliveries_by_evaluation", "tenant", "evaluation_id", "created_at", "id"),
    sa.Index(
        "webhook_deliveries_pending",
        "next_attempt_at",
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    ),
    sa.Index(
        "webhook_deliveries_undelivered",
        "status",
        sqlite_where=sa.text("status IN ('pending', 'dead')"),
        postgresql_where=sa.text("status IN ('pending', 'dead')"),
    ),
)

# What signs webhooks, sealed where there is a key. The one without an end is the current one of its tenant.
webhook_secrets = sa.Table(
    "webhook_secrets",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("signs_until", UtcDateTime),
    sa.Index("webhook_secrets_by_tenant", "tenant", "created_at"),
    sa.Index(
        "webhook_secrets_current",
        "tenant",
        unique=True,
        sqlite_where=sa.text("signs_until IS NULL"),
        postgresql_where=sa.text("signs_until IS NULL"),
    ),
)

# Many requests in one. `receiver` names the connection that brings its lines; the last one to come holds it.
batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("idempotency_key", sa.String(255)),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("receiver", sa.String(32), nullable=False),
    sa.Column("accepted", sa.Integer, nullable=False),
    sa.Column("duplicates", sa.Integer, nullable=False),
    sa.Column("rejected", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Index("batches_by_key", "tenant", "idempotency_key", unique=True),
    sa.Index("batches_by_time", "tenant", "created_at", "id"),
)

# What became of each line of a batch; `problems` holds pointers and sentences, never words of a conversation.
# `body_sha256` is empty where the line was rejected, and once its evaluation is erased.
batch_lines = sa.Table(
    "batch_lines",
    metadata,
    sa.Column("batch_id", sa.String(32), primary_key=True),
    sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("body_sha256", sa.String(64), nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("evaluation_id", sa.String(32)),
    sa.Column("problems", sa.JSON(none_as_null=True)),
    sa.Index(
        "batch_lines_again",
        "evaluation_id",
        sqlite_where=sa.text("outcome = 'duplicate'"),
        postgresql_where=sa.text("outcome = 'duplicate'"),
    ),
    sa.Index(
        "batch_lines_wrong",
        "batch_id",
        "line",
        sqlite_where=sa.text("problems IS NOT NULL"),
        postgresql_where=sa.text("problems IS NOT NULL"),
    ),
)

# `body_sha256` is empty once the evaluation that the key stands for is erased.
idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("tenant", sa.String(80), primary_key=True),
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("body_sha256", sa.String(64), nullable=False),
    sa.Column("evaluation_id", sa.String(32), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("idempotency_keys_by_time", "created_at"),
    sa.Index("idempotency_keys_by_evaluation", "evaluation_id"),
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
    sa.Index("labels_by_dimension", "tenant", "dimension", "scorecard_name"),
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

# What people decided about grades. Rows are only ever added; erasing an evaluation drops its own.
reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("evaluation_id", sa.String(32), nullable=False),
    sa.Column("dimension", sa.String(80), nullable=False),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("level", sa.JSON(none_as_null=True)),
    sa.Column("label", sa.Text),
    sa.Column("points", sa.Float),
    sa.Column("reviewer", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("blind", sa.Boolean, nullable=False),
    sa.Column("appeal_id", sa.String(32)),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("reviews_by_evaluation", "tenant", "evaluation_id", "created_at", "id"),
)

# `contested` is the standing when it was filed, `quote` words of the redacted transcript, `regrade` what the
# same grader says when it grades the dimension anew, `decision` what a person made of both.
appeals = sa.Table(
    "appeals",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("evaluation_id", sa.String(32), nullable=False),
    sa.Column("dimension", sa.String(80), nullable=False),
    sa.Column("filed_by", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("quote", sa.JSON(none_as_null=True)),
    sa.Column("contested", sa.JSON, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("decide_by", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("regrade", sa.JSON(none_as_null=True)),
    sa.Column("decision", sa.JSON(none_as_null=True)),
    sa.Column("closed_at", UtcDateTime),
    sa.Index("appeals_by_time", "tenant", "created_at", "id"),
    sa.Index("appeals_by_state", "tenant", "state", "created_at", "id"),
    sa.Index("appeals_by_evaluation", "tenant", "evaluation_id", "created_at", "id"),
    sa.Index(
        "appeals_one_at_a_time",
        "tenant",
        "evaluation_id",
        "dimension",
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
)

appeal_comments = sa.Table(
    "appeal_comments",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("appeal_id", sa.String(32), nullable=False),
    sa.Column("evaluation_id", sa.String(32), nullable=False),
    sa.Column("written_by", sa.String(200), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("appeal_comments_by_appeal", "tenant", "appeal_id", "created_at", "id"),
    sa.Index("appeal_comments_by_evaluation", "tenant", "evaluation_id"),
)

# Several people grade the same conversations, none seeing another's answers. `content` says who and what.
calibration_sessions = sa.Table(
    "calibration_sessions",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("closed_at", UtcDateTime),
    sa.Index("calibration_sessions_by_time", "tenant", "created_at", "id"),
)

# Who grades them blind must not see their grades meanwhile, and has seen them once the session is closed.
calibration_session_evaluations = sa.Table(
    "calibration_session_evaluations",
    metadata,
    sa.Column("session_id", sa.String(32), primary_key=True),
    sa.Column("evaluation_id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Index("calibration_session_by_evaluation", "tenant", "evaluation_id"),
)

# Rows are only ever added: a rater's last answer counts. `blind` is known when the session is closed.
calibration_answers = sa.Table(
    "calibration_answers",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("session_id", sa.String(32), nullable=False),
    sa.Column("evaluation_id", sa.String(32), nullable=False),
    sa.Column("dimension", sa.String(80), nullable=False),
    sa.Column("rater", sa.String(200), nullable=False),
    sa.Column("level", sa.JSON, nullable=False),
    sa.Column("rationale", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("blind", sa.Boolean),
    sa.Index("calibration_answers_by_session", "tenant", "session_id", "created_at", "id"),
    sa.Index("calibration_answers_by_evaluation", "tenant", "evaluation_id"),
)
