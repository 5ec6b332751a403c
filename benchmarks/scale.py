"""Lists and reports over 10,000, 100,000 and 1,000,000 evaluations on PostgreSQL: times, growth, plans.

`python -m benchmarks.scale`: one real graded evaluation is multiplied in the database (ten tenants, 200
agents each, two years, 20,000 labelled conversations), then a running service is asked over HTTP, and every
query that lists and reports send is explained. Exit code 1 when one of them reads a table of evaluations or
labels without an index. A PostgreSQL of its own is started; the largest size takes about 6 GB of disk.
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx2
import sqlalchemy as sa
from sqlalchemy import event

from benchmarks.serving import CARD, service_on, sixty_turns
from service.domain.submission import EvaluationFilter
from service.factory import Factory
from service.settings import Settings
from service.usecases.report import ReportRequest
from service.usecases.requests import EvaluationRequest
from tests.postgres import postgres

TENANT = "default"
TENANTS, AGENTS = 10, 200
LABELLED = 20_000
TURNS = 12
SIZES = (10_000, 100_000, 1_000_000)
REPEATS = 60
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
MINUTES = 2 * 365 * 24 * 60
BIG_TABLES = {"evaluations", "labels"}

# Every evaluation but the first is a copy of it: another tenant, agent, time and conversation. The tenth of
# all that is the tenant's who asks is spread evenly.
MULTIPLY = """
INSERT INTO evaluations ({columns})
SELECT {values}
FROM evaluations AS original CROSS JOIN generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
WHERE original.id = :id
"""
CHANGED = {
    "id": "md5(n::text)",
    "tenant": f"CASE WHEN n % {TENANTS} = 0 THEN '{TENANT}' ELSE 'tenant-' || n % {TENANTS} END",
    "external_id": "'crm-' || n",
    "status": "CASE WHEN n % 970 = 0 THEN 'failed' ELSE 'completed' END",
    "agent_id": f"'a-' || (n / {TENANTS}) % {AGENTS}",
    "agent_team": f"'team-' || (n / {TENANTS}) % {AGENTS} / 20",
    "needs_review": "n % 110 = 0",
    "created_at": f"timestamptz '2025-01-01Z' + (n::bigint * 7919 % {MINUTES}) * interval '1 minute'",
    "began_at": f"timestamptz '2025-01-01Z' + (n::bigint * 7919 % {MINUTES}) * interval '1 minute'",
    "started_at": f"timestamptz '2025-01-01Z' + (n::bigint * 7919 % {MINUTES}) * interval '1 minute'",
}
LABEL = """
INSERT INTO labels
  (id, tenant, conversation, dimension, rater, level, blind, probability, created_at, stored_at, earlier)
SELECT 'label-' || n, {tenant}, 'crm-' || n, 'greeting', 'r1', CAST(:level AS json), true, .1,
       now(), now(), CAST('[]' AS json)
FROM generate_series(1, CAST(:labelled AS int)) AS n
"""

LISTS: dict[str, dict[str, str]] = {
    "newest": {},
    "of an agent": {"agent": "a-17"},
    "of a scorecard": {"scorecard": CARD},
    "failed": {"status": "failed"},
    "to be reviewed": {"disposition": "needs_review"},
    "of a week": {"from": "2025-09-01T00:00:00Z", "to": "2025-09-08T00:00:00Z"},
    "of an agent in a week": {
        "agent": "a-17",
        "from": "2025-09-01T00:00:00Z",
        "to": "2025-09-08T00:00:00Z",
    },
}
REPORTS: dict[str, dict[str, str]] = {
    "of a week, by agent": {"by": "agent", "from": "2025-09-01T00:00:00Z", "to": "2025-09-08T00:00:00Z"},
    "of a month, by team": {"by": "team", "from": "2025-09-01T00:00:00Z", "to": "2025-10-01T00:00:00Z"},
    "of all, by month": {"by": "month"},
}


class Timed(NamedTuple):
    """Milliseconds of one kind of request."""

    median: float
    p95: float


def main() -> None:
    """Measure, print, and end with 1 when a query has no index."""
    options = _options()
    with postgres() as server:
        url = server.create_database()
        found = [_measured(url, size, options.repeats) for size in options.sizes]
        unindexed = list(plans_without_index(url))
    _print("lists of 50, ms (median / p95)", LISTS, options.sizes, found)
    _print("reports, ms (median / p95)", REPORTS, options.sizes, found)
    print(f"\nqueries that read a table without an index: {len(unindexed)}")
    for query in unindexed:
        print(f"  {query[:160]}")
    sys.exit(1 if unindexed else 0)


def _measured(url: str, size: int, repeats: int) -> dict[str, Timed]:
    _say(f"making {size:,} evaluations …")
    fill(url, size)
    _say("asking …")
    with (
        service_on(url, role="api", QALIBRATE_REDACTION_PROCESSES="0", QALIBRATE_RATE_LIMIT="0") as service,
        httpx2.Client(
            base_url=service.url, headers={"Authorization": f"Bearer {service.key}"}, timeout=900
        ) as client,
    ):
        lists = {name: _pages(client, wanted, repeats) for name, wanted in LISTS.items()}
        reports = {name: _report(client, wanted) for name, wanted in REPORTS.items()}
    return lists | reports


def _pages(client: httpx2.Client, wanted: dict[str, str], repeats: int) -> Timed:
    """Page through, beginning anew at the end: later pages are not to be slower than the first one."""
    cursor: str | None = None
    times = []
    for _ in range(repeats):
        given = wanted | ({"cursor": cursor} if cursor else {})
        started = time.perf_counter()
        answer = client.get("/v1/evaluations", params=given).raise_for_status().json()
        times.append(time.perf_counter() - started)
        cursor = answer["next_cursor"]
    return _timed(times)


def _report(client: httpx2.Client, wanted: dict[str, str]) -> Timed:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        params = {"scorecard": CARD, "grader": "signals", **wanted}
        client.get("/v1/reports/means", params=params).raise_for_status()
        times.append(time.perf_counter() - started)
    return _timed(times)


def _timed(seconds: list[float]) -> Timed:
    ordered = sorted(seconds)
    return Timed(1000 * statistics.median(ordered), 1000 * ordered[int(0.95 * (len(ordered) - 1))])


def fill(url: str, size: int) -> None:
    """Bring the database to `size` evaluations, the first of which the service itself has graded."""
    factory = Factory(Settings(database_url=url, redaction_processes=0))
    factory.upgrade_database()
    with factory.database.unhurried() as connection:
        there = connection.scalar(sa.text("SELECT count(*) FROM evaluations"))
    original = _original(factory) if not there else None
    with factory.database.unhurried() as connection:
        _multiply(connection, original, size)
    with factory.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("SET statement_timeout = 0"))
        connection.execute(sa.text("VACUUM ANALYZE"))
    factory.close()


def _original(factory: Factory) -> str:
    import asyncio

    from service.usecases.assess import AssessEvaluation

    conversation = sixty_turns()
    conversation["turns"] = conversation["turns"][:TURNS]
    body = {"conversation": conversation, "scorecard": CARD, "grader": "signals"}
    request = EvaluationRequest.model_validate(body)

    async def graded() -> str:
        accepted = await factory.submit(TENANT, request)
        await AssessEvaluation(factory.database, factory.graders)(accepted.id)
        return accepted.id

    return asyncio.run(graded())


def _multiply(connection: sa.Connection, original: str | None, size: int) -> None:
    count = connection.scalar(sa.text("SELECT count(*) FROM evaluations")) or 0
    columns = connection.scalars(
        sa.text("SELECT column_name FROM information_schema.columns WHERE table_name = 'evaluations'")
    ).all()
    values = ", ".join(CHANGED.get(name, f"original.{name}") for name in columns)
    query = MULTIPLY.format(columns=", ".join(columns), values=values)
    source = original or connection.scalar(sa.text("SELECT md5('1')"))
    at = {"first": count, "last": size - 1, "id": source}
    connection.execute(sa.text(query), at)
    if original is not None:
        made = {"labelled": LABELLED, "level": json.dumps("yes")}
        connection.execute(sa.text(LABEL.format(tenant=CHANGED["tenant"])), made)


def plans_without_index(url: str) -> Iterator[str]:
    """Yield the queries of lists and reports whose plan reads a large table from end to end."""
    factory = Factory(Settings(database_url=url, redaction_processes=0))
    with _recorded() as queries:
        for wanted in LISTS.values():
            given = {"from_" if name == "from" else name: value for name, value in wanted.items()}
            page = factory.evaluations.list(TENANT, EvaluationFilter.model_validate(given), None, 50)
            factory.evaluations.list(TENANT, EvaluationFilter.model_validate(given), page.next_cursor, 50)
        for wanted in REPORTS.values():
            given = {{"from": "since", "to": "until"}.get(name, name): v for name, v in wanted.items()}
            request = ReportRequest.model_validate({"scorecard": CARD, "grader": "signals", **given})
            factory.reports.now(TENANT, request)
    with factory.database.unhurried() as connection:
        for statement, parameters in queries:
            plan: Any = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar()
            if any(BIG_TABLES & {node.get("Relation Name")} for node in _sequential(plan[0]["Plan"])):
                yield statement
    factory.close()


@contextmanager
def _recorded() -> Iterator[list[tuple[str, Any]]]:
    """Collect every different SELECT that is sent in the block, with the parameters of its first time."""
    seen: dict[str, Any] = {}

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.setdefault(statement, parameters)

    pairs: list[tuple[str, Any]] = []
    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield pairs
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)
        pairs.extend(seen.items())


def _sequential(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Seq Scan" in node["Node Type"]:
        yield node
    for child in node.get("Plans", ()):
        yield from _sequential(child)


def _print(title: str, rows: dict[str, Any], sizes: list[int], found: list[dict[str, Timed]]) -> None:
    print(f"\n{title:<34}" + "".join(f"{size:>18,}" for size in sizes) + f"{'growth':>10}")
    for name in rows:
        cells = "".join(f"{one[name].median:>9.0f} /{one[name].p95:>7.0f}" for one in found)
        print(f"{name:<34}{cells}{found[-1][name].median / found[0][name].median:>9.1f}×")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--repeats", type=int, default=REPEATS, help="requests for each kind of list")
    return parser.parse_args()


if __name__ == "__main__":
    random.seed(0)
    main()
