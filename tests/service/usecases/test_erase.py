"""Erasing on both databases: what goes, what stays, and what it meets on the way."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from service.domain.audit import AuditFilter
from service.domain.batch import TakenLine
from service.domain.errors import Conflict, Gone, NotFound
from service.domain.evaluation import Failure
from service.domain.score import score
from service.domain.submission import EvaluationFilter
from service.storage import schema
from service.storage.database import Database
from service.storage.idempotency import Claim
from service.storage.reading import ReadOnlyDatabase
from service.storage.upgrade import upgrade
from service.usecases.accept import Idempotency, same_request
from service.usecases.explain import ExplainEvaluation
from service.usecases.report import ReportRequest, Reports
from service.usecases.tidy import Settle, tidy
from tests.service.erasing import erasing
from tests.service.remains import remains_of
from tests.service.results import keep, own_assessment, own_card, own_conversation, words_of

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
NAME = "crm-881-of-a-customer"
LEVELS = {"level", "label", "earlier"}
"""People's levels stay, in the words of the scorecard."""


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    upgrade(database, [], NOW)
    yield database
    database.close()


def graded(database, one="e1", minutes=0, tenant="a", done=None, **said):
    said = {"external_id": NAME, "metadata": {"note": "a word in the metadata"}, **said}
    keep(database, tenant, one, done or own_assessment(), NOW + timedelta(minutes=minutes), **said)


def filled(table, evaluation_id="e1", **given):
    """A row with a word of its own wherever words can stand."""
    row = {"evaluation_id": evaluation_id, **({"tenant": "a"} if "tenant" in table.c else {}), **given}
    for column in table.c:
        mark = f"words-in-{table.name}-{column.name}"
        kind = column.type
        if column.name in row or column.name in LEVELS:
            row.setdefault(column.name, [] if column.name == "earlier" else 1)
        elif isinstance(kind, sa.JSON):
            row[column.name] = {"text": mark} if table is not schema.appeals else shaped(column.name, mark)
        elif isinstance(kind, sa.LargeBinary):
            row[column.name] = mark.encode()
        elif isinstance(kind, sa.Text):
            row[column.name] = mark
        elif isinstance(kind, sa.String):
            row[column.name] = "pending" if column.name == "status" else "x"
        elif isinstance(kind, sa.Integer | sa.Float):
            row[column.name] = 1
        elif isinstance(kind, sa.Boolean):
            row[column.name] = True
        elif column.name not in {"gone_at", "closed_at"}:
            row[column.name] = NOW
    return row


def shaped(column, mark):
    """A part of an appeal, which is a grade or holds one."""
    grade = own_assessment().grades[0].model_dump(mode="json") | {"rationale": mark}
    parts = {"contested": grade, "regrade": {"grade": grade, "provenance": {"text": mark}}}
    return parts.get(column, {"text": mark, "reason": mark} if column == "quote" else {"reason": mark})


def spoken(row):
    return re.findall(r"words-in-[a-z_-]+", str(row))


def beside():
    """The tables that hold something of an evaluation."""
    # Lines of batches that became evaluations have no words, the others have no evaluation.
    skipped = {"idempotency_keys", "label_plan_items", "labels", "batch_lines"}
    tables = schema.metadata.sorted_tables
    return [table for table in tables if "evaluation_id" in table.c and table.name not in skipped]


def test_nothing_that_was_said_is_left_in_any_table(database):
    graded(database)
    with database.begin("a") as tx:
        values = {"callback_url": "https://crm.example/hook?token=words-in-a-url"}
        tx.connection.execute(sa.update(schema.evaluations).values(values))
        for table in beside():
            tx.connection.execute(sa.insert(table).values(filled(table)))
        for column in ({"conversation": NAME}, {"conversation": None, "id": "y"}):
            label = filled(schema.labels, **column)
            tx.connection.execute(sa.insert(schema.labels).values(label))
        plan = {**filled(schema.label_plan_items), "conversation": NAME}
        tx.connection.execute(sa.insert(schema.label_plan_items).values(plan))
    words = {NAME, *(turn.text for turn in own_conversation().turns), "a word in the metadata"}
    words |= {word for word in words_of(own_assessment().model_dump(mode="json")) if len(word) > 9}
    tables = [*beside(), schema.labels]
    words |= {word for table in tables for word in spoken(filled(table))} | {"words-in-a-url"}
    assert len(words) > 30
    assert remains_of(words, database) == words
    erasing(database).one("a", "e1", "key-1")
    assert remains_of(words, database) == set()


def test_sqlites_files_hold_nothing_of_it_while_they_are_in_use(database):
    if not database.is_sqlite:
        pytest.skip("the files of a server are its own")
    words = {NAME, "a word in the metadata", *(turn.text for turn in own_conversation().turns)}
    for number in range(3):
        graded(database, f"e{number}", number)
        graded(database, f"other{number}", number, external_id="another", metadata={})
    assert held_by_files(database, words) == words
    erasing(database).conversation("a", NAME, "k")
    assert held_by_files(database, {NAME, "a word in the metadata"}) == set()
    with database.engine.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.exec_driver_sql("SELECT count(*) FROM evaluations").all()
        erasing(database).conversation("a", "another", "k")
        assert not database.settle(), "somebody reads what was there before"
        assert held_by_files(database, words)
    tidy([Settle(database)])
    assert held_by_files(database, words) == set()


def held_by_files(database, words):
    """Those of the words that stand in the files as they are at this moment."""
    held = b"".join(one.read_bytes() for one in database.file.parent.glob(f"{database.file.name}*"))
    return {word for word in words if word.encode() in held or ascii(word)[1:-1].encode() in held}


def test_the_digests_of_what_was_sent_go_and_the_same_request_is_still_answered_as_gone(database):
    graded(database)
    digest, of_another = "1" * 64, "2" * 64
    claims = [Claim("same", digest, "e1"), Claim("appeal", digest, "appeal-1"), Claim("b", of_another, "x")]
    lines = [
        TakenLine(line=1, body_sha256=digest, outcome="accepted", evaluation_id="e1"),
        TakenLine(line=2, body_sha256=digest, outcome="duplicate", evaluation_id="e1"),
        TakenLine(line=3, body_sha256=of_another, outcome="accepted", evaluation_id="x"),
    ]
    with database.begin("a") as tx:
        values = {"batch_id": "b1", "batch_line": 1}
        tx.connection.execute(sa.update(schema.evaluations).values(values))
        appeal = filled(schema.appeals, id="appeal-1")
        tx.connection.execute(sa.insert(schema.appeals).values(appeal))
        tx.idempotency.claim(claims, NOW)
        tx.batches.record("b1", lines, [])
    assert remains_of({digest, of_another}, database) == {digest, of_another}
    erasing(database).one("a", "e1", "k")
    assert remains_of({digest, of_another}, database) == {of_another}
    with database.begin("a") as tx:
        for body in (digest, of_another):
            with pytest.raises(Gone):
                same_request(tx, Idempotency("same", body))
        with pytest.raises(Conflict):
            same_request(tx, Idempotency("b", digest))
        taken = tx.batches.taken("b1", [1, 2, 3])
    assert [taken[line].came_with("3" * 64) for line in (1, 2, 3)] == [True, True, False]


def test_every_read_of_it_says_that_it_is_gone_and_lists_leave_it_out(database):
    graded(database)
    erase = erasing(database)
    erase.one("a", "e1", "key-1")
    with database.begin("a") as tx:
        assert tx.evaluations.list(EvaluationFilter(), None, 10) == []
        assert tx.evaluations.evaluated(["e1"], [NAME]) == []
        with pytest.raises(Gone):
            tx.evaluations.get("e1", turns=True)
    with pytest.raises(Gone):
        erase.one("a", "e1", "key-1")
    explain = ExplainEvaluation(ReadOnlyDatabase(database.url.render_as_string(hide_password=False)))
    with pytest.raises(Gone):
        explain("a", "e1")
    with pytest.raises(NotFound):
        explain("a", NAME)


def test_another_tenant_cannot_erase_and_learns_nothing(database):
    graded(database)
    with pytest.raises(NotFound):
        erasing(database).one("b", "e1", "key-1")
    assert erasing(database).several("b", ["e1"], "key-1").unknown == ("e1",)
    assert erasing(database).conversation("b", NAME, "key-1").erased == 0
    with database.begin("a") as tx:
        assert tx.evaluations.get("e1").grades


def label_of(conversation, level, rater="r1"):
    return filled(schema.labels) | {
        "id": f"{conversation}-{rater}",
        "conversation": conversation,
        "evaluation_id": None,
        "dimension": "greeting",
        "rater": rater,
        "level": level,
        "scorecard_name": "own-card",
        "scorecard_revision": None,
        "probability": None,
    }


def figures(database):
    url = database.url.render_as_string(hide_password=False)
    report = Reports(ReadOnlyDatabase(url), "llm").now("a", ReportRequest(scorecard="own-card"))
    with database.begin("a") as tx:
        graded = list(tx.labels.labelled_evaluations("own-card", "llm", turns=True))
    numbers = [
        (e.score, [(g.level, g.points, g.confidence) for g in e.grades]) for e, _ in map(tuple_of, graded)
    ]
    levels = [
        [(label.rater, label.dimension, label.level) for label in labels]
        for _, labels in map(tuple_of, graded)
    ]
    return report, numbers, levels


def tuple_of(one):
    return one.evaluation, sorted(one.labels, key=lambda label: label.rater)


def test_reports_and_calibrations_count_what_they_counted_before(database):
    for number in range(4):
        graded(database, f"e{number}", number, external_id=f"call-{number // 2}")
    graded(database, "alone", 9, external_id=None)
    with database.begin("a") as tx:
        rows = [label_of("call-0", "yes"), label_of("call-0", "yes", "r2"), label_of("call-1", "no")]
        tx.connection.execute(sa.insert(schema.labels), rows)
    before = figures(database)
    assert (before[0].evaluations, [len(labels) for labels in before[2]]) == (3, [2, 1, 0])
    erase = erasing(database)
    erase.one("a", "e0", "k")
    assert figures(database) == before
    assert erase.conversation("a", "call-0", "k").erased == 1
    assert erase.several("a", ["alone", "e2", "e3"], "k").erased == 3
    assert figures(database) == before


def test_the_name_of_a_conversation_goes_with_the_last_of_its_evaluations(database):
    graded(database, "e1")
    graded(database, "e2", 1)
    with database.begin("a") as tx:
        tx.connection.execute(sa.insert(schema.labels).values(label_of(NAME, "yes")))
    erase = erasing(database)
    erase.one("a", "e1", "k")
    # The name is still needed; what was written of it may have been of the one that is erased.
    assert remains_of({NAME, "words-in-labels-rationale"}, database) == {NAME}
    erase.one("a", "e2", "k")
    assert remains_of({NAME, "words-in-labels-rationale"}, database) == set()


def test_a_label_that_was_given_again_after_erasure_does_not_meet_the_old_one(database):
    graded(database)
    with database.begin("a") as tx:
        tx.connection.execute(sa.insert(schema.labels).values(label_of(NAME, "yes")))
    erasing(database).one("a", "e1", "k")
    with database.begin("a") as tx:
        tx.connection.execute(sa.insert(schema.labels).values(label_of(NAME, "no")))
        assert [label.level for label in tx.labels.of([NAME], [])] == ["no"]


def test_a_worker_that_is_grading_it_at_that_moment_stores_nothing(database):
    keep(database, "a", "e1", None, NOW, external_id=NAME)
    with database.begin("") as tx:
        assert tx.evaluations.start_attempt("e1") is not None
    erasing(database).one("a", "e1", "k")
    done = own_assessment()
    with database.begin("") as tx:
        assert not tx.evaluations.complete("e1", done, score(own_card(), done.grades), NOW)
        assert not tx.evaluations.fail("e1", Failure(type="x", detail="a word"), NOW)
        assert tx.evaluations.start_attempt("e1") is None
    words = {turn.text for turn in own_conversation().turns} | {"a word"}
    assert remains_of(words, database) == set()
    with database.engine.connect() as connection:
        status = connection.scalar(sa.select(schema.evaluations.c.status))
    assert status == "cancelled"


def test_why_it_failed_stays_without_the_sentence(database):
    graded(database, done=Failure(type="timeout", detail="a sentence about it"))
    erasing(database).one("a", "e1", "k")
    with database.engine.connect() as connection:
        error = connection.scalar(sa.select(schema.evaluations.c.error))
    assert error == {"type": "timeout", "detail": "erased"}


def test_many_are_told_apart_by_what_became_of_them(database):
    for number in range(3):
        graded(database, f"e{number}", number)
    erase = erasing(database)
    erase.one("a", "e0", "k")
    done = erase.several("a", ["e0", "e1", "e1", "never", "e2"], "k")
    assert (done.erased, done.gone, done.unknown) == (2, ("e0",), ("never",))


def test_each_erasure_leaves_one_line_without_words(database):
    graded(database, "e1")
    graded(database, "e2", 1)
    erase = erasing(database)
    assert erase.conversation("a", NAME, "key-7").erased == 2
    assert erase.conversation("a", NAME, "key-7").erased == 0
    with database.begin("a") as tx:
        lines = tx.audit.list(AuditFilter(action="evaluation.erased"), None, 10)
    assert {(line.actor, line.subject) for line in lines} == {("key-7", "e1"), ("key-7", "e2")}
    assert json.dumps([line.details for line in lines]) == json.dumps([{"status": "completed"}] * 2)
