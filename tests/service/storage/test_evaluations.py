import threading
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.evaluation import Assessment, Failure, Provenance, RedactionSummary
from service.domain.grade import Grade, Verdict
from service.domain.score import score
from service.domain.scorecard import ScorecardRevision
from service.domain.submission import EvaluationFilter, Submission
from service.storage.database import Database
from service.storage.idempotency import Claim
from service.storage.upgrade import upgrade
from tests.service.cards import make_card, make_redacted

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
CARD = make_card()


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database, [CARD], NOW)
    yield database
    database.close()


def submit(database, evaluation_id, tenant="a", minutes=0, **fields):
    submission = Submission(
        id=evaluation_id,
        conversation=make_redacted(**fields),
        redaction=RedactionSummary(entities={"PERSON": 1}, policy="default", version="1"),
        scorecard=ScorecardRevision(scorecard=CARD, revision=1, builtin=True),
        grader="signals",
        created_at=NOW + timedelta(minutes=minutes),
    )
    with database.begin(tenant) as tx:
        tx.evaluations.add(submission)


def assessment():
    dimension = next(CARD.dimensions)
    grade = Grade.of(dimension, "all", Verdict(level="yes", rationale="It does."), "signals")
    return Assessment(grades=(grade,), provenance=Provenance(grader="signals", redactor="1"))


def listed(database, **wanted):
    with database.begin("a") as tx:
        return [e.id for e in tx.evaluations.list(EvaluationFilter(**wanted), None, 50)]


def test_an_accepted_evaluation_is_queued_and_says_what_was_asked(database):
    submit(database, "e1", external_id="crm-1", agent={"id": "a-1", "team": "north"}, channel="call")
    with database.begin("a") as tx:
        evaluation = tx.evaluations.get("e1")
    assert (evaluation.status, evaluation.external_id, evaluation.channel) == ("queued", "crm-1", "call")
    assert evaluation.agent.team == "north"
    assert evaluation.created_at == NOW
    assert evaluation.turns is None


def test_turns_come_only_when_asked_for(database):
    submit(database, "e1")
    with database.begin("a") as tx:
        assert tx.evaluations.get("e1", turns=True).turns[1].text == "My parcel is late."


def test_evaluations_are_found_by_their_external_id(database):
    submit(database, "e1", external_id="crm-1")
    submit(database, "e2", external_id="crm-2")
    submit(database, "e3", external_id="crm-1", minutes=1)
    submit(database, "e4", external_id="crm-1", tenant="b")
    assert listed(database, external_id="crm-1") == ["e3", "e1"]


def test_another_tenant_sees_nothing(database):
    submit(database, "e1", tenant="b")
    with database.begin("a") as tx:
        assert tx.evaluations.get("e1") is None
    assert listed(database) == []


def test_a_result_is_stored_once_and_never_overwritten(database):
    submit(database, "e1")
    done = assessment()
    with database.begin("") as tx:
        assert tx.evaluations.start_attempt("e1").attempts == 1
        assert tx.evaluations.complete("e1", done, score(CARD, done.grades), NOW)
        assert not tx.evaluations.complete("e1", done, score(CARD, done.grades), NOW)
        assert not tx.evaluations.fail("e1", Failure(type="x", detail="y"), NOW)
        assert tx.evaluations.start_attempt("e1") is None
    with database.begin("a") as tx:
        evaluation = tx.evaluations.get("e1")
    assert (evaluation.status, evaluation.score.value, evaluation.grades[0].level) == (
        "completed",
        100,
        "yes",
    )


def test_attempts_are_counted(database):
    submit(database, "e1")
    with database.begin("") as tx:
        assert [tx.evaluations.start_attempt("e1").attempts for _ in range(3)] == [1, 2, 3]


def test_lists_are_newest_first_and_filtered(database):
    submit(database, "old", minutes=0, agent={"id": "x"})
    submit(database, "new", minutes=5)
    assert listed(database) == ["new", "old"]
    assert listed(database, agent="x") == ["old"]
    assert listed(database, scorecard="other") == []
    assert listed(database, status="completed") == []
    assert listed(database, from_=NOW + timedelta(minutes=1)) == ["new"]
    assert listed(database, to=NOW + timedelta(minutes=1)) == ["old"]


def test_pages_join_without_gap_or_overlap_even_at_the_same_moment(database):
    for number in range(7):
        submit(database, f"e{number}")
    seen, after = [], None
    with database.begin("a") as tx:
        while page := tx.evaluations.list(EvaluationFilter(), after, 3):
            seen += [e.id for e in page]
            after = (page[-1].created_at, page[-1].id)
    assert seen == [f"e{number}" for number in reversed(range(7))]


def test_of_fifty_claims_of_one_idempotency_key_one_wins(database):
    wins = []

    def claim(number):
        with database.begin("a") as tx:
            wins.append(tx.idempotency.claim([Claim("key", "sha", f"e{number}")], NOW) == {"key"})

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(wins) == [False] * 49 + [True]


def test_an_idempotency_key_of_one_tenant_is_free_for_another(database):
    with database.begin("a") as tx:
        assert tx.idempotency.claim([Claim("key", "sha", "e1")], NOW)
    with database.begin("b") as tx:
        assert tx.idempotency.find("key") is None
        assert tx.idempotency.claim([Claim("key", "sha", "e2")], NOW)
