"""Calibrations: made once, never changed; at most one of a scorecard name and grader is active."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from service.domain.calibration import Calibration, Fitted, StoredCalibration
from service.domain.grade import GraderName
from service.storage.evaluations import Position
from service.storage.schema import calibrations

# Models are large, and few who read a calibration want them.
_WITHOUT_MODELS = [column for column in calibrations.c if column.name != "models"]


class CalibrationStore:
    """The calibrations of one tenant."""

    def __init__(self, connection: sa.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def add(self, fitted: Fitted) -> StoredCalibration:
        """Keep a calibration with its models; it is not active yet."""
        calibration = fitted.calibration
        row = {
            "id": calibration.id,
            "tenant": self._tenant,
            "scorecard_name": calibration.scorecard.name,
            "grader": calibration.basis.grader,
            "content": calibration.model_dump(mode="json"),
            "models": fitted.models,
            "created_at": calibration.created_at,
        }
        self._connection.execute(sa.insert(calibrations).values(row))
        return StoredCalibration.model_validate(row["content"])

    def get(self, calibration_id: str) -> StoredCalibration | None:
        """Return one calibration, or None."""
        query = sa.select(*_WITHOUT_MODELS).where(self._is(calibration_id))
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _to_calibration(row)

    def fitted(self, calibration_id: str) -> Fitted | None:
        """Return one calibration with its models, or None."""
        row = self._connection.execute(sa.select(calibrations).where(self._is(calibration_id))).one_or_none()
        if row is None:
            return None
        return Fitted(Calibration.model_validate(row.content), row.models)

    def list(self, scorecard: str | None, after: Position | None, limit: int) -> list[StoredCalibration]:
        """Return up to `limit` calibrations, newest first, that come after a position."""
        query = sa.select(*_WITHOUT_MODELS).where(calibrations.c.tenant == self._tenant)
        if scorecard is not None:
            query = query.where(calibrations.c.scorecard_name == scorecard)
        order = (calibrations.c.created_at, calibrations.c.id)
        if after is not None:
            query = query.where(
                sa.tuple_(*order) < sa.tuple_(sa.bindparam("at", after[0], order[0].type), after[1])
            )
        query = query.order_by(*(column.desc() for column in order)).limit(limit)
        return [_to_calibration(row) for row in self._connection.execute(query)]

    def looks(self, basis_sha256: str) -> Sequence[str]:
        """Return the `labels_sha256` of all calibrations on this basis that tested a promise, oldest first;
        ``""`` for one that does not say.
        """
        query = (
            sa.select(calibrations.c.content)
            .where(calibrations.c.tenant == self._tenant)
            .where(calibrations.c.content["basis_sha256"].as_string() == basis_sha256)
            .order_by(calibrations.c.created_at, calibrations.c.id)
        )
        # Not read as calibrations: those of another version are looks as well.
        contents = self._connection.execute(query).scalars()
        return [content.get("labels_sha256", "") for content in contents if _has_tested(content)]

    def active_id(self, scorecard: str, grader: GraderName) -> str | None:
        """Return the id of the calibration that new grades follow, or None."""
        query = sa.select(calibrations.c.id).where(self._active_of(scorecard, grader))
        found: str | None = self._connection.scalar(query)
        return found

    def activate(self, calibration: Calibration, now: datetime) -> None:
        """Make it the one that new grades of its scorecard name and grader follow, instead of any other.

        An active one stays active since when it was. Two at the same moment: one of them is a Conflict.
        """
        one = self._is(calibration.id)
        rivals = self._active_of(calibration.scorecard.name, calibration.basis.grader)
        others = rivals & (calibrations.c.id != calibration.id)
        self._connection.execute(sa.update(calibrations).where(others).values(activated_at=None))
        inactive = one & calibrations.c.activated_at.is_(None)
        self._connection.execute(sa.update(calibrations).where(inactive).values(activated_at=now))

    def deactivate(self, calibration_id: str) -> None:
        """Let new grades follow none, where they followed this one."""
        one = self._is(calibration_id)
        self._connection.execute(sa.update(calibrations).where(one).values(activated_at=None))

    def _is(self, calibration_id: str) -> sa.ColumnElement[bool]:
        return (calibrations.c.id == calibration_id) & (calibrations.c.tenant == self._tenant)

    def _active_of(self, scorecard: str, grader: str) -> sa.ColumnElement[bool]:
        return sa.and_(
            calibrations.c.tenant == self._tenant,
            calibrations.c.scorecard_name == scorecard,
            calibrations.c.grader == grader,
            calibrations.c.activated_at.is_not(None),
        )


def _has_tested(content: dict[str, Any]) -> bool:
    certificates = (one.get("certificate") for one in content.get("dimensions", ()))
    return any(certificate and certificate.get("look", 1) for certificate in certificates)


def _to_calibration(row: sa.Row[Any]) -> StoredCalibration:
    active = {"active": row.activated_at is not None, "activated_at": row.activated_at}
    return StoredCalibration.model_validate({**row.content, **active})
