"""Plans of what to label next, and which conversations they drew with which probability."""

from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa

from service.domain.label_plan import LabelPlan, PlannedConversation
from service.storage.schema import label_plan_items, label_plans


class Drawn(NamedTuple):
    """A conversation that a plan has drawn, and how."""

    plan_id: str
    scorecard: str
    evaluation_id: str
    conversation: str | None
    stratum: str
    probability: float


class LabelPlanStore:
    """The plans of one tenant."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def add(self, plan: LabelPlan) -> None:
        """Keep a plan with its conversations."""
        row = {
            "id": plan.id,
            "tenant": self._tenant,
            "scorecard_name": plan.scorecard,
            "created_at": plan.created_at,
            "content": plan.model_dump(mode="json", exclude={"conversations"}),
        }
        self._connection.execute(sa.insert(label_plans).values(row))
        items = [
            {
                "plan_id": plan.id,
                "tenant": self._tenant,
                "evaluation_id": one.evaluation,
                "conversation": one.conversation,
                "stratum": one.stratum,
                "probability": one.probability,
            }
            for one in plan.conversations
        ]
        if items:
            self._connection.execute(sa.insert(label_plan_items), items)

    def card_of(self, plan_id: str) -> str | None:
        """Return the name of the scorecard that a plan is for, None where there is no such plan."""
        mine = (label_plans.c.tenant == self._tenant) & (label_plans.c.id == plan_id)
        name: str | None = self._connection.scalar(sa.select(label_plans.c.scorecard_name).where(mine))
        return name

    def all_for(self, card_name: str) -> list[LabelPlan]:
        """Return the plans for a scorecard, the newest first, with what they drew."""
        table = label_plans.c
        mine = (table.tenant == self._tenant) & (table.scorecard_name == card_name)
        order = (table.created_at.desc(), table.id.desc())
        known = self._connection.execute(sa.select(table.id, table.content).where(mine).order_by(*order))
        content = {row.id: row.content for row in known}
        item = label_plan_items.c
        query = sa.select(label_plan_items).join(label_plans, table.id == item.plan_id)
        items: dict[str, list[PlannedConversation]] = {}
        for row in self._connection.execute(query.where(mine, item.tenant == self._tenant)):
            items.setdefault(row.plan_id, []).append(_to_planned(row))
        return [
            LabelPlan.model_validate({**content[key], "conversations": items.get(key, ())}) for key in content
        ]

    def drawn_for(self, card_name: str) -> set[tuple[str | None, str]]:
        """Return (external_id, evaluation id) of everything that plans for a scorecard drew so far."""
        item = label_plan_items.c
        of_card = (label_plans.c.id == item.plan_id) & (label_plans.c.scorecard_name == card_name)
        query = sa.select(item.conversation, item.evaluation_id).distinct()
        query = query.select_from(label_plan_items.join(label_plans, of_card))
        found = self._connection.execute(query.where(item.tenant == self._tenant))
        return {(row.conversation, row.evaluation_id) for row in found}

    def drawn(self, conversations: Collection[str], evaluation_ids: Collection[str]) -> list[Drawn]:
        """Return what plans drew of these conversations, by external_id, and evaluations; newest first."""
        item = label_plan_items.c
        about = item.conversation.in_(conversations) | item.evaluation_id.in_(evaluation_ids)
        joined = label_plan_items.join(label_plans, label_plans.c.id == item.plan_id)
        query = (
            sa.select(label_plan_items, label_plans.c.scorecard_name)
            .select_from(joined)
            .where(item.tenant == self._tenant, label_plans.c.tenant == self._tenant, about)
            .order_by(label_plans.c.created_at.desc(), label_plans.c.id.desc())
        )
        return [_to_drawn(row) for row in self._connection.execute(query)]


def _to_drawn(row: sa.Row[Any]) -> Drawn:
    return Drawn(
        row.plan_id,
        row.scorecard_name,
        row.evaluation_id,
        row.conversation,
        row.stratum,
        row.probability,
    )


def _to_planned(row: sa.Row[Any]) -> PlannedConversation:
    return PlannedConversation(
        evaluation=row.evaluation_id,
        conversation=row.conversation,
        stratum=row.stratum,
        probability=row.probability,
    )
