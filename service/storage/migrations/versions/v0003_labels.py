"""Labels: what people decided, and plans of what to label next."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply this step."""
    _labels()
    _label_plans()
    _label_plan_items()


def _labels() -> None:
    op.create_table(
        "labels",
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
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("stored_at", _MOMENT, nullable=False),
        sa.Column("earlier", sa.JSON, nullable=False),
    )
    op.create_index("labels_by_time", "labels", ["tenant", "stored_at", "id"])
    op.create_index("labels_by_conversation", "labels", ["tenant", "conversation"])
    op.create_index("labels_by_evaluation", "labels", ["tenant", "evaluation_id"])


def _label_plans() -> None:
    op.create_table(
        "label_plans",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("scorecard_name", sa.String(80), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
    )
    op.create_index("label_plans_by_scorecard", "label_plans", ["tenant", "scorecard_name", "created_at"])


def _label_plan_items() -> None:
    op.create_table(
        "label_plan_items",
        sa.Column("plan_id", sa.String(32), primary_key=True),
        sa.Column("evaluation_id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("conversation", sa.String(200)),
        sa.Column("stratum", sa.String(200), nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
    )
    op.create_index("label_plan_items_by_conversation", "label_plan_items", ["tenant", "conversation"])
    op.create_index("label_plan_items_by_evaluation", "label_plan_items", ["tenant", "evaluation_id"])
