"""Whether a label that came in may be stored: what it is about, on which scale, and what was said before."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from difflib import get_close_matches

from service.domain.errors import InvalidInput
from service.domain.label import ConversationLabel, EarlierLevel, StoredLabel
from service.domain.label_import import LabelConflict, LabelDuplicate, RowProblem
from service.domain.levels import OffTheScale, level_on
from service.domain.scorecard import Dimension, LevelValue, ScorecardRevision
from service.domain.transcript import Language
from service.formats.label_fields import GivenLabel
from service.storage.evaluations import Evaluated
from service.storage.label_plans import Drawn
from service.storage.transaction import Transaction
from service.usecases.cards import split_reference
from service.usecases.labels_remarks import Remarks
from service.usecases.labels_weighing import same_probability

Checked = StoredLabel | LabelDuplicate | LabelConflict | RowProblem
Subject = tuple[str | None, str | None]

OLDER_REVISIONS = 20
"""How many revisions of a scorecard are looked through for a dimension that is gone."""


class _Refused(Exception):
    """The label may not be stored: which field is to blame, and why."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail


class LabelCheck:
    """Checks labels of one batch, in one transaction. What it lets through counts as stored for the next."""

    def __init__(
        self,
        tx: Transaction,
        batch: Iterable[GivenLabel],
        now: datetime,
        remarks: Remarks,
        *,
        replace: bool = False,
    ) -> None:
        """Read what is known of everything that `batch` is about. `replace`: contradictions overrule.

        `remarks` hears of what may be a mistake although it can be stored.
        """
        self._remarks = remarks
        given = [one.label for one in batch]
        ids = {label.evaluation for label in given if label.evaluation is not None}
        names = {label.conversation for label in given if label.conversation is not None}
        self._tx = tx
        self._now = now
        self._replace = replace
        self._evaluations: dict[str, Evaluated] = {}
        self._of_conversation: dict[str, list[Evaluated]] = defaultdict(list)
        for one in tx.evaluations.evaluated(ids, names):
            self._evaluations[one.id] = one
            if one.external_id is not None:
                self._of_conversation[one.external_id].append(one)
                names.add(one.external_id)
        self._raters: dict[tuple[Subject, str, str], set[str]] = defaultdict(set)
        self._before: dict[tuple[Subject, str, str], list[StoredLabel]] = defaultdict(list)
        for label in tx.labels.of(names, ids):
            self._before[_about(label)].append(label)
            about, dimension, rater = _about(label)
            self._raters[about, dimension, rater.casefold()].add(rater)
        self._drawn: dict[Subject, list[Drawn]] = defaultdict(list)
        for drawn in tx.label_plans.drawn(names, ids):
            self._drawn[_subject(drawn.conversation, drawn.evaluation_id)].append(drawn)
        self._cards: dict[str, ScorecardRevision] = {}
        self._revisions: dict[tuple[str, int], Mapping[str, str]] = {}
        self._gone: dict[tuple[str, str], str] = {}
        self._plans: dict[str, str | None] = {}

    def __call__(self, given: GivenLabel) -> Checked:
        """Return the label as it is to be stored, or why it is not. A label with `earlier` replaces one."""
        try:
            label = self._planned(self._on_its_scale(self._found(given.label)))
        except _Refused as refused:
            return RowProblem(row=given.row, field=refused.field, detail=refused.detail)
        self._look_at(label)
        said = self._before[_about(label)]
        before = next((one for one in said if _name(one) == _name(label)), None)
        before = before or next((one for one in said if None in (_name(one), _name(label))), None)
        if before is None:
            new = self._new(label)
        elif self._replace and _differs(label, before):
            said.remove(before)
            new = _overruling(label, before, self._now)
        elif str(before.level) == str(label.level):
            return LabelDuplicate(row=given.row, stored_at=before.stored_at)
        else:
            return _conflict(given.row, label, before)
        said.append(new)
        return new

    def _look_at(self, label: ConversationLabel) -> None:
        """Tell what may be a mistake although the label can be stored."""
        card = self._card_of(label)
        if self._evaluation(label) is None:
            self._remarks.unevaluated(label, checked=card is not None)
        if card is None or label.dimension not in card.scorecard.section_of:
            self._remarks.dimension(label)
        about = (_subject(label.conversation, label.evaluation), label.dimension, label.rater.casefold())
        self._raters[about].add(label.rater)
        if len(self._raters[about]) > 1:
            self._remarks.raters(self._raters[about])

    @property
    def planned(self) -> set[str]:
        """The names of the scorecards of the plans that drew any of what the batch is about."""
        return {one.scorecard for drawn in self._drawn.values() for one in drawn}

    def language_of(self, label: ConversationLabel) -> Language | None:
        """Return the language of the conversation, None where it has not come in yet."""
        one = self._evaluation(label)
        return one.language if one else None

    def evaluations_of(self, label: ConversationLabel) -> list[str]:
        """Return the ids of the evaluations that the label is about: its own, or all of its conversation."""
        if label.conversation is None:
            return [label.evaluation] if label.evaluation else []
        return [one.id for one in self._of_conversation.get(label.conversation, ())]

    def _evaluation(self, label: ConversationLabel) -> Evaluated | None:
        if label.evaluation is not None:
            return self._evaluations.get(label.evaluation)
        return next(iter(self._of_conversation.get(label.conversation or "", ())), None)

    def _found(self, label: ConversationLabel) -> ConversationLabel:
        """Return the label with the conversation and the scorecard that its evaluation tells."""
        if label.evaluation is None:
            return label
        one = self._evaluations.get(label.evaluation)
        if one is None:
            raise _Refused("evaluation", f"there is no evaluation {label.evaluation!r}")
        if label.conversation not in (None, one.external_id):
            raise _Refused("conversation", "the evaluation is of another conversation; leave one of them out")
        card = f"{one.scorecard_name}@{one.scorecard_revision}"
        if label.scorecard is not None and _name(label) != one.scorecard_name:
            raise _Refused("scorecard", f"the evaluation is on {card}, not on {label.scorecard}")
        return label.model_copy(
            update={"conversation": one.external_id, "scorecard": label.scorecard or card}
        )

    def _on_its_scale(self, label: ConversationLabel) -> ConversationLabel:
        card = self._card_of(label)
        if card is None:
            return label
        dimension = next((d for d in card.scorecard.dimensions if d.id == label.dimension), None)
        if dimension is not None:
            return label.model_copy(update={"level": _level(dimension, label.level)})
        if label.scorecard is not None:
            raise _Refused("dimension", self._no_dimension(card, label.dimension))
        return label

    def _card_of(self, label: ConversationLabel) -> ScorecardRevision | None:
        """Return the label's card: the one it says, else the only one that its conversation is graded on."""
        if label.scorecard is not None:
            one = self._evaluation(label)
            plain = "@" not in label.scorecard
            if one is not None and plain and label.scorecard == one.scorecard_name:
                return self._card(f"{one.scorecard_name}@{one.scorecard_revision}")
            return self._card(label.scorecard)
        of_it = self._of_conversation.get(label.conversation or "", [])
        if len({one.scorecard_name for one in of_it}) != 1:
            return None
        return self._card(f"{of_it[0].scorecard_name}@{of_it[0].scorecard_revision}")

    def _card(self, reference: str) -> ScorecardRevision:
        if reference not in self._cards:
            try:
                card = self._tx.scorecards.get(*split_reference(reference))
            except InvalidInput:
                raise _Refused("scorecard", "a scorecard is a name, or name@3 for its revision 3") from None
            if card is None:
                known = ", ".join(card.name for card in self._tx.scorecards.list())
                raise _Refused("scorecard", f"there is no scorecard {reference!r}; there are: {known}")
            self._cards[reference] = card
        return self._cards[reference]

    def _no_dimension(self, card: ScorecardRevision, dimension: str) -> str:
        """Return a sentence about a dimension that is not on the card: it may have been, or be misspelt."""
        reference = f"{card.name}@{card.revision}"
        if (reference, dimension) not in self._gone:
            self._gone[reference, dimension] = self._looked_for(card, dimension)
        return f"{dimension!r} is not on {reference}; {self._gone[reference, dimension]}"

    def _looked_for(self, card: ScorecardRevision, dimension: str) -> str:
        ids = [d.id for d in card.scorecard.dimensions]
        last = self._older(card).get(dimension)
        if last is not None:
            return (
                f"revision {last.partition('@')[2]} was the last that had it: say scorecard {last} to keep it"
            )
        close = get_close_matches(dimension, ids, n=1)
        return f"did you mean {close[0]!r}?" if close else f"it has: {', '.join(ids)}"

    def _older(self, card: ScorecardRevision) -> Mapping[str, str]:
        key = (card.name, card.revision)
        if key not in self._revisions:
            self._revisions[key] = gone_dimensions(self._tx, card)
        return self._revisions[key]

    def _new(self, label: ConversationLabel) -> StoredLabel:
        values = {name: getattr(label, name) for name in ConversationLabel.model_fields}
        moment = label.created_at or self._now
        key = _id_of(self._tx.tenant, label)
        return StoredLabel.model_validate({**values, "id": key, "created_at": moment, "stored_at": self._now})

    def _planned(self, label: ConversationLabel) -> ConversationLabel:
        """Return the label with the plan it is of: the one that it names, or whose probability it has.

        A probability that several plans have is nobody's own, and does not tell which of them it is from.
        """
        plans = self._drawn.get(_subject(label.conversation, label.evaluation), ())
        drawn = [plan for plan in plans if _name(label) in (None, plan.scorecard)]
        if label.plan is not None:
            plan = next((one for one in drawn if one.plan_id == label.plan), None)
            if plan is None:
                raise _Refused("plan", self._no_plan(label.plan, _name(label)))
            return label.model_copy(update={"stratum": plan.stratum, "probability": plan.probability})
        given = label.probability
        same = [one for one in drawn if given is not None and same_probability(given, one.probability)]
        if not same:
            return label
        plan_id = same[0].plan_id if len(same) == 1 else None
        return label.model_copy(update={"plan": plan_id, "probability": same[0].probability})

    def _no_plan(self, plan_id: str, card_name: str | None) -> str:
        if plan_id not in self._plans:
            self._plans[plan_id] = self._tx.label_plans.card_of(plan_id)
        card, leave = self._plans[plan_id], "leave it empty for a label that no plan asked for"
        if card is None:
            return f"there is no plan {plan_id!r}; {leave}"
        if card_name not in (None, card):
            return f"plan {plan_id!r} is for {card}, not for {card_name}; {leave}"
        return f"plan {plan_id!r} did not draw this conversation; {leave}"


def gone_dimensions(tx: Transaction, card: ScorecardRevision) -> Mapping[str, str]:
    """Return the dimensions that earlier revisions of a card had, each with the last one: `name@3`."""
    gone: dict[str, str] = {}
    for revision in range(card.revision - 1, max(card.revision - 1 - OLDER_REVISIONS, 0), -1):
        older = tx.scorecards.get(card.name, revision)
        for dimension in older.scorecard.section_of if older else ():
            if dimension not in card.scorecard.section_of:
                gone.setdefault(dimension, f"{card.name}@{revision}")
    return gone


def _id_of(tenant: str, label: ConversationLabel) -> str:
    about = [tenant, *_subject(label.conversation, label.evaluation)]
    said = json.dumps([*about, label.dimension, label.rater, _name(label)])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _level(dimension: Dimension, value: LevelValue) -> LevelValue:
    try:
        return level_on(dimension, value)
    except OffTheScale as error:
        raise _Refused("level", str(error)) from None


def _name(label: ConversationLabel) -> str | None:
    return None if label.scorecard is None else label.scorecard.partition("@")[0]


def _subject(conversation: str | None, evaluation: str | None) -> Subject:
    return (conversation, None) if conversation is not None else (None, evaluation)


def _about(label: ConversationLabel) -> tuple[Subject, str, str]:
    return _subject(label.conversation, label.evaluation), label.dimension, label.rater


_OTHER_FACTS = ("blind", "stratum", "probability")


def _differs(label: ConversationLabel, before: StoredLabel) -> bool:
    """Whether there is anything to overrule: another level, or another fact about how it was given."""
    given = [(getattr(label, name), getattr(before, name)) for name in _facts(label, before)]
    return str(label.level) != str(before.level) or any(new not in (None, old) for new, old in given)


def _facts(label: ConversationLabel, before: StoredLabel) -> tuple[str, ...]:
    """Return the facts that a label may change: which plan's probability counts is not said by one label."""
    by_plan = label.plan is not None and before.plan is not None
    return ("blind",) if by_plan else _OTHER_FACTS


def _overruling(label: ConversationLabel, before: StoredLabel, now: datetime) -> StoredLabel:
    """Return `before` with what `label` says; what is overruled stays known."""
    same = str(label.level) == str(before.level)
    assert before.created_at is not None  # noqa: S101 - it is set when a label is stored
    earlier = EarlierLevel(level=before.level, created_at=before.created_at, stored_at=before.stored_at)
    facts = {name: value for name in _facts(label, before) if (value := getattr(label, name)) is not None}
    # A probability of its own is from no plan.
    plan = label.plan if "probability" in facts else before.plan
    return before.model_copy(
        update={
            **facts,
            "level": label.level,
            "rationale": label.rationale or (before.rationale if same else None),
            "created_at": label.created_at or now,
            "stored_at": now,
            "plan": plan,
            "earlier": (*before.earlier, earlier),
        }
    )


def _conflict(row: int, label: ConversationLabel, before: StoredLabel) -> LabelConflict:
    return LabelConflict(
        row=row,
        conversation=label.conversation,
        evaluation=label.evaluation,
        dimension=label.dimension,
        rater=label.rater,
        level=label.level,
        stored_level=before.level,
        stored_at=before.stored_at,
    )
