"""`/v1/reports` on a running service."""

import pytest

from tests.running import RunningService, running_service
from tests.service.cards import conversation


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('reports') / 'x.db'}"
    with running_service(database_url=url) as running:
        yield running


def graded(service: RunningService, number: int, agent: str) -> dict:
    return service.grade(
        conversation(external_id=f"c-{number}", agent={"id": agent}, started_at="2026-03-02T09:00:00Z"),
        scorecard="inbound-service",
    )


@pytest.fixture(scope="module")
def report(service):
    for number in range(4):
        graded(service, number, ("a-1", "a-2")[number % 2])
    labels = [
        {"conversation": f"c-{n}", "dimension": "greeting", "rater": "r1", "level": "yes", "blind": True}
        for n in range(2)
    ]
    assert service.client.post("/v1/labels", json={"labels": labels}).status_code in (200, 201)
    answer = service.client.get(
        "/v1/reports/means", params={"scorecard": "inbound-service", "by": "agent", "grader": "signals"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_agent_has_a_row_with_every_figure(report):
    assert [(row["group"], row["evaluations"]) for row in report["rows"]] == [("a-1", 2), ("a-2", 2)]
    greeting = next(f for f in report["rows"][0]["figures"] if f["dimension"] == "greeting")
    assert (greeting["answer"], greeting["machine"], greeting["graded"]) == ("yes", 1, 2)
    assert (greeting["mean"]["n"], greeting["mean"]["method"]) == (1, "labels_only")


def test_figures_of_so_few_labels_say_what_is_missing(report):
    notes = [f["mean"]["note"] for f in report["rows"][0]["figures"] if f["dimension"] == "greeting"]
    assert "fewer than 20 labels" in notes[0]


def test_a_period_without_conversations_has_no_rows(service, report):
    params = {"scorecard": "inbound-service", "from": "2026-04-01T00:00:00Z", "grader": "signals"}
    answer = service.client.get("/v1/reports/means", params=params).json()
    assert (answer["evaluations"], answer["rows"]) == (0, [])
    assert answer["since"] == "2026-04-01T00:00:00Z"


def test_another_tenant_sees_nothing_of_it(service, report):
    params = {"scorecard": "inbound-service", "grader": "signals"}
    assert service.client_of("other", "read").get("/v1/reports/means", params=params).json()["rows"] == []


def test_an_unknown_scorecard_is_named(service):
    answer = service.client.get("/v1/reports/means", params={"scorecard": "nothing"})
    assert (answer.status_code, "nothing" in answer.json()["detail"]) == (422, True)


def test_a_key_that_may_only_submit_sees_no_report(service):
    client = service.client_of("default", "submit")
    assert client.get("/v1/reports/means", params={"scorecard": "inbound-service"}).status_code == 403
