"""Calibrates a grader against what people said: reads, fits, keeps."""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field

from service.domain.audit import COMMAND_LINE, AuditEntry
from service.domain.base import Body
from service.domain.calibration import Calibration, Fitted, StoredCalibration
from service.domain.errors import TooFewLabels
from service.domain.grade import GraderName
from service.domain.labelled import LabelledEvaluation
from service.domain.scorecard import ScorecardRevision
from service.storage.database import Database
from service.storage.reading import ReadOnlyDatabase
from service.usecases.cards import SCORECARD_REFERENCE, named_scorecard

MOST_UNLABELLED = 5_000
"""Grades without a label that tell how frequent a confidence is: the newest ones."""

MOST_LABELLED = 20_000
"""Labelled conversations that are read: the newest ones."""

Calibrated = Literal["llm", "signals"]
"""The graders that are calibrated. `learned` is fitted on the very labels it would be compared with."""


class CalibrationRequest(Body):
    """Calibrate the grades of this scorecard, `name` (its current revision) or `name@3`.

    At most the share `risk` of the grades that are accepted without a person may be wrong, with probability
    1 - `delta`. The same `seed` and labels give the same calibration. `activate`: new grades follow it.
    """

    scorecard: Annotated[str, Field(pattern=SCORECARD_REFERENCE)]
    grader: Calibrated | None = None
    risk: Annotated[float, Field(ge=0.01, le=0.5)] = 0.1
    delta: Annotated[float, Field(ge=0.01, le=0.5)] = 0.1
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    activate: bool = True


class Calibrate:
    """Makes calibrations from the labels in the database, one at a time."""

    def __init__(
        self, database: Database, reading: ReadOnlyDatabase, default_grader: Calibrated = "llm"
    ) -> None:
        """Read through `reading`, which holds nobody up: that takes long where there are many evaluations."""
        self._database = database
        self._reading = reading
        self._default_grader = default_grader
        self._one_at_a_time = asyncio.Semaphore(1)

    async def __call__(
        self, tenant: str, request: CalibrationRequest, by: str = COMMAND_LINE
    ) -> StoredCalibration:
        """Return the calibration, stored, and activated when that was asked for; `by` says who asks.

        Raises UnknownScorecard; TooFewLabels where there is nothing to learn from, or nothing to activate;
        Conflict when somebody else activates another one at the same moment; DatabaseAway.
        """
        async with self._one_at_a_time:
            return await asyncio.to_thread(self.now, tenant, request, by=by)

    def now(
        self,
        tenant: str,
        request: CalibrationRequest,
        told: Callable[[], None] | None = None,
        by: str = COMMAND_LINE,
    ) -> StoredCalibration:
        """Do it in this thread; see `calibrated` for `told`."""
        grader: Calibrated = request.grader or self._default_grader
        card, evaluations = self._read(tenant, request, grader)
        fitted = calibrated(
            card, grader, evaluations, request, lambda basis: self._earlier(tenant, basis), told
        )
        if request.activate:
            check_use(fitted)
        with self._database.begin(tenant) as tx:
            tx.calibrations.add(fitted)
            if request.activate:
                now, made = datetime.now(UTC), fitted.calibration
                tx.calibrations.activate(made, now)
                tx.audit.add(AuditEntry(at=now, actor=by, action="calibration.activated", subject=made.id))
            kept = tx.calibrations.get(fitted.calibration.id)
        if kept is None:
            raise LookupError("a calibration that was just stored is not there")
        return kept

    def _earlier(self, tenant: str, basis_sha256: str) -> Sequence[str]:
        with self._database.begin(tenant) as tx:
            return tx.calibrations.looks(basis_sha256)

    def _read(
        self, tenant: str, request: CalibrationRequest, grader: GraderName
    ) -> tuple[ScorecardRevision, list[LabelledEvaluation]]:
        with self._reading.begin(tenant) as tx:
            card = named_scorecard(tx, request.scorecard)
            found = tx.labels.labelled_evaluations(card.name, grader, revision=card.revision, turns=True)
            return card, _newest(found)


def calibrated(
    card: ScorecardRevision,
    grader: GraderName,
    evaluations: Iterable[LabelledEvaluation],
    request: CalibrationRequest,
    earlier: Callable[[str], Sequence[str]] = lambda _basis: (),
    told: Callable[[], None] | None = None,
) -> Fitted:
    """Return a calibration of these grades, with the text models that the same labels give.

    Their turns have to be there for those. `earlier` tells the `labels_sha256` of the calibrations on the
    basis with this digest that were made before: each was a look. `told` is called for each fold of
    text models that is done. Raises TooFewLabels.
    """
    # Imported here: what fits is heavy, and few who start a command do.
    from service.calibration.fitting import Making, fit
    from service.calibration.looks import digest_of, look_of
    from service.calibration.sample import choose_sample
    from service.usecases.learning import learn, one_thread

    sample = choose_sample(card, grader, evaluations)
    making = Making(
        id=uuid.uuid4().hex,
        created_at=datetime.now(UTC),
        seed=request.seed,
        risk=request.risk,
        delta=request.delta,
        look=look_of(digest_of(sample, request.seed), earlier(sample.basis.sha256)),
    )
    with one_thread():
        lessons = learn(card.scorecard, sample, request.seed, told)
        calibration = fit(card, sample, lessons.opinions, making, learned=lessons.models is not None)
    return Fitted(calibration, lessons.models)


def check_use(fitted: Fitted) -> None:
    """Raise TooFewLabels, saying what is missing, where following the calibration would change nothing."""
    if fitted.models is None and not any(_is_of_use(fitted.calibration)):
        raise TooFewLabels(
            f"there is nothing to activate yet: {'; '.join(_missing(fitted.calibration))}; "
            "label more, or set activate to false for a report of what there is"
        )


def _is_of_use(calibration: Calibration) -> Iterable[bool]:
    for one in calibration.dimensions:
        promised = one.certificate is not None and one.certificate.threshold is not None
        yield promised or one.score_map is not None or one.confidence is not None


def _missing(calibration: Calibration) -> Sequence[str]:
    labelled = [one for one in calibration.dimensions if one.agreement.items]
    if not labelled:
        return ["no dimension has both a grade and a label that was given blind"]
    most = max(labelled, key=lambda one: one.agreement.items)
    said = [f"the dimension with the most labels, {most.dimension}, has {most.agreement.items}"]
    if most.certificate is not None:
        said.append(most.certificate.note.rstrip("."))
    return said


def _newest(found: Iterable[LabelledEvaluation]) -> list[LabelledEvaluation]:
    """Return what a calibration needs of evaluations that come oldest first; no more turns than that."""
    labelled: deque[LabelledEvaluation] = deque(maxlen=MOST_LABELLED)
    others: deque[LabelledEvaluation] = deque(maxlen=MOST_UNLABELLED)
    for one in found:
        if one.labels:
            labelled.append(one)
        else:
            others.append(LabelledEvaluation(evaluation=one.evaluation.model_copy(update={"turns": None})))
    return [*labelled, *others]
