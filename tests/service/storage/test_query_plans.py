"""Every query of lists and reports has an index: what takes milliseconds now still does with a million rows.

`python -m benchmarks.scale` measures that with a million.
"""

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from service.domain.submission import EvaluationFilter
from service.factory import Factory
from service.settings import Settings
from service.usecases.report import ReportRequest

BIG = ("evaluations", "labels", "audit_log", "webhook_deliveries")
TIME = datetime(2026, 3, 1, tzinfo=UTC)
FILTERS = [
    {},
    {"agent": "a-1"},
    {"scorecard": "inbound-service"},
    {"status": "failed"},
    {"disposition": "needs_review"},
    {"disposition": "auto_accepted"},
    {"disposition": "reviewed"},
    {"external_id": "crm-1"},
    {"batch": "b-1"},
    {"from_": TIME},
    {"to": TIME},
    {"agent": "a-1", "status": "completed", "from_": TIME},
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def factory(request, tmp_path_factory):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('plans') / 'plans.db'}"
    else:
        url = request.getfixturevalue("postgres_server").create_database()
    made = Factory(Settings(database_url=url, redaction_processes=0))
    made.upgrade_database()
    yield made
    made.close()


@contextmanager
def recorded():
    """Collect the SELECTs that are sent in the block."""
    seen = {}

    def note(_connection, _cursor, statement, parameters, *_):
        if statement.lstrip().upper().startswith("SELECT"):
            seen.setdefault(statement, parameters)

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)


def scanned(factory, statement, parameters) -> list[str]:
    """Return the steps of a plan that read a whole large table although nothing but an index is allowed."""
    with factory.database.engine.connect() as connection:
        if factory.database.is_sqlite:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            return [
                row[3]
                for row in rows
                if row[3].startswith("SCAN") and "INDEX" not in row[3] and about_big(row[3])
            ]
        connection.exec_driver_sql("SET enable_seqscan = off")
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars()
        return [row for row in rows if "Seq Scan" in row and about_big(row)]


def about_big(step: str) -> bool:
    return any(name in step for name in BIG)


def assert_indexed(factory, seen):
    assert seen
    for statement, parameters in seen.items():
        assert scanned(factory, statement, parameters) == [], statement


@pytest.mark.parametrize("wanted", FILTERS, ids=lambda wanted: "+".join(wanted) or "all")
def test_a_list_of_evaluations_and_its_next_page_are_found_by_index(factory, wanted):
    with recorded() as seen, factory.database.begin("default") as tx:
        tx.evaluations.list(EvaluationFilter.model_validate(wanted), None, 50)
        tx.evaluations.list(EvaluationFilter.model_validate(wanted), (TIME, "0" * 32), 50)
    assert_indexed(factory, seen)


@pytest.mark.parametrize("period", [{}, {"since": TIME}, {"since": TIME, "until": TIME.replace(month=4)}])
def test_a_report_reads_by_index(factory, period):
    with recorded() as seen:
        request = {"scorecard": "inbound-service", "grader": "signals", **period}
        factory.reports.now("default", ReportRequest.model_validate(request))
    assert_indexed(factory, seen)


def test_a_query_without_an_index_would_be_noticed(factory):
    with recorded() as seen, factory.database.engine.connect() as connection:
        connection.execute(sa.text("SELECT id FROM evaluations WHERE call_type = 'billing'"))
    (statement,) = (one for one in seen if "call_type" in one)
    assert scanned(factory, statement, seen[statement]) != []
