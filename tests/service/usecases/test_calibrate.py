"""Calibrating from the database, on both kinds of it."""

import asyncio
import json

import pytest

from service.domain.errors import TooFewLabels, UnknownScorecard
from service.domain.evaluation import Assessment, RedactionSummary
from service.domain.score import score
from service.domain.submission import Submission
from service.formats.label_fields import Defaults
from service.storage.database import Database
from service.storage.reading import ReadOnlyDatabase
from service.storage.upgrade import upgrade
from service.usecases.calibrate import MOST_UNLABELLED, Calibrate, CalibrationRequest, _newest
from service.usecases.labels import ImportLabels
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from tests.service.calibration.making import NOW, a_labelled_set, graded, label, two_dimensions
from tests.service.cards import make_redacted

REQUEST = CalibrationRequest(scorecard="two", activate=False)


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database, [], NOW)
    yield database
    database.close()


@pytest.fixture
def calibrate(database, database_url):
    return Calibrate(database, ReadOnlyDatabase(database_url))


def keep(database, *labelled, tenant="a"):
    """Store graded conversations with their labels."""
    with database.begin(tenant) as tx:
        card, _ = tx.scorecards.publish(two_dimensions().scorecard, NOW)
        for number, one in enumerate(labelled):
            _store(tx, card, f"{number:032x}", one.evaluation)
    lines = [
        {"conversation": one.evaluation.external_id} | given.model_dump(mode="json", exclude_none=True)
        for one in labelled
        for given in one.labels
    ]
    labels = ImportLabels(database, WorkPool(0), Policies())
    content = "\n".join(map(json.dumps, lines)).encode()
    assert not asyncio.run(labels(tenant, content, Defaults(scorecard="two"))).problems


def _store(tx, card, name, evaluation):
    turns = [turn.text for turn in evaluation.turns]
    submission = Submission(
        id=name,
        conversation=make_redacted(*turns, external_id=evaluation.external_id),
        redaction=RedactionSummary(entities={}, policy="p", version="7"),
        scorecard=card,
        grader="llm",
        created_at=evaluation.created_at,
    )
    tx.evaluations.add(submission)
    done = Assessment(grades=evaluation.grades, provenance=evaluation.provenance)
    tx.evaluations.complete(name, done, score(card.scorecard, done.grades), NOW)


def test_what_is_stored_is_calibrated_kept_and_activated_when_asked(database, calibrate):
    keep(database, *a_labelled_set(30), graded(99))
    report = calibrate.now("a", REQUEST)
    assert (report.conversations, report.active, report.scorecard.revision) == (30, False, 1)
    tone = report.dimensions[0]
    assert (tone.agreement.labels, tone.certificate.risk) == (60, 0.1)
    followed = calibrate.now("a", REQUEST.model_copy(update={"activate": True}))
    with database.begin("a") as tx:
        assert tx.calibrations.active_id("two", "llm") == followed.id
        assert len(tx.calibrations.list("two", None, 10)) == 2


async def test_two_requests_at_once_both_get_a_calibration(database, calibrate):
    await asyncio.to_thread(keep, database, *a_labelled_set(24))
    request = REQUEST.model_copy(update={"activate": True})
    made = await asyncio.gather(calibrate("a", request), calibrate("a", request))
    assert made[0].id != made[1].id
    with database.begin("a") as tx:
        assert [one.active for one in tx.calibrations.list(None, None, 10)].count(True) == 1


def test_labels_of_another_tenant_do_not_count(database, calibrate):
    keep(database, *a_labelled_set(5))
    with pytest.raises(UnknownScorecard):
        calibrate.now("b", REQUEST)


def test_nothing_is_kept_of_a_calibration_that_could_not_be_activated(database, calibrate):
    keep(database, *a_labelled_set(3))
    with pytest.raises(TooFewLabels, match="there is nothing to activate yet"):
        calibrate.now("a", REQUEST.model_copy(update={"activate": True}))
    with database.begin("a") as tx:
        assert tx.calibrations.list(None, None, 10) == []


def test_of_very_many_unlabelled_grades_the_newest_are_taken_without_their_turns():
    many = [graded(n) for n in range(MOST_UNLABELLED + 5)]
    taken = _newest([graded(0, label("tone", 4)), *many])
    assert len(taken) == MOST_UNLABELLED + 1
    assert taken[0].evaluation.turns is not None
    assert {one.evaluation.turns for one in taken[1:]} == {None}
    assert taken[-1].evaluation.id == many[-1].evaluation.id


def looks(made):
    return {one.certificate.look for one in made.dimensions if one.certificate is not None}


def test_every_calibration_with_other_labels_is_another_look(database, calibrate):
    everything = a_labelled_set(60)
    keep(database, *everything[:40])
    first, again = (calibrate.now("a", REQUEST) for _ in range(2))
    assert (looks(first), looks(again)) == ({1}, {1})
    assert again.labels_sha256 == first.labels_sha256
    assert [one.certificate for one in again.dimensions] == [one.certificate for one in first.dimensions]
    more = [one.model_dump(mode="json", exclude_none=True) | {"conversation": "c1"} for one in SECOND]
    labels = ImportLabels(database, WorkPool(0), Policies())
    content = "\n".join(map(json.dumps, more)).encode()
    assert not asyncio.run(labels("a", content, Defaults(scorecard="two"))).problems
    second = calibrate.now("a", REQUEST)
    assert looks(second) <= {0, 2}
    assert second.labels_sha256 != first.labels_sha256


SECOND = [label("tone", 3, "r3"), label("greeting", "yes", "r3")]
