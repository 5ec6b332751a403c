"""Appeals: filed, graded anew, decided or withdrawn; and what people write under them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from service.domain.appeal import Appeal, AppealFilter, AppealState, Comment, Decision, Regrade
from service.domain.evaluation import RedactionSummary
from service.domain.grade import GraderName
from service.domain.scorecard import Scorecard
from service.domain.transcript import RedactedConversation
from service.storage.evaluations import Position
from service.storage.schema import appeal_comments, appeals, evaluations
from service.storage.scorecards import ScorecardStore


class RegradeWork(NamedTuple):
    """What a worker needs to grade a contested dimension anew; `attempts` counts this one."""

    appeal: Appeal
    tenant: str
    attempts: int
    conversation: RedactedConversation
    redaction: RedactionSummary
    card_name: str
    card: Scorecard
    grader: GraderName


class AppealCounts(NamedTuple):
    """How many appeals there were against a grade, and how many of them are open."""

    all: int
    open: int


class AppealStore:
    """The appeals of one tenant."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def add(self, appeal: Appeal) -> None:
        """Keep a new appeal; a second open one on the same grade breaks the transaction."""
        self._connection.execute(sa.insert(appeals).values(_to_row(appeal, self._tenant)))

    def get(self, appeal_id: str) -> Appeal | None:
        """Return one appeal with its comments, or None."""
        row = self._connection.execute(sa.select(appeals).where(self._is(appeal_id))).one_or_none()
        return None if row is None else self._with_comments([row])[0]

    def lock(self, appeal_id: str) -> Appeal | None:
        """Return one appeal, and hold off others who would change it; None without one."""
        same = sa.update(appeals).where(self._is(appeal_id)).values(state=appeals.c.state)
        row = self._connection.execute(same.returning(appeals)).one_or_none()
        return None if row is None else self._with_comments([row])[0]

    def list(self, wanted: AppealFilter, after: Position | None, limit: int) -> Sequence[Appeal]:
        """Return up to `limit` appeals, newest first, that come after a position."""
        query = sa.select(appeals).where(appeals.c.tenant == self._tenant, *_conditions(wanted))
        order = (appeals.c.created_at, appeals.c.id)
        if after is not None:
            position = sa.tuple_(sa.bindparam("at", after[0], order[0].type), after[1])
            query = query.where(sa.tuple_(*order) < position)
        query = query.order_by(*(column.desc() for column in order)).limit(limit)
        return self._with_comments(self._connection.execute(query).all())

    def count(self, evaluation_id: str, dimension: str) -> AppealCounts:
        """Return how often a grade was appealed against, whatever became of it."""
        of_it = (appeals.c.tenant == self._tenant) & (appeals.c.evaluation_id == evaluation_id)
        closed = sa.func.count(appeals.c.closed_at)
        query = sa.select(sa.func.count(), closed).where(of_it, appeals.c.dimension == dimension)
        total, ended = self._connection.execute(query).one()
        return AppealCounts(total, total - ended)

    def begin_regrade(self, appeal_id: str) -> RegradeWork | None:
        """Count an attempt and return what is to be graded anew, or None when nobody waits for it any more.

        For workers: the appeal may be of any tenant.
        """
        waits = (appeals.c.id == appeal_id) & (appeals.c.state == "open")
        begun = sa.update(appeals).where(waits).values(attempts=appeals.c.attempts + 1)
        row = self._connection.execute(begun.returning(appeals)).one_or_none()
        if row is None:
            return None
        query = sa.select(evaluations).where(
            evaluations.c.id == row.evaluation_id, evaluations.c.erased_at.is_(None)
        )
        of_it = self._connection.execute(query).one_or_none()
        return None if of_it is None else self._work(row, of_it)

    def park_regrade(self, appeal_id: str, regrade: Regrade, *, counts_back: bool) -> bool:
        """Store why grading anew waits, which is no attempt where it `counts_back`; False when nobody waits
        for it any more.
        """
        waits = (appeals.c.id == appeal_id) & (appeals.c.state == "open")
        values: dict[str, Any] = {"regrade": regrade.model_dump(mode="json")}
        if counts_back:
            values["attempts"] = appeals.c.attempts - 1
        return self._connection.execute(sa.update(appeals).where(waits).values(values)).rowcount == 1

    def count_attempt(self, appeal_id: str) -> bool:
        """Count an attempt to grade anew; False when nobody waits for it any more."""
        waits = (appeals.c.id == appeal_id) & (appeals.c.state == "open")
        begun = sa.update(appeals).where(waits).values(attempts=appeals.c.attempts + 1)
        return self._connection.execute(begun).rowcount == 1

    def regraded(self, appeal_id: str, regrade: Regrade) -> None:
        """Store what grading anew gave. An appeal that was closed meanwhile stays as it is."""
        waits = (appeals.c.id == appeal_id) & (appeals.c.state == "open")
        state = "open" if regrade.grade is None else "regraded"
        values = {"regrade": regrade.model_dump(mode="json"), "state": state}
        self._connection.execute(sa.update(appeals).where(waits).values(values))

    def close(
        self, appeal_id: str, state: AppealState, now: datetime, decision: Decision | None = None
    ) -> None:
        """Store how an appeal ended."""
        values = {"state": state, "closed_at": now, "decision": decision and decision.model_dump(mode="json")}
        self._connection.execute(sa.update(appeals).where(self._is(appeal_id)).values(values))

    def comment(self, appeal: Appeal, comment: Comment) -> None:
        """Append a comment."""
        self._connection.execute(
            sa.insert(appeal_comments).values(
                id=comment.id,
                tenant=self._tenant,
                appeal_id=appeal.id,
                evaluation_id=appeal.evaluation,
                written_by=comment.by,
                text=comment.text,
                created_at=comment.at,
            )
        )

    def forget_words(self, evaluation_ids: Collection[str], now: datetime) -> None:
        """Drop every word about these evaluations; verdicts and levels stay. What is open ends withdrawn."""
        said = appeal_comments.c
        theirs = (said.tenant == self._tenant) & said.evaluation_id.in_(evaluation_ids)
        self._connection.execute(sa.delete(appeal_comments).where(theirs))
        mine = (appeals.c.tenant == self._tenant) & appeals.c.evaluation_id.in_(evaluation_ids)
        for row in self._connection.execute(sa.select(appeals).where(mine)).all():
            ended = {"state": "withdrawn", "closed_at": now} if row.closed_at is None else {}
            update = sa.update(appeals).where(self._is(row.id)).values(**_wordless(row), **ended)
            self._connection.execute(update)

    def _work(self, row: sa.Row[Any], of_it: sa.Row[Any]) -> RegradeWork:
        cards = ScorecardStore(self._connection, of_it.tenant)
        card = cards.owned(of_it.scorecard_tenant, of_it.scorecard_name, of_it.scorecard_revision)
        if card is None:
            raise LookupError(f"scorecard {of_it.scorecard_name}@{of_it.scorecard_revision} is not stored")
        return RegradeWork(
            appeal=_to_appeal(row),
            tenant=row.tenant,
            attempts=row.attempts,
            conversation=RedactedConversation.model_validate(of_it.conversation),
            redaction=RedactionSummary.model_validate(of_it.redaction),
            card_name=card.name,
            card=card.scorecard,
            grader=of_it.grader,
        )

    def _with_comments(self, rows: Sequence[sa.Row[Any]]) -> Sequence[Appeal]:
        said = self._comments([row.id for row in rows]) if rows else {}
        return [_to_appeal(row, said.get(row.id, ())) for row in rows]

    def _comments(self, ids: Sequence[str]) -> Mapping[str, Sequence[Comment]]:
        table = appeal_comments.c
        query = sa.select(appeal_comments).where(table.tenant == self._tenant, table.appeal_id.in_(ids))
        found = defaultdict(list)
        for row in self._connection.execute(query.order_by(table.created_at, table.id)):
            comment = Comment(id=row.id, by=row.written_by, at=row.created_at, text=row.text)
            found[row.appeal_id].append(comment)
        return found

    def _is(self, appeal_id: str) -> sa.ColumnElement[bool]:
        return (appeals.c.id == appeal_id) & (appeals.c.tenant == self._tenant)


def _conditions(wanted: AppealFilter) -> Iterator[sa.ColumnElement[bool]]:
    table = appeals.c
    if wanted.state == "undecided":
        yield table.state.in_(("open", "regraded"))
    elif wanted.state is not None:
        yield table.state == wanted.state
    if wanted.evaluation is not None:
        yield table.evaluation_id == wanted.evaluation
    if wanted.overdue is not None:
        late = table.closed_at.is_(None) & (table.decide_by < wanted.now)
        yield late if wanted.overdue else ~late


def _to_row(appeal: Appeal, tenant: str) -> dict[str, Any]:
    return {
        "id": appeal.id,
        "tenant": tenant,
        "evaluation_id": appeal.evaluation,
        "dimension": appeal.dimension,
        "filed_by": appeal.by,
        "reason": appeal.reason,
        "quote": appeal.quote and appeal.quote.model_dump(mode="json"),
        "contested": appeal.contested.model_dump(mode="json"),
        "state": appeal.state,
        "created_at": appeal.created_at,
        "decide_by": appeal.decide_by,
        "attempts": 0,
    }


def _to_appeal(row: sa.Row[Any], comments: Sequence[Comment] = ()) -> Appeal:
    return Appeal.model_validate(
        {
            "id": row.id,
            "evaluation": row.evaluation_id,
            "dimension": row.dimension,
            "by": row.filed_by,
            "reason": row.reason or None,
            "quote": row.quote,
            "state": row.state,
            "created_at": row.created_at,
            "decide_by": row.decide_by,
            "contested": row.contested,
            "regrade": row.regrade,
            "decision": row.decision,
            "closed_at": row.closed_at,
            "comments": tuple(comments),
        }
    )


_NUMBERS = ("dimension", "section", "outcome", "level", "label", "points", "grader", "confidence")


def _wordless(row: sa.Row[Any]) -> dict[str, Any]:
    """Return the columns of an appeal without what anybody, or a model, wrote in them."""
    regrade = row.regrade and {
        **row.regrade,
        "grade": row.regrade["grade"] and _numbers(row.regrade["grade"]),
        "provenance": None,
    }
    return {
        "reason": "",
        "quote": None,
        "contested": _numbers(row.contested),
        "regrade": regrade,
        "decision": row.decision and {**row.decision, "reason": None},
    }


def _numbers(grade: dict[str, Any]) -> dict[str, Any]:
    review = grade.get("review")
    said = {"disposition_reason": "", "review": review and {**review, "reason": None}}
    return {name: grade[name] for name in _NUMBERS} | said
