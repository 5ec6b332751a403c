"""Reviews as labels: what a person says of a grade teaches, as far as it may."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from service.domain.evaluation import Evaluation
from service.domain.label import ConversationLabel, StoredLabel
from service.domain.label_import import LabelDuplicate
from service.domain.person import same_person
from service.domain.review import Review, ReviewEffect
from service.formats.label_fields import GivenLabel
from service.storage.transaction import Transaction
from service.usecases.labels_checking import LabelCheck
from service.usecases.labels_remarks import Remarks

_Kept = Literal["stored", "replaced", "known", "kept", "none"]

_SEEN = (
    "it was given with the machine's grade in sight, so that it enters neither agreement nor a calibration"
)
_TEACH = "blind labels do: a calibration session, or POST /v1/labels"


def store_labels(
    tx: Transaction, evaluation: Evaluation, given: Sequence[Review], now: datetime
) -> list[ReviewEffect]:
    """Store the labels that reviews of an evaluation are, in their transaction; return what became of each.

    A label replaces an earlier one of the same person on the same conversation, dimension and card, but never
    one that was given blind: that one is worth more.
    """
    return list(_effects(tx, evaluation, given, now))


def _effects(
    tx: Transaction, evaluation: Evaluation, given: Sequence[Review], now: datetime
) -> Iterator[ReviewEffect]:
    names = {evaluation.external_id} - {None}
    before = tx.labels.of([name for name in names if name is not None], [evaluation.id])
    mine = [one for one in before if _is_of(one, evaluation)]
    kept = {one.id: _store(tx, evaluation, one, mine, now) for one in given}
    for one in given:
        labels, blind = tx.labels.counted(one.dimension, evaluation.scorecard.name)
        yield _effect(one, kept[one.id], labels, blind)


def _is_of(label: StoredLabel, evaluation: Evaluation) -> bool:
    return label.scorecard is None or label.scorecard.partition("@")[0] == evaluation.scorecard.name


def _store(
    tx: Transaction, evaluation: Evaluation, review: Review, mine: Sequence[StoredLabel], now: datetime
) -> _Kept:
    if review.level is None:
        return "none"
    said = (one for one in mine if one.dimension == review.dimension)
    earlier = [one for one in said if same_person(one.rater, review.by)]
    if any(one.blind is not False for one in earlier):
        return "kept"
    rater = earlier[0].rater if earlier else review.by
    label = _label(evaluation, review, rater, was_seen=bool(earlier))
    checked = LabelCheck(tx, [GivenLabel(1, label)], now, Remarks(), replace=True)(GivenLabel(1, label))
    if isinstance(checked, LabelDuplicate):
        return "known"
    if not isinstance(checked, StoredLabel):
        # That a condition closed it, which no label can say where N/A is no answer.
        return "none"
    if checked.earlier:
        tx.labels.replace(checked)
        return "replaced"
    tx.labels.add([checked])
    return "stored"


def _label(evaluation: Evaluation, review: Review, rater: str, *, was_seen: bool) -> ConversationLabel:
    assert review.level is not None  # noqa: S101 - the caller asked
    return ConversationLabel(
        evaluation=evaluation.id,
        dimension=review.dimension,
        rater=rater,
        level=review.level,
        rationale=review.reason,
        blind=review.blind and not was_seen,
        scorecard=f"{evaluation.scorecard.name}@{evaluation.scorecard.revision}",
    )


def _effect(review: Review, kept: _Kept, labels: int, blind: int) -> ReviewEffect:
    used = kept == "kept" or (review.blind and kept in ("stored", "replaced"))
    return ReviewEffect(
        dimension=review.dimension,
        label=kept,
        labels=labels,
        blind_labels=blind,
        used_by_calibration=used,
        detail=_sentence(review, kept, blind),
    )


def _sentence(review: Review, kept: _Kept, blind: int) -> str:
    if kept == "none":
        closed = "that it was not asked" if review.level is not None else "that there is no grade"
        return f"{closed} was accepted, which is no label"
    if kept == "kept":
        return f"{review.by} labelled this before without seeing the grade; that label stays, and is used"
    if review.blind and kept != "known":
        return f"the next calibration uses it: one of {blind} blind labels on {review.dimension}"
    return f"{_SEEN}; {_TEACH}"
