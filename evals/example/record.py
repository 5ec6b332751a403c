"""Records the constructed judges through the command that users have, so that a replay asks the same."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from evals.example.judge import ConstructedJudge, VersionName
from evals.model_server import ModelServer
from service.cli.output import FAILED_AS_ASKED, FINE
from service.grading.recording import AnswerStore

FOLDER = Path(__file__).parent
RECORDINGS = FOLDER / "recordings"


def record(version: VersionName) -> None:
    """Grade the set with a version of the judge and keep its answers in `recordings/`, packed.

    Raises CalledProcessError when the run fails; the earlier recording stays then.
    """
    with tempfile.TemporaryDirectory() as made, ModelServer(answerer=ConstructedJudge(version)) as server:
        folder = Path(made) / version
        ran = subprocess.run(_command(folder), env=_environment(version, server.url), check=False)  # noqa: S603
        # The worse judge breaks a floor, which is what it is there for.
        if ran.returncode not in (FINE, FAILED_AS_ASKED):
            ran.check_returncode()
        AnswerStore(folder).pack()
        shutil.rmtree(RECORDINGS / version, ignore_errors=True)
        shutil.copytree(folder, RECORDINGS / version)


def _command(folder: Path) -> list[str]:
    run = ["eval", "run", str(FOLDER / "conversations.jsonl"), "--scorecard", str(FOLDER / "scorecard.yaml")]
    where = ["--record", str(folder), "--out", str(folder.with_suffix(".json"))]
    return [sys.executable, "-m", "evals.cli", *run, "--grader", "llm", *where]


def _environment(version: VersionName, url: str) -> dict[str, str]:
    """Return an environment in which no setting of the user's own changes what is asked."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("QALIBRATE_", "OPENAI_"))}
    return {**kept, "OPENAI_BASE_URL": url, "QALIBRATE_MODEL": f"constructed-{version}"}
