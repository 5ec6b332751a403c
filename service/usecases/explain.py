"""All that is known of one evaluation: what an agent who disputes a grade is shown."""

from collections.abc import Sequence

from pydantic import computed_field

from service.domain.base import Model, storable
from service.domain.breakdown import SectionShare, breakdown
from service.domain.errors import FieldProblem, InvalidInput, NotFound
from service.domain.evaluation import Evaluation
from service.domain.scorecard import ScorecardRevision
from service.domain.submission import EvaluationFilter
from service.storage.reading import ReadOnlyDatabase
from service.storage.transaction import Transaction

MOST_LISTED = 20
"""How many evaluations of one conversation are listed to choose from."""


class SeveralEvaluations(InvalidInput):
    """An external id that several evaluations have; `evaluations` are the newest, newest first."""

    def __init__(self, name: str, evaluations: Sequence[Evaluation]) -> None:
        self.evaluations = tuple(evaluations)
        super().__init__(
            [FieldProblem("", f"several evaluations have the external_id {name!r}; name one by its id")]
        )


class Explanation(Model):
    """An evaluation with the scorecard that it was graded on, and how the two make the score."""

    evaluation: Evaluation
    scorecard: ScorecardRevision

    @computed_field  # type: ignore[prop-decorator]
    @property
    def breakdown(self) -> tuple[SectionShare, ...]:
        """What each section and dimension gave."""
        return breakdown(self.scorecard.scorecard, self.evaluation.grades)


class ExplainEvaluation:
    """Finds evaluations to explain; it only reads."""

    def __init__(self, database: ReadOnlyDatabase) -> None:
        self._database = database

    def __call__(self, tenant: str, name: str) -> Explanation:
        """Return the tenant's evaluation with the id `name`, or else the one with that external id.

        Raises NotFound, SeveralEvaluations and DatabaseAway.
        """
        name = storable(name)
        with self._database.begin(tenant) as tx:
            evaluation = tx.evaluations.get(name, turns=True) or _only(tx, tenant, name)
            card = tx.scorecards.get(evaluation.scorecard.name, evaluation.scorecard.revision)
        if card is None:
            raise NotFound("scorecard", f"{evaluation.scorecard.name}@{evaluation.scorecard.revision}")
        return explained(evaluation, card)


def explained(evaluation: Evaluation, card: ScorecardRevision) -> Explanation:
    """Return the explanation. Raises InvalidInput when the grades cannot be on this scorecard."""
    known = {dimension.id for dimension in card.scorecard.dimensions}
    if card.name != evaluation.scorecard.name or not {g.dimension for g in evaluation.grades} <= known:
        wanted = f"{evaluation.scorecard.name}@{evaluation.scorecard.revision}"
        problem = f"the evaluation was graded on {wanted}, and {card.name!r} is another scorecard"
        raise InvalidInput([FieldProblem("/scorecard", problem)])
    return Explanation(evaluation=evaluation, scorecard=card)


def _only(tx: Transaction, tenant: str, external_id: str) -> Evaluation:
    found = tx.evaluations.list(EvaluationFilter(external_id=external_id), None, MOST_LISTED)
    if len(found) > 1:
        raise SeveralEvaluations(external_id, found)
    only = tx.evaluations.get(found[0].id, turns=True) if found else None
    if only is None:
        raise NotFound(f"evaluation of tenant {tenant!r} with the id or external_id", external_id)
    return only
