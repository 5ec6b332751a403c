"""The walk-through of the README, on recorded answers: runs, the gate, and what redaction left."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import evals.example
from evals.cli import run
from evals.example.judge import VERSIONS
from evals.example.script import scripts
from service.domain.run import Run
from service.grading.recording import RecordingHeader

FOLDER = Path(evals.example.__file__).parent
SET, CARD, RECORDINGS = FOLDER / "conversations.jsonl", FOLDER / "scorecard.yaml", FOLDER / "recordings"
PART = ("zh-", "en-18-")
"""Chinese is redacted in a fiftieth of the time, and the English one has the floor that breaks."""


def command(version, dataset, out) -> list[str]:
    replay = ["--replay", str(RECORDINGS / version), "--out", str(out)]
    return ["eval", "run", str(dataset), "--scorecard", str(CARD), *replay]


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Run:
    """All conversations, graded by the command that the README names."""
    out = tmp_path_factory.mktemp("runs") / "base.json"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("QALIBRATE_", "OPENAI_"))}
    line = [sys.executable, "-m", "evals.cli", *command("base", SET, out)]
    ran = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    return Run.model_validate_json(out.read_bytes())


@pytest.fixture
def compared(tmp_path, monkeypatch, capfd):
    """Compares a version of the judge with `base` on a part of the set; returns exit code and report."""
    for name in [name for name in os.environ if name.startswith(("QALIBRATE_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("QALIBRATE_REDACTION_PROCESSES", "0")
    part = tmp_path / "part.jsonl"
    lines = SET.read_text("utf-8").splitlines(keepends=True)
    part.write_text("".join(line for line in lines if _id(line).startswith(PART)), "utf-8")

    def compare(version):
        for name in ("base", version):
            # The worse judge breaks a floor, and a run with a broken floor ends with 1.
            assert run(command(name, part, tmp_path / f"{name}.json")) == (name == "worse")
        capfd.readouterr()
        code = run(["eval", "compare", *(str(tmp_path / f"{name}.json") for name in ("base", version))])
        return code, "".join(capfd.readouterr())

    return compare


def _id(line: str) -> str:
    return json.loads(line)["conversation"]["external_id"]


def test_a_replay_grades_every_dimension_of_every_conversation(base):
    assert len(base.conversations) == len(scripts())
    for one in base.conversations:
        (evaluation,) = one.evaluations
        assert evaluation.status == "completed"
        assert all(grade.outcome != "ungraded" for grade in evaluation.grades)


def test_nothing_that_was_planted_is_left_in_what_a_model_is_shown(base):
    shown = {one.id: one.evaluations[0].turns for one in base.conversations}
    for script in scripts():
        for line, turn in zip(script.lines, shown[script.id], strict=True):
            for piece in line.planted:
                assert piece.text not in turn.text
                assert not _distinctive(piece.text) & _distinctive(turn.text), (script.id, piece)


def _distinctive(text: str) -> set[str]:
    """Words of four characters and more, and numbers of three digits and more."""
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > (2 if word.isdigit() else 3)}


def test_all_recordings_hold_an_answer_to_each_request_of_the_same_making():
    headers = []
    for version in VERSIONS:
        answers = (RECORDINGS / version / "answers.jsonl").read_text("utf-8").split("\n")
        assert len([line for line in answers if line]) == len(scripts())
        header = RecordingHeader.model_validate_json((RECORDINGS / version / "recording.json").read_bytes())
        headers.append((header.prompt, header.scorecard, header.redactor, header.dataset_sha256))
        assert header.model == f"constructed-{version}"
    assert len(set(headers)) == 1


def test_the_gate_lets_the_same_judge_in_other_words_pass(compared):
    code, report = compared("same")
    assert code == 0, report


def test_the_gate_stops_the_worse_judge_and_names_what_got_worse(compared):
    code, report = compared("worse")
    assert code == 1
    assert "grading got worse on information" in report
    assert "en-18-utilities: information" in report


def test_what_ships_is_small():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.suffix != ".pyc") < 1_500_000
