"""What reports read of a million evaluations: in parts, by index, each conversation once."""

from datetime import UTC, datetime, timedelta

import pytest

from service.domain.evaluation import Assessment, Provenance
from service.domain.graded import Graded, figures_of
from service.storage import evaluations as storage
from service.storage.migrations.versions import v0011_reports
from tests.running import running_service
from tests.service.cards import conversation

CARD = "inbound-service"


@pytest.fixture
def service(database_url):
    with running_service(database_url=database_url) as running:
        yield running


def read(service, **how):
    with service.factory.database.begin("default") as tx:
        parts = list(tx.evaluations.graded(CARD, 1, "signals", **how))
    return [one for part in parts for one in part]


def test_each_conversation_is_there_once_as_it_was_graded_last_and_as_the_whole_evaluation_says(service):
    for begun, name in ((2, "a"), (1, "b"), (2, "a")):
        service.grade(
            conversation(external_id=name, started_at=f"2026-03-0{begun}T09:00:00Z"), scorecard=CARD
        )
    newest = service.factory.evaluations.list("default", storage.EvaluationFilter(), None, 10).items
    found = read(service)
    assert [one.external_id for one in found] == ["b", "a"]
    assert found == [Graded.of(newest[1]), Graded.of(newest[0])]


def test_a_period_and_the_parts_in_which_it_is_read_leave_nothing_out(service, request):
    for day in range(1, 6):
        service.grade(
            conversation(external_id=str(day), started_at=f"2026-03-0{day}T09:00:00Z"), scorecard=CARD
        )
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    inside = read(service, since=start, until=start + timedelta(days=3))
    assert [one.external_id for one in inside] == ["2", "3", "4"]


def test_rows_of_an_older_version_get_the_figures_that_new_ones_have():
    assessment = Assessment(grades=(), provenance=Provenance(grader="llm", redactor="r", model="m"))
    assert v0011_reports._figures(assessment.model_dump(mode="json")) == figures_of(assessment)
