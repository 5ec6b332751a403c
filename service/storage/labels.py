"""Labels: one a conversation, dimension, rater and scorecard; and evaluations side by side with them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from service.domain.evaluation import Evaluation
from service.domain.grade import GraderName
from service.domain.label import Label, LabelFilter, StoredLabel
from service.domain.labelled import LabelledEvaluation
from service.storage.evaluations import EvaluationStore
from service.storage.schema import evaluations, label_plan_items, label_plans, labels

Position = tuple[datetime, str]
"""Where a page of a list ended: when the label was stored, and its id."""

Subject = tuple[str | None, str | None]
"""What a label is about: a conversation by its external_id, or, without one, an evaluation by its id."""

IN_ONE_QUERY = 500
"""Ids that one query names."""


class Weighed(NamedTuple):
    """How a label came about, and what it is about."""

    id: str
    about: Subject
    stratum: str | None
    probability: float | None
    plan: str | None


class Completed(NamedTuple):
    """When an evaluation was accepted and completed, on which revision and by which grader."""

    created_at: datetime
    completed_at: datetime
    revision: int
    grader: str


class LabelStore:
    """The labels of one tenant."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def add(self, new: Sequence[StoredLabel]) -> None:
        """Keep labels whose ids are new; an id that is there already breaks the transaction."""
        if new:
            self._connection.execute(sa.insert(labels), [_to_row(label, self._tenant) for label in new])

    def replace(self, label: StoredLabel) -> None:
        """Put `label` in the place of the one with its id."""
        values = {key: value for key, value in _to_row(label, self._tenant).items() if key != "id"}
        mine = (labels.c.id == label.id) & (labels.c.tenant == self._tenant)
        self._connection.execute(sa.update(labels).where(mine).values(values))

    def of(self, conversations: Collection[str], evaluation_ids: Collection[str]) -> list[StoredLabel]:
        """Return the labels of these conversations, by external_id, and of these evaluations."""
        about = labels.c.conversation.in_(conversations) | labels.c.evaluation_id.in_(evaluation_ids)
        query = sa.select(labels).where(labels.c.tenant == self._tenant, about).order_by(labels.c.id)
        return [_to_label(row) for row in self._connection.execute(query)]

    def list(self, wanted: LabelFilter, after: Position | None, limit: int) -> list[StoredLabel]:
        """Return up to `limit` labels, the last stored first, that come after a position."""
        query = sa.select(labels).where(labels.c.tenant == self._tenant, *self._conditions(wanted))
        order = (labels.c.stored_at, labels.c.id)
        if after is not None:
            position = sa.tuple_(sa.bindparam("at", after[0], order[0].type), after[1])
            query = query.where(sa.tuple_(*order) < position)
        query = query.order_by(*(column.desc() for column in order)).limit(limit)
        return [_to_label(row) for row in self._connection.execute(query)]

    def subjects(self, card_name: str) -> set[Subject]:
        """Return what labels that may be of a scorecard are about."""
        query = sa.select(labels.c.conversation, labels.c.evaluation_id).distinct()
        found = query.where(labels.c.tenant == self._tenant, _may_be_of(card_name))
        return {subject_of(*row) for row in self._connection.execute(found)}

    def about(self, subjects: Sequence[Subject], card_name: str) -> dict[Subject, tuple[Label, ...]]:
        """Return the plain labels of these, by what they are about: as `labelled_evaluations` has them."""
        found: dict[Subject, tuple[Label, ...]] = {}
        for at in range(0, len(subjects), IN_ONE_QUERY):
            part = subjects[at : at + IN_ONE_QUERY]
            names = [name for name, _ in part if name is not None]
            found |= self._plain(self.of(names, [key for _, key in part if key is not None]), card_name)
        return found

    def asked_for(self, card_name: str) -> Sequence[Weighed]:
        """Return how the labels of all conversations that plans for a scorecard drew came about.

        A label counts when its scorecard has this name or was not said, and not when its rater had seen the
        grade and no plan asked for it: that is a review, which says nothing about a plan's table.
        """
        item = label_plan_items.c
        joined = label_plan_items.join(label_plans, label_plans.c.id == item.plan_id)
        of_card = (item.tenant == self._tenant) & (label_plans.c.scorecard_name == card_name)
        names = (
            sa.select(item.conversation).select_from(joined).where(of_card, item.conversation.is_not(None))
        )
        ids = sa.select(item.evaluation_id).select_from(joined).where(of_card, item.conversation.is_(None))
        drawn = labels.c.conversation.in_(names) | (
            labels.c.conversation.is_(None) & labels.c.evaluation_id.in_(ids)
        )
        query = sa.select(
            labels.c.id,
            labels.c.conversation,
            labels.c.evaluation_id,
            labels.c.stratum,
            labels.c.probability,
            labels.c.plan_id,
        ).where(labels.c.tenant == self._tenant, _may_be_of(card_name), drawn, _is_no_review())
        return [
            Weighed(row.id, subject_of(row.conversation, row.evaluation_id), *row[3:])
            for row in self._connection.execute(query)
        ]

    def weigh(self, changed: Sequence[Weighed]) -> None:
        """Store how labels came about: their strata, probabilities and plans."""
        if changed:
            mine = (labels.c.tenant == self._tenant) & (labels.c.id == sa.bindparam("of"))
            values: dict[str, Any] = {
                name: sa.bindparam(f"new_{name}") for name in ("stratum", "probability", "plan_id")
            }
            rows = [
                {"of": one.id, "new_stratum": one.stratum, "new_probability": one.probability}
                | {"new_plan_id": one.plan}
                for one in changed
            ]
            self._connection.execute(sa.update(labels).where(mine).values(values), rows)

    def times(self, card_name: str, about: Sequence[Subject]) -> Mapping[Subject, Sequence[Completed]]:
        """Return when these were evaluated on a scorecard, as far as that was completed."""
        found = defaultdict(list)
        table = evaluations.c
        for at in range(0, len(about), IN_ONE_QUERY):
            part = about[at : at + IN_ONE_QUERY]
            names = [name for name, _ in part if name is not None]
            same = table.external_id.in_(names) | table.id.in_([key for _, key in part if key is not None])
            query = sa.select(
                table.external_id,
                table.id,
                table.created_at,
                table.completed_at,
                table.scorecard_revision,
                table.grader,
            ).where(
                table.tenant == self._tenant,
                table.scorecard_name == card_name,
                table.status == "completed",
                same,
            )
            for external_id, key, *when in self._connection.execute(query):
                found[subject_of(external_id, key)].append(Completed(*when))
        return found

    def counted(self, dimension: str, card_name: str) -> tuple[int, int]:
        """Return how many labels there are on a dimension of a scorecard, and how many of them count as given
        without seeing the grade.
        """
        blind = sa.func.coalesce(sa.func.sum(sa.case((labels.c.blind.is_(False), 0), else_=1)), 0)
        of_it = (labels.c.dimension == dimension) & _may_be_of(card_name)
        query = sa.select(sa.func.count(), blind).where(labels.c.tenant == self._tenant, of_it)
        found, unseen = self._connection.execute(query).one()
        return int(found), int(unseen)

    def labelled_evaluations(
        self,
        card_name: str,
        grader: GraderName | None = None,
        since: datetime | None = None,
        *,
        revision: int | None = None,
        turns: bool = False,
        readable: bool = False,
    ) -> Iterator[LabelledEvaluation]:
        """Yield the completed evaluations on a scorecard, in the order of acceptance, with their labels.

        Of a conversation that was evaluated several times only the newest one by `grader` (None: by any) is
        there. Evaluations without labels are included. A label counts when its scorecard has this name or was
        not said; each rater has one label a dimension. Dimensions and levels may be another revision's: see
        `service.domain.levels`. `since` is about acceptance, `revision` leaves other revisions out,
        `readable` what was erased, of which there are only numbers. A few hundred evaluations are in memory
        at a time, their turns only when asked for.
        """
        newest = _newest(self._tenant, card_name, grader, since, revision, readable=readable)
        store = EvaluationStore(self._connection, self._tenant)
        for part in store.read(newest, IN_ONE_QUERY, turns=turns):
            given = self._labels_of(part, card_name)
            for evaluation in part:
                yield LabelledEvaluation(
                    evaluation=evaluation,
                    labels=given.get(subject_of(evaluation.external_id, evaluation.id), ()),
                )

    def _labels_of(self, part: Sequence[Evaluation], card_name: str) -> dict[Subject, tuple[Label, ...]]:
        """Return plain labels by what they are about."""
        named = [one.external_id for one in part if one.external_id is not None]
        return self._plain(self.of(named, [one.id for one in part if one.external_id is None]), card_name)

    def _plain(self, found: Sequence[StoredLabel], card_name: str) -> dict[Subject, tuple[Label, ...]]:
        """Return one label for each rater and dimension; one of this scorecard comes before one of any."""
        mine: dict[Subject, dict[tuple[str, str], StoredLabel]] = {}
        for label in sorted(found, key=lambda label: label.scorecard is not None):
            if label.scorecard is None or label.scorecard.partition("@")[0] == card_name:
                about = mine.setdefault(subject_of(label.conversation, label.evaluation), {})
                about[label.dimension, label.rater] = label
        return {about: tuple(map(_plain, of.values())) for about, of in mine.items()}

    def _conditions(self, wanted: LabelFilter) -> Iterator[sa.ColumnElement[bool]]:
        equal = {
            labels.c.dimension: wanted.dimension,
            labels.c.rater: wanted.rater,
            labels.c.conversation: wanted.conversation,
        }
        yield from (column == value for column, value in equal.items() if value is not None)
        if wanted.scorecard is not None:
            name, _, revision = wanted.scorecard.partition("@")
            yield labels.c.scorecard_name == name
            if revision:
                yield labels.c.scorecard_revision == int(revision)
        if wanted.evaluation is not None:
            of_it = (evaluations.c.tenant == self._tenant) & (evaluations.c.id == wanted.evaluation)
            called = sa.select(evaluations.c.external_id).where(of_it).scalar_subquery()
            yield (labels.c.evaluation_id == wanted.evaluation) | (labels.c.conversation == called)


def _may_be_of(card_name: str) -> sa.ColumnElement[bool]:
    return labels.c.scorecard_name.is_(None) | (labels.c.scorecard_name == card_name)


def _is_no_review() -> sa.ColumnElement[bool]:
    return labels.c.blind.is_(None) | labels.c.blind.is_(True) | labels.c.plan_id.is_not(None)


def _newest(
    tenant: str,
    card_name: str,
    grader: GraderName | None,
    since: datetime | None,
    revision: int | None,
    *,
    readable: bool,
) -> sa.Select[tuple[str]]:
    """Select the id of the newest completed evaluation of each conversation."""
    table = evaluations.c
    conditions = [table.tenant == tenant, table.scorecard_name == card_name, table.status == "completed"]
    if grader is not None:
        conditions.append(table.grader == grader)
    if since is not None:
        conditions.append(table.created_at >= since)
    if revision is not None:
        conditions.append(table.scorecard_revision == revision)
    if readable:
        conditions.append(table.erased_at.is_(None))
    # An id is 32 characters of hexadecimal: with a colon before it, it is no external_id of another one.
    same = sa.case((table.external_id.is_(None), ":" + table.id), else_="=" + table.external_id)
    place = sa.func.row_number().over(partition_by=same, order_by=(table.created_at.desc(), table.id.desc()))
    ranked = sa.select(table.id, place.label("place")).where(*conditions).subquery()
    return sa.select(ranked.c.id).where(ranked.c.place == 1)


def subject_of(external_id: str | None, evaluation_id: str | None) -> Subject:
    """Return what a label of an evaluation, or of the conversation that it is of, is about."""
    return (external_id, None) if external_id is not None else (None, evaluation_id)


def _plain(label: StoredLabel) -> Label:
    return Label.model_construct(**{name: getattr(label, name) for name in Label.model_fields})


def _to_row(label: StoredLabel, tenant: str) -> dict[str, Any]:
    card, _, revision = (label.scorecard or "").partition("@")
    same = {"id", "conversation", "dimension", "rater", "level", "rationale", "blind", "stratum"}
    same |= {"probability", "created_at", "stored_at"}
    return {name: getattr(label, name) for name in same} | {
        "tenant": tenant,
        "evaluation_id": label.evaluation,
        "scorecard_name": card or None,
        "scorecard_revision": int(revision) if revision else None,
        "plan_id": label.plan,
        "earlier": [earlier.model_dump(mode="json") for earlier in label.earlier],
    }


def _to_label(row: sa.Row[Any]) -> StoredLabel:
    card = row.scorecard_name
    if row.scorecard_revision is not None:
        card = f"{card}@{row.scorecard_revision}"
    return StoredLabel.model_validate(
        {
            "id": row.id,
            "conversation": row.conversation,
            "evaluation": row.evaluation_id,
            "scorecard": card,
            "dimension": row.dimension,
            "rater": row.rater,
            "level": row.level,
            "rationale": row.rationale,
            "blind": row.blind,
            "stratum": row.stratum,
            "probability": row.probability,
            "plan": row.plan_id,
            "created_at": row.created_at,
            "stored_at": row.stored_at,
            "earlier": row.earlier,
        }
    )
