"""`qalibrate report`."""

import json

import pytest

from service.cli import run
from tests.running import running_service
from tests.service.cards import conversation


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('report') / 'x.db'}"
    with running_service(database_url=url) as service:
        for number in range(3):
            agent = {"id": ("a-1", "b-2")[number % 2]}
            service.grade(conversation(external_id=f"c-{number}", agent=agent), scorecard="inbound-service")
        labels = [{"conversation": "c-0", "dimension": "greeting", "rater": "r1", "level": "yes"}]
        service.client.post("/v1/labels", json={"labels": labels})
    return url


@pytest.fixture(autouse=True)
def of_that_database(database, monkeypatch):
    monkeypatch.setenv("QALIBRATE_DATABASE_URL", database)


def test_agents_are_rows_and_what_is_missing_is_said(capsys):
    assert run(["report", "--scorecard", "inbound-service", "--by", "agent", "--dimension", "greeting"]) == 0
    shown = capsys.readouterr().out
    assert "a-1" in shown
    assert "labels only" in shown
    assert "fewer than 20 labels" in shown


def test_all_measures_are_rows_when_nothing_is_grouped(capsys):
    assert run(["report", "--scorecard", "inbound-service"]) == 0
    shown = capsys.readouterr().out
    assert "score of the card" in shown
    assert "greeting: yes" in shown


def test_json_holds_every_figure_of_every_group(capsys):
    assert run(["report", "--scorecard", "inbound-service", "--by", "agent", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [row["group"] for row in report["rows"]] == ["a-1", "b-2"]


def test_a_dimension_that_the_card_does_not_have_is_named(capsys):
    assert run(["report", "--scorecard", "inbound-service", "--dimension", "charm"]) == 2
    assert "charm" in capsys.readouterr().err


def test_nothing_graded_by_that_grader_is_said(capsys):
    assert run(["report", "--scorecard", "inbound-service", "--grader", "llm", "--by", "agent"]) == 0
    assert "nothing was graded" in capsys.readouterr().err


def test_an_unknown_scorecard_is_bad_input(capsys):
    assert run(["report", "--scorecard", "nothing"]) == 2
    assert "nothing" in capsys.readouterr().err


def test_whose_grades_there_are_is_said_where_those_asked_for_are_not(capsys):
    assert run(["report", "--scorecard", "inbound-service", "--grader", "llm"]) == 0
    assert "there are 3 by signals" in capsys.readouterr().err


def test_a_time_that_ends_before_it_begins_is_bad_input(capsys):
    times = ["--from", "2026-03-02", "--to", "2026-03-01"]
    assert run(["report", "--scorecard", "inbound-service", *times]) == 2
    assert "before" in capsys.readouterr().err
