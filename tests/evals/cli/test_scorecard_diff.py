"""`qalibrate scorecard diff`."""

import json

import pytest

from tests.evals.gate.runs import card, conversation, evaluation, ordinal, run


@pytest.fixture
def files(tmp_path):
    """The old and the new card as files, and a run of the old one."""
    old, new = card(), card(ordinal("help", weight=2.0), pass_mark=40.0)
    paths = [tmp_path / "old.json", tmp_path / "new.json"]
    for path, content in zip(paths, (old, new), strict=True):
        path.write_text(json.dumps(content.model_dump(mode="json", by_alias=True, exclude_defaults=True)))
    graded = run([conversation("a", [evaluation(old, {"help": 3})], [("help", 3)])], old)
    (tmp_path / "run.json").write_text(graded.model_dump_json())
    return [*paths, tmp_path / "run.json"]


def test_changes_are_listed_with_before_and_after(qalibrate, files):
    ran = qalibrate("scorecard", "diff", *files[:2])
    assert ran.code == 0
    assert "pass_mark" in ran.out
    assert "nothing has to be graded again" in ran.out


def test_a_run_shows_whose_verdict_flips(qalibrate, files):
    ran = qalibrate("scorecard", "diff", *files[:2], "--labels", files[2], "--format", "json")
    assert ran.code == 0
    (flip,) = ran.lines[0]["scores"]["flips"]
    assert (flip["passed_before"], flip["passed_after"]) == (False, True)
    table = qalibrate("scorecard", "diff", *files[:2], "--labels", files[2]).out
    assert "50.0 fails" in table
    assert "50.0 passes" in table


@pytest.mark.parametrize("answers", [[], [None], [None, None]])
def test_a_run_that_cannot_be_scored_under_both_is_bad_input(qalibrate, files, tmp_path, answers):
    old = card()
    cases = [conversation(f"c{n}", [evaluation(old, {"help": one})]) for n, one in enumerate(answers)]
    (tmp_path / "bare.json").write_text(run(cases, old).model_dump_json())
    ran = qalibrate("scorecard", "diff", *files[:2], "--labels", tmp_path / "bare.json")
    assert ran.code == 2
    assert "no conversation could be scored under both" in ran.err
    assert "Nobody" not in ran.out


def test_a_built_in_card_is_known_by_its_name(qalibrate):
    ran = qalibrate("scorecard", "diff", "inbound-service", "inbound-service")
    assert ran.code == 0
    assert "the same" in ran.out


def test_published_revisions_are_known_by_name_and_number(qalibrate, files, tmp_path, monkeypatch):
    monkeypatch.setenv("QALIBRATE_DATABASE_URL", f"sqlite:///{tmp_path / 'cli.db'}")
    for path in files[:2]:
        assert qalibrate("scorecard", "publish", path).code == 0
    ran = qalibrate("scorecard", "diff", "card@1", "card@2", "--format", "json")
    assert ran.code == 0
    assert {change["what"] for change in ran.lines[0]["changes"]} == {"weight", "pass_mark"}


def test_an_unknown_card_and_a_run_of_another_are_bad_input(qalibrate, files, tmp_path, monkeypatch):
    monkeypatch.setenv("QALIBRATE_DATABASE_URL", f"sqlite:///{tmp_path / 'cli.db'}")
    assert qalibrate("scorecard", "diff", "nobody", files[0]).code == 2
    ran = qalibrate("scorecard", "diff", files[1], files[1], "--labels", files[2])
    assert ran.code == 2
    assert "other content" in ran.err
