"""Reading calibrations, saying which of them new grades follow, and finding it when something is graded."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from pydantic import ValidationError

from service.domain.audit import COMMAND_LINE, AuditEntry
from service.domain.calibration import Fitted, StoredCalibration
from service.domain.errors import NotFound
from service.domain.grade import GraderName
from service.storage.database import Database
from service.storage.transaction import Transaction
from service.usecases.cursors import cursor_of, read_cursor

log = structlog.get_logger(__name__)

REMEMBERED = 32
"""Calibrations whose content a worker keeps at hand, with their models."""


class CalibrationPage(NamedTuple):
    """Part of a list, and where the next part starts (None at the end)."""

    items: Sequence[StoredCalibration]
    next_cursor: str | None


class Calibrations:
    """The calibrations of a tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, tenant: str, calibration_id: str) -> StoredCalibration:
        """Return one calibration. Raises NotFound."""
        with self._database.begin(tenant) as tx:
            return _known(tx, calibration_id)

    def fitted(self, tenant: str, calibration_id: str) -> Fitted:
        """Return one calibration with its models. Raises NotFound."""
        with self._database.begin(tenant) as tx:
            found = tx.calibrations.fitted(calibration_id)
        if found is None:
            raise NotFound("calibration", calibration_id)
        return found

    def list(self, tenant: str, scorecard: str | None, cursor: str | None, limit: int) -> CalibrationPage:
        """Return a page of calibrations, newest first. Raises InvalidInput for a cursor that is not ours."""
        after = read_cursor(cursor) if cursor else None
        with self._database.begin(tenant) as tx:
            found = tx.calibrations.list(scorecard, after, limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        return CalibrationPage(found[:limit], cursor_of(last.created_at, last.id) if last else None)

    def activate(self, tenant: str, calibration_id: str, by: str = COMMAND_LINE) -> StoredCalibration:
        """Let new grades follow this calibration instead of any other of its scorecard and grader; `by` says
        who wants that.

        Raises NotFound, and Conflict when somebody else activates another one at the same moment.
        """
        with self._database.begin(tenant) as tx:
            now = datetime.now(UTC)
            tx.calibrations.activate(_known(tx, calibration_id), now)
            tx.audit.add(AuditEntry(at=now, actor=by, action="calibration.activated", subject=calibration_id))
            return _known(tx, calibration_id)

    def deactivate(self, tenant: str, calibration_id: str, by: str = COMMAND_LINE) -> StoredCalibration:
        """Let new grades follow none where they followed this one; `by` says who wants that.

        Raises NotFound.
        """
        with self._database.begin(tenant) as tx:
            _known(tx, calibration_id)
            tx.calibrations.deactivate(calibration_id)
            now = datetime.now(UTC)
            tx.audit.add(
                AuditEntry(at=now, actor=by, action="calibration.deactivated", subject=calibration_id)
            )
            return _known(tx, calibration_id)


class Followed:
    """Finds the calibration that a grading follows. Which one that is is asked every time, so that activating
    takes effect at once; what it says never changes and is remembered.
    """

    def __init__(self) -> None:
        self._remembered: OrderedDict[tuple[str, str], Fitted] = OrderedDict()

    def __call__(self, tx: Transaction, scorecard: str, grader: GraderName) -> Fitted | None:
        """Return what grades of `grader` on the tenant's scorecard of this name follow, or None.

        Grades of `learned` follow the calibration whose text models give them.
        """
        if grader == "learned":
            found = (self._active(tx, scorecard, given) for given in LEARNED_FROM)
            return next((one for one in found if one is not None and one.models), None)
        return self._active(tx, scorecard, grader)

    def _active(self, tx: Transaction, scorecard: str, grader: GraderName) -> Fitted | None:
        active = tx.calibrations.active_id(scorecard, grader)
        if active is None:
            return None
        known = self._remembered.get((tx.tenant, active)) or _readable(tx, active)
        if known is not None:
            self._remembered[tx.tenant, active] = known
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return known


LEARNED_FROM: tuple[GraderName, ...] = ("llm", "signals")
"""The graders whose calibrations may hold text models, the first one first."""


def _readable(tx: Transaction, calibration_id: str) -> Fitted | None:
    """Return what is stored. A calibration of another version is no reason not to grade."""
    try:
        return tx.calibrations.fitted(calibration_id)
    except ValidationError:
        log.error("a calibration cannot be read; grades do not follow it", calibration=calibration_id)
        return None


def _known(tx: Transaction, calibration_id: str) -> StoredCalibration:
    found = tx.calibrations.get(calibration_id)
    if found is None:
        raise NotFound("calibration", calibration_id)
    return found
