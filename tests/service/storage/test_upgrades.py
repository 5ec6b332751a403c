"""Databases of every earlier release, with a row in each of their tables, brought to this version."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx2
import pytest
import sqlalchemy as sa
from alembic import command

from service.cli import run
from service.domain.errors import DatabaseAway
from service.domain.submission import EvaluationFilter
from service.storage.database import Database
from service.storage.schema import evaluations
from service.storage.schema_version import migrations, schema_version
from service.storage.upgrade import upgrade
from service.usecases.evaluations import Evaluations
from service.usecases.keys import Keys
from tests.running import running_service
from tests.service.cards import card, conversation

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
SECRET = "qal_of-an-early-release"

GRADE = {
    "dimension": "greeting",
    "section": "all",
    "outcome": "graded",
    "level": "yes",
    "label": "yes",
    "points": 1.0,
    "grader": "llm",
    "rationale": "It happens in the first turn.",
    "evidence": [{"turn": 0, "speaker": "agent", "quote": "Hello", "start": 0, "end": 5}],
    "confidence": 0.8,
    "disposition": "needs_review",
    "disposition_reason": "nobody has calibrated it",
}
ASSESSMENT = {
    "score": {
        "value": 100.0,
        "passed": True,
        "auto_failed_by": None,
        "graded": 1,
        "ungraded": 0,
        "not_applicable": 0,
    },
    "grades": [GRADE],
    "coaching": {"strengths": [], "improvements": []},
    "signals": {"longest_silence_s": 6.1},
    "flags": [],
    "usage": {"requests": 1, "prompt_tokens": 2310, "completion_tokens": 640, "latency_ms": 2840},
    "provenance": {"grader": "llm", "redactor": "1", "prompt": "grade@1", "model": "m"},
}
# What is told of a column by its name, where its type does not say enough.
VALUES = {
    "tenant": "acme",
    "status": "completed",
    "scorecard_tenant": "acme",
    "scorecard_name": "test-card",
    "grader": "llm",
    "language": "en",
    "channel": "call",
    "direction": "inbound",
    "needs_review": True,
    "conversation": conversation(),
    "redaction": {"entities": {"PERSON": 1}, "policy": "default", "version": "1"},
    "request_metadata": {"ticket": "t-1"},
    "assessment": ASSESSMENT,
    "scopes": ["submit", "read"],
    "key_hash": hashlib.sha256(SECRET.encode()).hexdigest(),
    "revision": 1,
    "scorecard_revision": 1,
    "attempts": 1,
}
# Null in a row of an evaluation that came to its end, or of a key that is in use.
NULL = {
    "error",
    "waiting",
    "revoked_at",
    "expires_at",
    "erased_at",
    "previous_hash",
    "previous_until",
    "rotated_at",
    "rate_limit",
    "review_state",
    "reviewed",
    "claimed_by",
    "claimed_until",
    "callback_url",
}
OF_TABLE = {
    ("scorecards", "name"): "test-card",
    ("scorecards", "content"): card(),
    ("evaluations", "id"): "e1",
    ("labels", "level"): "yes",
    ("labels", "earlier"): [],
    ("labels", "conversation"): "crm-1",
    ("label_plan_items", "conversation"): "crm-1",
    ("vaults", "expires_at"): NOW,
    ("webhook_deliveries", "status"): "delivered",
    ("webhook_secrets", "secret"): "whsec_c2VjcmV0",
}


def value_of(column: sa.Column, dialect: str):
    given = OF_TABLE.get((column.table.name, column.name), VALUES.get(column.name))
    moment = NOW.replace(tzinfo=None) if dialect == "sqlite" else NOW
    if given is None and column.name in NULL and column.nullable:
        return sa.null()
    if isinstance(given, datetime) or isinstance(column.type, sa.DateTime):
        return moment
    if given is not None and (isinstance(column.type, sa.JSON) or isinstance(given, str | int)):
        return given
    for kind, value in ((sa.Boolean, True), (sa.Integer, 1), (sa.Float, 0.5), (sa.LargeBinary, b"sealed")):
        if isinstance(column.type, kind):
            return value
    return (
        {} if isinstance(column.type, sa.JSON) else f"a {column.name}"[: getattr(column.type, "length", None)]
    )


def tables_of(database: Database) -> list[sa.Table]:
    known = sa.MetaData()
    known.reflect(database.engine)
    return [table for name, table in sorted(known.tables.items()) if name != "alembic_version"]


def build(database: Database, revision: str) -> None:
    """Leave the database as a release left it whose last migration was `revision`."""
    config = migrations()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    with database.engine.begin() as connection:
        for table in tables_of(database):
            row = {column.name: value_of(column, connection.dialect.name) for column in table.columns}
            connection.execute(sa.insert(table).values(row))


def rows(database: Database, tables: list[sa.Table]) -> dict[str, list]:
    """Everything in these tables, in the columns that they had."""
    with database.engine.connect() as connection:
        return {table.name: connection.execute(sa.select(table)).mappings().all() for table in tables}


def revisions() -> list[str]:
    from alembic.script import ScriptDirectory

    return sorted(script.revision for script in ScriptDirectory.from_config(migrations()).walk_revisions())


# What a migration is there to set.
SET_BY_MIGRATIONS = {
    "review_state",
    "review_due_at",
    "review_certainty",
    "review_open",
    "began_at",
    "figures",
}


@pytest.mark.parametrize("revision", revisions())
def test_a_database_of_every_release_is_brought_to_this_one_and_loses_nothing(database_url, revision):
    database = Database(database_url)
    build(database, revision)
    old = tables_of(database)
    before = rows(database, old)
    assert all(len(found) == 1 for found in before.values())
    assert upgrade(database, [], NOW).theirs == revision
    after = rows(database, old)
    for name, (row,) in before.items():
        kept = {column: value for column, value in row.items() if column not in SET_BY_MIGRATIONS}
        assert {column: after[name][0][column] for column in kept} == kept
    with database.engine.connect() as connection:
        assert schema_version(connection).theirs == revisions()[-1]
    assert_served(database)


MALFORMED = [
    [],
    "words",
    {"grades": None},
    {"grades": ["x", {}, {"dimension": 1}], "provenance": {}},
    {"grades": [{"dimension": "greeting", "confidence": "high"}], "provenance": []},
    {"grades": [GRADE | {"outcome": "of another release", "grader": 7}], "provenance": {}, "flags": {}},
]


def test_a_row_that_is_not_what_it_should_be_is_in_the_way_of_no_other(database_url):
    database = Database(database_url)
    build(database, "0009")
    table = next(one for one in tables_of(database) if one.name == "evaluations")
    with database.engine.begin() as connection:
        row = dict(connection.execute(sa.select(table)).mappings().one())
        bad = [row | {"id": f"bad{n}", "assessment": content} for n, content in enumerate(MALFORMED)]
        connection.execute(sa.insert(table), bad)
    upgrade(database, [], NOW)
    with database.engine.connect() as connection:
        found = connection.execute(sa.select(evaluations).order_by(evaluations.c.id)).all()
    opened = {row.id: (row.review_state, row.review_open, row.review_certainty) for row in found}
    assert opened.pop("e1") == opened["bad5"] == ("open", " greeting ", 0.8)
    assert opened["bad4"] == ("open", " greeting ", 0.5)
    assert {row.id for row in found if row.figures} == {"bad3", "bad5", "e1"}
    assert Evaluations(database).get("acme", "e1").grades[0].level == "yes"


def assert_served(database: Database) -> None:
    found = Evaluations(database).get("acme", "e1", turns=True)
    assert (found.status, found.score.value, found.grades[0].level) == ("completed", 100.0, "yes")
    assert found.turns[0].text == conversation()["turns"][0]["text"]
    page = Evaluations(database).list("acme", EvaluationFilter(agent=found.agent.id), None, 10)
    assert [one.id for one in page.items] == ["e1"]
    assert Keys(database).authenticate(SECRET).tenant == "acme"
    with database.begin("acme") as tx:
        assert tx.scorecards.get("test-card", 1).scorecard.name == "test-card"


def test_the_service_serves_what_the_first_release_left(database_url):
    build(Database(database_url), "0001")
    with running_service(role="api", database_url=database_url) as service:
        client = httpx2.Client(
            base_url=service.url, headers={"Authorization": f"Bearer {SECRET}"}, timeout=60
        )
        found = client.get("/v1/evaluations/e1").json()
        assert found["score"]["value"] == 100.0
        assert found["metadata"] == {"ticket": "t-1"}
        assert [one["id"] for one in client.get("/v1/evaluations").json()["items"]] == ["e1"]
        accepted = client.post(
            "/v1/evaluations", json={"conversation": conversation(), "scorecard": "test-card"}
        )
        assert accepted.status_code == 202


def test_two_processes_that_upgrade_at_once_do_it_once(database_url):
    build(Database(database_url), "0001")
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda _: upgrade(Database(database_url), [], NOW).theirs, range(2)))
    assert sorted(done) == ["0001", revisions()[-1]]


def test_a_database_that_a_later_version_made_is_left_alone(database_url):
    database = Database(database_url)
    upgrade(database, [], NOW)
    with database.begin("") as tx:
        tx.connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseAway, match=r"newer version \(9999.*use that version of qalibrate"):
        upgrade(database, [], NOW)


def test_the_command_says_what_it_did(tmp_path, monkeypatch, capfd):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    build(Database(url), "0004")
    monkeypatch.setenv("QALIBRATE_DATABASE_URL", url)
    head = revisions()[-1]
    assert run(["db", "upgrade"]) == 0
    assert capfd.readouterr().err.endswith(f"the database is up to date: 0004 → {head}\n")
    assert run(["db", "upgrade"]) == 0
    assert capfd.readouterr().err.endswith(f"the database is up to date ({head})\n")


def test_serving_a_newer_database_is_refused_in_a_sentence(tmp_path, monkeypatch, capfd):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    build(Database(url), "0001")
    with Database(url).begin("") as tx:
        tx.connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    monkeypatch.setenv("QALIBRATE_DATABASE_URL", url)
    assert run(["serve", "--port", "0"]) == 3
    assert "newer version (9999" in capfd.readouterr().err
