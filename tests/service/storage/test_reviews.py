"""Reviews in a database: nothing lost under many writers, old grades in the queue, plans by index."""

import asyncio
import random
import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic import command

from service.domain.appeal import AppealFilter
from service.domain.keys import ApiKey
from service.domain.review import GivenVerdict, ReviewRequest
from service.domain.review_queue import QueueFilter
from service.domain.score import score
from service.storage.database import Database
from service.storage.schema import evaluations
from service.storage.upgrade import migrations, upgrade
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from service.usecases.review import current_reviews, merged_grades, still_open
from service.usecases.reviews import Reviews
from service.usecases.words import RedactWords
from tests.service.results import keep, own_assessment, own_card
from tests.service.storage.test_query_plans import recorded

NOW = datetime(2026, 11, 2, 10, 20, tzinfo=UTC)
KEY = ApiKey(id="k1", tenant="a", name="desk", scopes=("review",), created_at=NOW)
LEVELS = {
    "greeting": ["no"],
    "listening": [1, 3],
    "compensation": ["yes"],
    "hold": ["no", "yes"],
    "refund": ["no", "yes"],
}


@pytest.fixture
def database(database_url):
    made = Database(database_url)
    upgrade(made, [], NOW)
    keep(made, "a", "e1", own_assessment(), NOW)
    yield made
    made.close()


def verdicts(drawn: random.Random, count: int):
    for _ in range(count):
        name = drawn.choice(list(LEVELS))
        if drawn.random() < 0.4:
            yield GivenVerdict(dimension=name, verdict="accept")
        else:
            yield GivenVerdict(
                dimension=name, verdict="overrule", level=drawn.choice(LEVELS[name]), reason="Heard again."
            )


def test_reviews_of_many_at_once_are_all_in_the_history_and_the_score_is_theirs(database):
    reviews = Reviews(database, RedactWords(WorkPool(0), Policies()))
    each, people = 6, 4
    failures = []

    def run(number):
        try:
            for one in verdicts(random.Random(number), each):
                request = ReviewRequest(reviewer=f"r{number}", verdicts=(one,))
                asyncio.run(reviews.review(KEY, "e1", request))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    history = reviews.history("a", "e1")
    assert len(history) == each * people
    with database.begin("a") as tx:
        standing = tx.reviews.lock("e1")
    evaluation, card = standing.evaluation, own_card()
    current = current_reviews(evaluation)
    assert sum(one.count for one in current.values()) == len(history)
    said = {(one.dimension, one.by, one.at) for one in history}
    assert {(name, one.by, one.at) for name, one in current.items()} <= said
    assert evaluation.reviewed_score == score(card, merged_grades(card, evaluation.grades, current))
    assert evaluation.score == score(card, own_assessment().grades)
    assert standing.open == still_open(card, evaluation.grades, current)
    assert evaluation.review_state == ("open" if standing.open else "done")


def upgrade_to(database, revision):
    with database.unhurried() as connection:
        config = migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_what_was_graded_before_there_was_a_queue_waits_in_it_and_is_not_late(database_url):
    database = Database(database_url)
    upgrade_to(database, "0009")
    done = own_assessment()
    with database.begin("a") as tx:
        keep_old(tx, "old", done)
        accepted = tuple(grade.model_copy(update={"disposition": "auto_accepted"}) for grade in done.grades)
        keep_old(tx, "fine", done.model_copy(update={"grades": accepted}), needs_review=False)
    upgrade(database, [], NOW)
    with database.begin("a") as tx:
        (waiting,) = tx.reviews.queue(QueueFilter(now=NOW), None, 9)
    assert (waiting.evaluation.id, waiting.certainty) == ("old", 0)
    assert waiting.open == tuple(grade.dimension for grade in done.grades)
    assert waiting.due_at > datetime.now(UTC) + timedelta(days=4)
    database.close()


def test_what_an_older_release_has_people_grade_blind_is_not_in_the_queue(database_url):
    database = Database(database_url)
    upgrade_to(database, "0013")
    old = sa.table(
        "calibration_sessions",
        *(sa.column(name) for name in ("id", "tenant", "closed_at")),
        sa.column("content", sa.JSON),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    sessions = {"s1": {"evaluations": ["e1"]}, "s2": {"evaluations": []}, "s3": []}
    with database.begin("a") as tx:
        for name, content in sessions.items():
            row = {"id": name, "tenant": "a", "content": content, "created_at": NOW}
            tx.connection.execute(sa.insert(old).values(row))
    upgrade(database, [], NOW)
    keep(database, "a", "e1", own_assessment(), NOW)
    keep(database, "a", "e2", own_assessment(), NOW, external_id="crm-882")
    with database.begin("a") as tx:
        assert [one.evaluation.id for one in tx.reviews.queue(QueueFilter(now=NOW), None, 9)] == ["e2"]
    database.close()


def keep_old(tx, evaluation_id, done, *, needs_review=True):
    """Store a completed evaluation as the release before did."""
    assessment = {"score": score(own_card(), done.grades).model_dump(mode="json")} | done.model_dump(
        mode="json"
    )
    tx.connection.execute(
        sa.insert(evaluations).values(
            id=evaluation_id,
            tenant="a",
            status="completed",
            scorecard_tenant="a",
            scorecard_name="own-card",
            scorecard_revision=1,
            grader="llm",
            language="en",
            created_at=NOW - timedelta(days=90),
            completed_at=NOW - timedelta(days=90),
            attempts=1,
            needs_review=needs_review,
            conversation={"turns": []},
            redaction={"entities": {}, "policy": "default", "version": "3"},
            request_metadata={},
            assessment=assessment,
        )
    )


FILTERS = [{}, {"agent": "a-17"}, {"dimension": "hold"}, {"overdue": True}, {"assignee": "r1"}]


def test_the_queue_is_read_in_its_order_by_index(database):
    position = NOW, uuid.uuid4().hex
    with recorded() as seen, database.begin("a") as tx:
        for wanted in FILTERS:
            tx.reviews.queue(QueueFilter(now=NOW, **wanted), None, 50)
            tx.reviews.queue(QueueFilter(now=NOW, **wanted), position, 50)
        tx.reviews.history("e1")
        tx.appeals.list(AppealFilter(now=NOW, evaluation="e1"), None, 50)
        tx.appeals.list(AppealFilter(now=NOW, state="open"), position, 50)
        tx.sessions.answers("s1")
        tx.labels.counted("hold", "own-card")
    plans = [plan for statement, given in seen.items() for plan in steps(database, statement, given)]
    # What one person holds is sorted: it is little, and has an index of its own.
    assert plans.count("USE TEMP B-TREE FOR ORDER BY") <= 2
    plans = [plan for plan in plans if plan != "USE TEMP B-TREE FOR ORDER BY"]
    assert len(seen) == 2 * len(FILTERS) + 5
    assert [step for step in plans if "SCAN" in step or "Seq Scan" in step or "TEMP B-TREE" in step] == []


def steps(database, statement, given):
    with database.engine.connect() as connection:
        if database.is_sqlite:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
            return [row[3] for row in rows]
        connection.exec_driver_sql("SET enable_seqscan = off")
        return connection.exec_driver_sql(f"EXPLAIN {statement}", given).scalars().all()
