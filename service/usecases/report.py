"""Means and rates of what was graded, from the database."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from service.domain.base import Model, Moment
from service.domain.errors import FieldProblem, InvalidInput
from service.domain.grade import GraderName
from service.domain.graded import Graded
from service.domain.label import Label
from service.domain.levels import on_card
from service.domain.report import By, Report
from service.domain.scorecard import ScorecardRevision
from service.storage.labels import subject_of
from service.storage.reading import ReadOnlyDatabase
from service.storage.transaction import Transaction
from service.usecases.cards import SCORECARD_REFERENCE, named_scorecard


class ReportRequest(Model):
    """Which evaluations count: on this scorecard (`name`, its current revision, or `name@3`), by this grader,
    begun (else accepted) at `since` or later and before `until`.
    """

    scorecard: Annotated[str, Field(pattern=SCORECARD_REFERENCE)]
    by: By = "all"
    grader: GraderName | None = None
    since: Moment | None = None
    until: Moment | None = None


class Reports:
    """Reads evaluations with their labels and says what the figures are worth."""

    def __init__(self, reading: ReadOnlyDatabase, default_grader: GraderName) -> None:
        """Read through `reading`, which holds nobody up: that takes long where there are many evaluations."""
        self._reading = reading
        self._default_grader = default_grader
        self._one_at_a_time = asyncio.Semaphore(1)

    async def __call__(self, tenant: str, request: ReportRequest) -> Report:
        """Return the report. Raises UnknownScorecard, InvalidInput and DatabaseAway."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self.now, tenant, request)

    def now(self, tenant: str, request: ReportRequest) -> Report:
        """Do it in this thread."""
        # Imported here: what corrects means is heavy, and few who start a command need it.
        from service.calibration.reporting import report_of

        grader = request.grader or self._default_grader
        if request.since and request.until and request.since >= request.until:
            raise InvalidInput([FieldProblem("/from", "has to be before `to`: nothing lies between them")])
        with self._reading.begin(tenant) as tx:
            card = named_scorecard(tx, request.scorecard)
            report = report_of(card, grader, request.by, _read(tx, card, grader, request))
            graders = {} if report.evaluations else tx.evaluations.graders_on(card.name, card.revision)
        notes = (*_others(grader, graders), *report.notes)
        return report.model_copy(update={"since": request.since, "until": request.until, "notes": notes})


def _read(
    tx: Transaction, card: ScorecardRevision, grader: GraderName, request: ReportRequest
) -> Iterator[tuple[Graded, Sequence[Label]]]:
    """Yield what was graded with its labels. Few conversations have any: only theirs are looked up."""
    labelled = tx.labels.subjects(card.name)
    parts = tx.evaluations.graded(card.name, card.revision, grader, request.since, request.until)
    for part in parts:
        subjects = [subject_of(one.external_id, one.id) for one in part]
        given = tx.labels.about([one for one in subjects if one in labelled], card.name)
        for one, subject in zip(part, subjects, strict=True):
            labels = given.get(subject, ())
            yield one, on_card(card.scorecard, labels) if labels else ()


def _others(grader: GraderName, graders: Mapping[str, int]) -> Iterator[str]:
    """Say whose grades there are where there are none of the one that was asked for."""
    others = ", ".join(f"{count:,} by {name}" for name, count in sorted(graders.items()) if name != grader)
    if others:
        yield f"no evaluation by {grader} in that time, but there are {others}: name one as the grader"
