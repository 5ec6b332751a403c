"""Lets evaluations wait while the model is away, instead of failing them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from service.domain.evaluation import Assessment, Failure, Waiting
from service.domain.submission import Assignment
from service.storage.database import Database
from service.usecases.model_health import Attempt, Circuit, is_of_the_model

Outcome = Assessment | Failure
Grade = Callable[[], Awaitable[Outcome]]

WAIT_HOURS = 24.0

# Where others are answered and this one is not, it is not the model's absence.
OWN_TRIES = 3
OWN_PAUSE_S = 10.0

# What is told of an evaluation that waits is written anew so often; that also shows whether it was cancelled.
NOTE_EVERY_S = 60.0

_WORKER = ""


class Notes(Protocol):
    """Where it is written down that a job waits, and that it goes on. Called in another thread."""

    def park(self, waiting: Waiting) -> bool:
        """Write down that it waits, and take back the attempt that was counted; False when nobody wants it
        any more.
        """

    def go_on(self) -> bool:
        """Write down that it is worked on again, and count an attempt; False when nobody wants it."""


class _EvaluationNotes:
    """In the evaluation itself."""

    def __init__(self, database: Database, evaluation_id: str) -> None:
        self._database = database
        self._id = evaluation_id

    def park(self, waiting: Waiting) -> bool:
        with self._database.begin(_WORKER, forgetful=True) as tx:
            return tx.evaluations.park(self._id, waiting)

    def go_on(self) -> bool:
        with self._database.begin(_WORKER, forgetful=True) as tx:
            return tx.evaluations.count_attempt(self._id) is not None


class _Stay:
    """How one job waits."""

    def __init__(self, job_id: str, since: datetime | None, notes: Notes) -> None:
        self.id = job_id
        self.notes = notes
        self.is_parked = False
        self.own_tries = 0
        self._since = since

    def waiting(self, why: Failure) -> Waiting:
        """Return what is told of it."""
        now = datetime.now(UTC)
        self._since = self._since or now
        until = now + timedelta(seconds=NOTE_EVERY_S)
        return Waiting(type=why.type, detail=why.detail, since=self._since, until=until)

    def is_longer_than(self, longest: timedelta) -> bool:
        """Whether it has waited for longer than that."""
        return self._since is not None and datetime.now(UTC) - self._since > longest


class Parking:
    """Has evaluations graded when the model is there. A job that waits keeps its place in this process, so
    that at most as many wait here as it takes at a time; the others stay in the queue, untouched.
    """

    def __init__(
        self,
        database: Database,
        circuit: Circuit | None = None,
        wait_hours: float = WAIT_HOURS,
        own_pause_s: float = OWN_PAUSE_S,
    ) -> None:
        """Make it; after `wait_hours` an evaluation that waited fails."""
        self.circuit = circuit or Circuit()
        self._database = database
        self._longest = timedelta(hours=wait_hours)
        self._own_pause_s = own_pause_s
        self._parked: set[str] = set()

    @property
    def parked(self) -> frozenset[str]:
        """The jobs of this process that wait for the model."""
        return frozenset(self._parked)

    async def __call__(self, assignment: Assignment, grade: Grade) -> Outcome | None:
        """Return what `grade` gives once the model is there, a Failure when it stays away, None when the
        evaluation is final meanwhile. Raises DatabaseAway.
        """
        since = assignment.waiting.since if assignment.waiting else None
        return await self.hold(assignment.id, since, _EvaluationNotes(self._database, assignment.id), grade)

    async def hold(self, job_id: str, since: datetime | None, notes: Notes, grade: Grade) -> Outcome | None:
        """Do the same for any job, which may wait `since` earlier; None when `notes` do not want it."""
        stay = _Stay(job_id, since, notes)
        try:
            while True:
                why = self.circuit.trouble
                if why is not None and not await self._park(stay, why):
                    return None
                async with self.circuit.turn(NOTE_EVERY_S) as attempt:
                    if attempt is not None:
                        if stay.is_parked and not await self._go_on(stay):
                            return None
                        attempt.outcome = await grade()
                outcome = why if attempt is None else await self._ended(stay, attempt)
                if outcome is not None and (not is_of_the_model(outcome) or self._is_enough(stay)):
                    return self._told(stay, outcome)
        finally:
            self._parked.discard(stay.id)

    def _is_enough(self, stay: _Stay) -> bool:
        return stay.own_tries >= OWN_TRIES or stay.is_longer_than(self._longest)

    def _told(self, stay: _Stay, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Failure) and stay.is_longer_than(self._longest):
            hours = self._longest.total_seconds() / 3600
            return Failure(
                type=outcome.type, detail=f"{outcome.detail}; it was waited for for {hours:g} hours"
            )
        return outcome

    async def _ended(self, stay: _Stay, attempt: Attempt) -> Outcome | None:
        """Return what a try came to; where it failed while others were answered, after a pause."""
        outcome = attempt.outcome
        if isinstance(outcome, Failure) and is_of_the_model(outcome) and self.circuit.worked_since(attempt):
            stay.own_tries += 1
            if stay.own_tries < OWN_TRIES and await self._park(stay, outcome):
                await asyncio.sleep(self._own_pause_s)
        return outcome

    async def _park(self, stay: _Stay, why: Failure) -> bool:
        """Write down that it waits; False when it is final."""
        self._parked.add(stay.id)
        stay.is_parked = True
        return await asyncio.to_thread(stay.notes.park, stay.waiting(why))

    async def _go_on(self, stay: _Stay) -> bool:
        """Write down that it is worked on again; False when it is final."""
        self._parked.discard(stay.id)
        stay.is_parked = False
        return await asyncio.to_thread(stay.notes.go_on)
