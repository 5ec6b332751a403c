"""`qalibrate eval compare` and `eval report`: exit codes, files, and what goes where."""

import json
from xml.etree import ElementTree

import pytest

from tests.evals.gate.runs import card, conversation, evaluation, ordinal, run, simple

PEOPLE = [1, 2, 3, 4, 5] * 8


@pytest.fixture
def written(tmp_path):
    """Writes a run and returns its path."""

    def write(made, name):
        path = tmp_path / f"{name}.json"
        path.write_text(made.model_dump_json())
        return path

    return write


@pytest.fixture
def same(written):
    return written(simple(PEOPLE, PEOPLE), "same")


@pytest.fixture
def worse(written):
    return written(simple([1] * 20 + PEOPLE[20:], PEOPLE, model="m-2"), "worse")


def test_the_same_grades_pass(qalibrate, same):
    ran = qalibrate("eval", "compare", same, same)
    assert ran.code == 0
    assert "Passed" in ran.out
    assert "would show" in ran.out


def test_a_certain_loss_exits_with_1_and_says_where(qalibrate, same, worse):
    ran = qalibrate("eval", "compare", same, worse)
    assert ran.code == 1
    assert "failed: grading got worse on help" in ran.err
    assert "5 → 1" in ran.out


def test_the_other_way_round_it_is_a_gain(qalibrate, same, worse):
    assert qalibrate("eval", "compare", worse, same).code == 0


def test_json_is_alone_on_standard_output(qalibrate, same, worse):
    ran = qalibrate("eval", "compare", same, worse, "--format", "json", "--annotations")
    (found,) = ran.lines
    assert found["outcome"] == "failed"
    assert found["comparison"]["tests"][0]["worse"]
    assert "::error title=" in ran.err


def test_every_report_is_written(qalibrate, same, worse, tmp_path):
    junit, summary, html = (tmp_path / name for name in ("j.xml", "s.md", "r.html"))
    summary.write_text("before\n")
    files = ("--junit", junit, "--summary", summary, "--html", html)
    assert qalibrate("eval", "compare", same, worse, *files).code == 1
    assert ElementTree.parse(junit).getroot().get("failures") == "1"
    assert summary.read_text().startswith("before\n## Grading gate: failed")
    assert html.read_text().startswith("<!doctype html>")


def test_a_report_that_cannot_be_written_is_bad_input(qalibrate, same, tmp_path):
    ran = qalibrate("eval", "compare", same, same, "--junit", tmp_path / "no" / "j.xml")
    assert ran.code == 2
    assert "No such file" in ran.err


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"format": "qalibrate-run@1", "created_at"', "cut off"),
        ("", "cut off"),
        ("[]", "no run file"),
        ('{"format": "another@1"}', "no run file"),
        (b"\xff\xfe\x00", "cut off"),
    ],
)
def test_what_is_no_run_file_is_bad_input(qalibrate, same, tmp_path, content, why):
    path = tmp_path / "bad.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    ran = qalibrate("eval", "compare", same, path)
    assert ran.code == 2
    assert "bad.json" in ran.err
    assert why in ran.err


def test_a_truncated_run_is_bad_input(qalibrate, same, tmp_path):
    path = tmp_path / "cut.json"
    path.write_text(same.read_text()[:-200])
    ran = qalibrate("eval", "compare", same, path)
    assert ran.code == 2
    assert "cut off" in ran.err


def test_two_conversations_of_one_name_are_bad_input(qalibrate, same, written):
    content = card()
    twins = [conversation("a", [evaluation(content, {"help": 3})])] * 2
    ran = qalibrate("eval", "compare", same, written(run(twins, content), "twins"))
    assert ran.code == 2
    assert "two conversations with the id 'a'" in ran.err


@pytest.fixture(params=["level", "type", "dimension"])
def foreign(request, same, tmp_path):
    """A run with a grade that is not on its card, and the words that name it."""
    made = json.loads(same.read_text())
    grade = made["conversations"][7]["evaluations"][0]["grades"][0]
    grade |= {"level": {"level": 77}, "type": {"level": "3"}, "dimension": {"dimension": "gone"}}[
        request.param
    ]
    path = tmp_path / "foreign.json"
    path.write_text(json.dumps(made))
    return path, {"level": "has 77 on 'help'", "type": "has '3' on 'help'", "dimension": "on 'gone'"}[
        request.param
    ]


def test_a_grade_that_is_not_on_its_card_is_bad_input_in_every_command(qalibrate, same, foreign):
    path, words = foreign
    commands = [
        ("eval", "report", path),
        ("eval", "compare", same, path),
        ("eval", "drift", path, same),
        ("scorecard", "diff", "inbound-service", "inbound-service", "--labels", path),
        ("calibrate", path),
    ]
    for command in commands:
        ran = qalibrate(*command)
        assert ran.code == 2
        assert "conversation 'c007'" in ran.err
        assert words in ran.err


@pytest.mark.parametrize("option", ["--junit", "--summary", "--html"])
def test_no_report_is_written_over_a_run_that_is_read(qalibrate, same, worse, option):
    before = same.read_bytes()
    for command in (("compare", same, worse), ("compare", worse, same), ("report", same)):
        ran = qalibrate("eval", *command, option, same)
        assert ran.code == 2
        assert "would be overwritten" in ran.err
    assert same.read_bytes() == before


def test_a_run_is_not_frozen_exported_or_calibrated_over_itself(qalibrate, same):
    before = same.read_bytes()
    for command in (
        ("eval", "freeze", same, "--out"),
        ("eval", "export", same, "--csv"),
        ("calibrate", same, "--out"),
    ):
        ran = qalibrate(*command, same)
        assert ran.code == 2
        assert "would be overwritten" in ran.err
    assert same.read_bytes() == before


def test_another_scorecard_is_bad_input_until_it_is_allowed(qalibrate, same, written):
    other = written(simple(PEOPLE, PEOPLE, content=card(pass_mark=90.0)), "other")
    ran = qalibrate("eval", "compare", same, other)
    assert ran.code == 2
    assert "--allow-different-scorecards" in ran.err
    assert qalibrate("eval", "compare", same, other, "--allow-different-scorecards").code == 0


def test_another_scale_cannot_be_compared_at_all(qalibrate, same, written):
    other = written(simple([1, 2], [1, 2], content=card(ordinal("help", levels=3))), "other")
    assert qalibrate("eval", "compare", same, other, "--allow-different-scorecards").code == 2


def test_another_set_is_bad_input_until_it_is_allowed(qalibrate, same, written):
    other = written(simple(PEOPLE, PEOPLE).model_copy(update={"dataset_sha256": "e"}), "other")
    assert qalibrate("eval", "compare", same, other).code == 2
    assert qalibrate("eval", "compare", same, other, "--allow-different-datasets").code == 0


def test_a_gate_that_measures_nothing_exits_with_2(qalibrate, written):
    path = written(simple([3, 3], [None, None]), "bare")
    ran = qalibrate("eval", "compare", path, path)
    assert ran.code == 2
    assert "nothing was measured" in ran.err


def test_a_missed_threshold_exits_with_1_and_one_with_too_few_labels_with_2(qalibrate, same, worse):
    assert qalibrate("eval", "compare", worse, worse, "--min-agreement", "exact=0.9").code == 1
    ran = qalibrate("eval", "compare", worse, worse, "--min-agreement", "exact=0.9", "--min-n", "41")
    assert ran.code == 2
    assert "was not judged" in ran.err
    assert "is missed" not in ran.out
    assert qalibrate("eval", "report", worse, "--min-agreement", "exact=0.9", "--min-n", "41").code == 2


def test_a_threshold_that_is_none_is_bad_input(qalibrate, same):
    ran = qalibrate("eval", "compare", same, same, "--min-agreement", "kappa=0.5")
    assert ran.code == 2
    assert "exact, adjacent, qwk, ac2, alpha" in ran.err


def test_one_run_is_reported_with_its_agreement(qalibrate, worse, tmp_path):
    html = tmp_path / "r.html"
    ran = qalibrate("eval", "report", worse, "--html", html)
    assert ran.code == 0
    assert "Agreement of the run" in ran.out
    assert "Evaluation run" in html.read_text()


def test_a_broken_floor_fails_the_report_of_one_run(qalibrate, written):
    content = card()
    made = run([conversation("a", [evaluation(content, {"help": 1})], floors={"help": 3})], content)
    ran = qalibrate("eval", "report", written(made, "floor"))
    assert ran.code == 1
    assert "a: help got 1, must be at least 3" in ran.err


def test_hostile_text_cannot_steer_the_terminal(qalibrate, written):
    people = [3] * 12
    words = "\x1b[31m\n::error::forged ##[error]forged"
    paths = [
        written(simple([level] * 12, people, rationale=words, quote=words), f"run{level}") for level in (3, 1)
    ]
    ran = qalibrate("eval", "compare", *paths)
    assert "\x1b" not in ran.out
    assert not any(line.lstrip().startswith("::") for line in (ran.out + ran.err).splitlines())
    assert "##[" not in ran.out


def test_drift_exits_with_1_when_grades_moved_one_way(qalibrate, same, written):
    assert qalibrate("eval", "drift", same, same).code == 0
    lower = written(simple([max(1, level - 1) for level in PEOPLE], PEOPLE), "lower")
    ran = qalibrate("eval", "drift", same, lower, "--format", "json")
    assert ran.code == 1
    assert ran.lines[0]["dimensions"][0]["drifted"]
    assert "lower than before" in qalibrate("eval", "drift", same, lower).out


def test_drift_of_nothing_exits_with_2(qalibrate, written):
    path = written(simple([None], [3]), "none")
    assert qalibrate("eval", "drift", path, path).code == 2


def test_drift_of_what_is_mostly_missing_exits_with_2(qalibrate, same, written):
    few = written(simple(PEOPLE[:3], PEOPLE[:3]), "few")
    ran = qalibrate("eval", "drift", same, few)
    assert ran.code == 2
    assert "37 of the 40 conversations of the base are missing" in ran.err
    assert "No certain drift" not in ran.out


def test_a_frozen_set_is_written_once_and_the_same_for_a_seed(qalibrate, same, tmp_path):
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    for path in (first, second):
        assert qalibrate("eval", "freeze", same, "--out", path, "--count", 7).code == 0
    assert first.read_bytes() == second.read_bytes()
    lines = [json.loads(line) for line in first.read_text().splitlines()]
    assert len(lines) == 7
    assert {"conversation", "labels"} <= set(lines[0])
