"""All that is known about agreement on one dimension, and in words what it is worth."""

from collections.abc import Iterator, Mapping, Sequence

from service.calibration.agreement import agreement
from service.calibration.cases import Case
from service.calibration.columns import Answers, Columns, columns_of
from service.calibration.raters import ceiling, severities
from service.calibration.standin import stand_in
from service.domain.agreement import Agreement, Column, DimensionAgreement, HumanCeiling, StandIn
from service.domain.scorecard import Dimension

ENOUGH = 30
"""With fewer items than this the figures are too loose to act upon."""
MUCH_AGREEMENT = 0.8
LITTLE_BEYOND_CHANCE = 0.2
"""Answers that agree that much, while kappa is only that, mislead without a word about it."""
LITTLE_AMONG_PEOPLE = 0.4
"""Where people's alpha is below this, to be as good as one of them is not much."""


def describe(
    dimension: Dimension, cases: Sequence[Case], others: Mapping[Column, Answers] | None = None
) -> DimensionAgreement:
    """Return how far the grader, the `others` (answers by evaluation id) and a constant guess agree with
    people on `dimension`, all over the same items; and how far people agree with each other.

    Raters and ceiling are over all labelled cases, graded or not, also where people's answers tie. Nothing is
    refused: what is missing is said in `notes`.
    """
    columns = columns_of(dimension, cases, others or {})
    labels = [case.labels for case in columns.labelled]
    may_be_absent = dimension.not_applicable is not None
    figures = {
        name: agreement(dimension.scale, columns.people, given, not_applicable=may_be_absent)
        for name, given in columns.answers.items()
    }
    answers = [[label.level for label in one] for one in labels]
    humans = ceiling(dimension.scale, answers, not_applicable=may_be_absent)
    tested = _with_caution(_stand_in(dimension, columns), humans)
    return DimensionAgreement(
        dimension=dimension.id,
        scale=dimension.scale.type,
        items=len(columns.items),
        labels=sum(len(one) for one in labels),
        raters=severities(dimension.scale, labels),
        seen=columns.seen,
        ungraded=0 if columns.grader is None else columns.missing.get(columns.grader, len(labels)),
        columns=figures,
        ceiling=humans,
        stand_in=tested if isinstance(tested, StandIn) else None,
        notes=(*_notes(columns, figures, humans), *([tested] if isinstance(tested, str) else [])),
    )


def _stand_in(dimension: Dimension, columns: Columns) -> StandIn | str | None:
    if not columns.machine:
        return None
    # Conversations on which people tie are among them: the test asks each rater, not what they agree on.
    graded = [(case, columns.machine.get(case.of.evaluation.id)) for case in columns.labelled]
    both = [(case.labels, answer) for case, answer in graded if answer is not None]
    return stand_in(dimension.scale, [labels for labels, _ in both], [answer for _, answer in both])


def _with_caution(tested: StandIn | str | None, humans: HumanCeiling | None) -> StandIn | str | None:
    alpha = None if humans is None else humans.alpha.value
    if not isinstance(tested, StandIn) or not tested.passes or alpha is None or alpha >= LITTLE_AMONG_PEOPLE:
        return tested
    note = (
        f"people hardly agree with each other (alpha {alpha:.2f}): to be as good as one of them is not much"
    )
    return tested.model_copy(update={"note": note})


def _notes(
    columns: Columns, figures: Mapping[Column, Agreement], humans: HumanCeiling | None
) -> Iterator[str]:
    yield from _left_out(columns)
    if not columns.labelled:
        yield "no labels that could be used: nothing is known about agreement with people"
        return
    if len({label.probability for case in columns.labelled for label in case.labels}) > 1:
        yield (
            "conversations were chosen for labelling with different probabilities: these figures are of the "
            "labelled ones, not of all"
        )
    if humans is None:
        yield (
            "no conversation was labelled by two people: how far people agree with each other is not known, "
            f"so have {ENOUGH} of them labelled by a second person"
        )
    if len(columns.items) < ENOUGH:
        yield (
            f"only {len(columns.items)} conversations: figures are loose; even with 30, "
            "the QWK of a judge whose true value is .76 reads anything from .48 to .92"
        )
    if len(set(columns.people)) == 1:
        yield (
            f"people gave only one answer, {columns.people[0]!r}: agreement cannot be told from chance, "
            "so label conversations that went otherwise"
        )
    yield from (note for name, one in figures.items() if (note := _paradox(name, one)))


def _left_out(columns: Columns) -> Iterator[str]:
    if columns.off_scale:
        yield f"labels left out because their level is not on the scale: {columns.off_scale}"
    if columns.repeated:
        yield f"labels left out because the rater labelled the conversation again: {columns.repeated}"
    if columns.seen:
        yield f"labels left out because the rater had seen the machine's grade: {columns.seen}"
    if columns.tied:
        yield f"conversations left out because people's answers tie: {columns.tied}"
    if columns.graders > 1:
        yield f"the grades come from {columns.graders} graders and are shown together as {columns.grader!r}"
    for name, missing in columns.missing.items():
        if missing:
            yield f"labelled conversations left out because {name!r} has no answer there: {missing}"


def _paradox(name: Column, figures: Agreement) -> str | None:
    exact, kappa = figures.exact.value, figures.qwk.value
    # A constant guess has a kappa of 0 by its nature.
    if name == "constant" or exact is None or exact < MUCH_AGREEMENT:
        return None
    if kappa is None or kappa >= LITTLE_BEYOND_CHANCE:
        return None
    return (
        f"{exact:.0%} of the answers of {name!r} are people's, but kappa is {kappa:.2f}: nearly all answers "
        "are the same one, so that chance agrees as often; AC2 and the confusion say more here"
    )
