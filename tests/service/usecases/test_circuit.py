"""When work is held back for the model's sake, who finds out whether it is back, whose failure is whose."""

import asyncio
from datetime import UTC, datetime

from service.domain.evaluation import Assessment, Failure, Provenance, RedactionSummary, Usage
from service.domain.scorecard import ScorecardRevision
from service.domain.submission import Assignment, Submission
from service.storage.database import Database
from service.storage.upgrade import upgrade
from service.usecases.model_health import Circuit
from service.usecases.parking import OWN_TRIES, Parking
from tests.service.grading.building import a_conversation, three_dimensions

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
AWAY = Failure(type="model-away", detail="no connection")
REFUSED = Failure(type="model-rejected", detail="not this one")
PROVENANCE = Provenance(grader="llm", redactor="1")
GRADED = Assessment(grades=(), usage=Usage(requests=1), provenance=PROVENANCE)
UNASKED = Assessment(grades=(), provenance=PROVENANCE)
SUMMARY = RedactionSummary(entities={}, policy="p", version="1")
PAUSE_S = 0.02


def quick():
    return Circuit(first_pause_s=PAUSE_S, longest_pause_s=2 * PAUSE_S)


async def learn(circuit, outcome):
    async with circuit.turn() as attempt:
        attempt.outcome = outcome


async def test_the_first_failure_opens_it_and_the_first_answer_closes_it():
    circuit = quick()
    await learn(circuit, AWAY)
    assert (circuit.trouble, circuit.state) == (AWAY, "away")
    await learn(circuit, GRADED)
    assert (circuit.trouble, circuit.state) == (None, "ok")


async def test_a_refusal_of_one_request_shows_that_the_model_is_there_and_no_request_shows_nothing():
    circuit = quick()
    await learn(circuit, AWAY)
    await learn(circuit, UNASKED)
    assert circuit.trouble == AWAY
    await learn(circuit, REFUSED)
    assert circuit.trouble is None


async def test_while_it_is_open_one_at_a_time_finds_out_and_they_take_turns():
    circuit, asked, inside = quick(), [], 0
    await learn(circuit, AWAY)

    async def work(name):
        nonlocal inside
        while True:
            async with circuit.turn() as attempt:
                inside += 1
                assert inside == 1 or circuit.trouble is None
                asked.append(name)
                await asyncio.sleep(0)
                attempt.outcome = GRADED if len(asked) > 6 else AWAY
                inside -= 1
            if attempt.outcome == GRADED:
                return

    async with asyncio.timeout(30):
        await asyncio.gather(*(work(name) for name in "abc"))
    assert asked[:6] == list("abcabc")
    assert sorted(asked[6:]) == list("abc")


async def test_who_is_cancelled_while_finding_out_leaves_the_turn_to_the_next():
    circuit = quick()
    await learn(circuit, AWAY)

    async def hang():
        async with circuit.turn():
            await asyncio.sleep(1000)

    hanging = asyncio.create_task(hang())
    await asyncio.sleep(5 * PAUSE_S)
    hanging.cancel()
    async with asyncio.timeout(30):
        await learn(circuit, GRADED)
    assert circuit.trouble is None


async def test_nobody_waits_longer_than_they_want():
    circuit = Circuit(first_pause_s=1000)
    await learn(circuit, AWAY)
    async with circuit.turn(patience_s=0.01) as attempt:
        assert attempt is None


async def test_a_failure_while_others_are_answered_is_its_own():
    circuit = quick()
    async with circuit.turn() as slow:
        await asyncio.sleep(PAUSE_S)
        await learn(circuit, GRADED)
        slow.outcome = AWAY
    assert circuit.worked_since(slow)
    assert circuit.trouble is None


def assigned(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(database, [three_dimensions()], NOW)
    with database.begin("t") as tx:
        card = tx.scorecards.get("small")
        assert isinstance(card, ScorecardRevision)
        submission = Submission(
            id="e1",
            conversation=a_conversation(),
            redaction=SUMMARY,
            scorecard=card,
            grader="llm",
            created_at=NOW,
        )
        tx.evaluations.add_all([submission])
        assignment = tx.evaluations.start_attempt("e1")
    assert isinstance(assignment, Assignment)
    return database, assignment


async def test_waiting_is_not_counted_as_an_attempt(tmp_path):
    database, assignment = assigned(tmp_path)
    parking = Parking(database, quick())
    outcomes = [AWAY, AWAY, AWAY, GRADED]

    async def grade():
        return outcomes.pop(0)

    assert await parking(assignment, grade) == GRADED
    with database.begin("t") as tx:
        assert tx.evaluations.count_attempt("e1") == 2
        assert tx.evaluations.get("e1").waiting is None
    assert parking.parked == set()


async def test_one_that_alone_is_not_answered_fails_after_a_few_tries(tmp_path):
    database, assignment = assigned(tmp_path)
    circuit = quick()
    parking, tries = Parking(database, circuit, own_pause_s=0), 0

    async def grade():
        nonlocal tries
        tries += 1
        await asyncio.sleep(0.001)
        await learn(circuit, GRADED)
        return AWAY

    assert await parking(assignment, grade) == AWAY
    assert tries == OWN_TRIES


async def test_what_is_cancelled_while_it_waits_is_not_graded(tmp_path):
    database, assignment = assigned(tmp_path)
    circuit = quick()
    await learn(circuit, AWAY)

    async def grade():
        raise AssertionError("it was cancelled")

    with database.begin("t") as tx:
        tx.evaluations.cancel("e1", NOW)
    assert await Parking(database, circuit)(assignment, grade) is None
