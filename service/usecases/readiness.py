"""Whether this process can take work, and what is not as it should be."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from service.domain.errors import DatabaseAway, TooBusy
from service.storage.database import Database
from service.storage.schema_version import SchemaVersion
from service.usecases.model_health import ModelState
from service.usecases.workload import WorkloadReader

PATIENCE_S = 10.0
"""A database that takes longer is away for whoever asks, long before a frozen one is given up."""


class Ready(NamedTuple):
    """It can take work. `reasons` are sentences about what is not as it should be."""

    model: ModelState
    reasons: tuple[str, ...]


class Readiness:
    """Looks at the database, the model, the disk and the workers."""

    def __init__(
        self,
        database: Database,
        model: Callable[[], Awaitable[ModelState]],
        workload: WorkloadReader,
        min_free_disk_mb: float,
        lacks_key: Callable[[], bool] = lambda: False,
        check_room: Callable[[], Awaitable[None]] | None = None,
        is_warm: Callable[[], bool] = lambda: True,
    ) -> None:
        """Make it; `lacks_key` says whether a sealed request waits for a key that is not there, `check_room`
        raises TooBusy when submissions are refused, `is_warm` says whether redaction has loaded.
        """
        self._lacks_key = lacks_key
        self._check_room = check_room
        self._is_warm = is_warm
        self._database = database
        self._model = model
        self._workload = workload
        self._min_free_mb = min_free_disk_mb

    async def __call__(self) -> Ready:
        """Return how it is. Raises DatabaseAway when nothing can be accepted: the database is away, or its
        tables are of an older version.
        """
        version = await self._version()
        version.refuse_older()
        model = await self._model()
        reasons = [_MODEL[model]] if model in _MODEL else []
        if version.is_newer:
            # While a fleet is being replaced the old processes go on; migrations only add.
            reasons.append("a newer version of qalibrate has upgraded the database; replace this process")
        if self._lacks_key():
            reasons.append("no key in QALIBRATE_SECRET_KEY opens what waits sealed: it waits for the key")
        reasons += self._disk() or await self._room()
        reasons += await self._workers()
        if not self._is_warm():
            reasons.append("warming up: redaction is still loading, and the first conversations wait for it")
        return Ready(model, tuple(reasons))

    async def _version(self) -> SchemaVersion:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await asyncio.to_thread(self._database.version)
        except TimeoutError:
            raise DatabaseAway(f"the database did not answer within {PATIENCE_S:g} s") from None

    def _disk(self) -> list[str]:
        file = self._database.file
        if file is None:
            return []
        free_mb = shutil.disk_usage(file.absolute().parent).free / 1e6
        if free_mb >= self._min_free_mb:
            return []
        return [f"the disk that holds the database has {free_mb:.0f} MB left; submissions are refused"]

    async def _room(self) -> list[str]:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await (self._check_room() if self._check_room else asyncio.sleep(0))
        except TooBusy as busy:
            return [f"submissions are refused: {busy.detail.rpartition('; ')[0]}"]
        except TimeoutError:
            return []
        return []

    async def _workers(self) -> list[str]:
        workload = await self._workload()
        if workload is None or workload.workers != 0:
            return []
        return ["no worker gives a sign of life: what is accepted waits for one"]


_MODEL: Mapping[ModelState, str] = {
    "away": "the model cannot be reached: what needs it waits",
    "refuses-key": "the model's server refuses the key (OPENAI_API_KEY): what needs it waits",
    "misconfigured": "the model's server refuses every request: see OPENAI_BASE_URL and QALIBRATE_MODEL",
}
