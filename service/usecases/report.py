"""Means and rates of what was graded, from the database."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from service.domain.base import Model, Moment
from service.domain.errors import FieldProblem, InvalidInput
from service.domain.evaluation import Evaluation
from service.domain.grade import GraderName
from service.domain.labelled import LabelledEvaluation
from service.domain.levels import on_card
from service.domain.report import By, Report
from service.domain.scorecard import ScorecardRevision
from service.storage.reading import ReadOnlyDatabase
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
        card, evaluations, notes = self._read(tenant, request, grader)
        report = report_of(card, grader, request.by, evaluations, notes)
        return report.model_copy(update={"since": request.since, "until": request.until})

    def _read(
        self, tenant: str, request: ReportRequest, grader: GraderName
    ) -> tuple[ScorecardRevision, list[LabelledEvaluation], Sequence[str]]:
        with self._reading.begin(tenant) as tx:
            card = named_scorecard(tx, request.scorecard)
            found = tx.labels.labelled_evaluations(card.name, grader, revision=card.revision)
            within = _within(found, request.since, request.until)
            read = [one.model_copy(update={"labels": on_card(card.scorecard, one.labels)}) for one in within]
            graders = {} if read else tx.evaluations.graders_on(card.name, card.revision)
            return card, read, list(_others(grader, graders))


def _others(grader: GraderName, graders: Mapping[str, int]) -> Iterator[str]:
    """Say whose grades there are where there are none of the one that was asked for."""
    others = ", ".join(f"{count:,} by {name}" for name, count in sorted(graders.items()) if name != grader)
    if others:
        yield f"no evaluation by {grader} in that time, but there are {others}: name one as the grader"


def _within(
    found: Iterator[LabelledEvaluation], start: datetime | None, end: datetime | None
) -> Iterator[LabelledEvaluation]:
    for one in found:
        moment = one.evaluation.started_at or one.evaluation.created_at
        if (start is None or moment >= start) and (end is None or moment < end):
            yield LabelledEvaluation(evaluation=light(one.evaluation), labels=one.labels)


def light(evaluation: Evaluation) -> Evaluation:
    """Return what a report needs of an evaluation: thousands of them are in memory at once."""
    grades = tuple(
        grade.model_copy(update={"rationale": None, "evidence": (), "absence": None})
        for grade in evaluation.grades
    )
    unused = {"turns": None, "coaching": None, "facts": None, "signals": None, "observations": ()}
    return evaluation.model_copy(update={**unused, "grades": grades, "metadata": {}})
