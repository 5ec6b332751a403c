from datetime import UTC, datetime, timedelta

import pytest

from service.factory import Factory
from service.settings import read_settings
from tests.service.results import keep, own_assessment


@pytest.fixture
def old(qalibrate):
    """An evaluation of 40 days ago."""
    factory = Factory(read_settings())
    factory.upgrade_database()
    keep(factory.database, "acme", "e1", own_assessment(), datetime.now(UTC) - timedelta(days=40))
    factory.close()


def test_a_rule_is_set_shown_and_dropped(qalibrate, old, monkeypatch):
    assert qalibrate("retention", "show", "--format", "json").lines == [
        {"tenant": "acme", "days": None, "own": False}
    ]
    assert "30 days" in qalibrate("retention", "set", "--tenant", "acme", "--days", 30).err
    assert "30 days" in qalibrate("retention", "show", "--tenant", "acme").out
    assert "for ever" in qalibrate("retention", "set", "--tenant", "acme", "--keep").err
    monkeypatch.setenv("QALIBRATE_RETENTION_DAYS", "90")
    assert "90 days" in qalibrate("retention", "set", "--tenant", "acme", "--default").err


def test_a_dry_run_erases_nothing_and_a_run_does(qalibrate, old, monkeypatch):
    monkeypatch.setenv("QALIBRATE_RETENTION_DAYS", "30")
    dry = qalibrate("retention", "run", "--dry-run", "--format", "json").lines
    assert [(line["tenant"], line["evaluations"]) for line in dry] == [("acme", 1)]
    wet = qalibrate("retention", "run", "--format", "json").lines
    assert [(line["tenant"], line["evaluations"]) for line in wet] == [("acme", 1)]
    assert qalibrate("retention", "run", "--dry-run", "--format", "json").lines == []
    gone = qalibrate("explain", "e1", "--tenant", "acme")
    assert (gone.code, "was erased" in gone.err) == (2, True)


def test_what_is_no_rule_is_refused(qalibrate):
    for arguments in ((), ("--days", 3, "--keep"), ("--days", 0)):
        assert qalibrate("retention", "set", *arguments).code == 2


def test_the_log_tells_what_the_command_line_did(qalibrate, old):
    qalibrate("retention", "set", "--tenant", "acme", "--days", 30)
    qalibrate("retention", "run")
    shown = qalibrate("audit", "--tenant", "acme", "--format", "json")
    told = [(line["action"], line["actor"]) for line in shown.lines]
    assert told == [("retention.erased", "command-line"), ("retention.changed", "command-line")]
    assert "retention.changed" in qalibrate("audit", "--tenant", "acme").out
    one = qalibrate("audit", "--tenant", "acme", "--action", "retention.erased", "--format", "json")
    assert [line["details"]["evaluations"] for line in one.lines] == [1]
    assert len(qalibrate("audit", "--tenant", "acme", "--limit", 0, "--format", "json").lines) >= 4
    assert len(qalibrate("audit", "--tenant", "acme", "--limit", 1, "--format", "json").lines) == 1
