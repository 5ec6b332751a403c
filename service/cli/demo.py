"""`qalibrate demo`: the whole service on the bundled samples, over HTTP, on a throw-away database."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from service.cli.output import say
from service.cli.show import show_evaluation, show_summary
from service.domain.errors import Unavailable
from service.domain.evaluation import Evaluation

if TYPE_CHECKING:
    import httpx2

START_S = 60
WAIT_S = 60


def demo() -> None:
    """Start the service, post the sample conversations, show what comes back, stop."""
    import httpx2

    with tempfile.TemporaryDirectory(prefix="qalibrate-demo-") as folder:
        environment = os.environ | {"QALIBRATE_DATABASE_URL": f"sqlite:///{Path(folder) / 'demo.db'}"}
        key = _make_key(environment)
        with _service(environment) as url, httpx2.Client(base_url=url, timeout=WAIT_S + 10) as client:
            client.headers["Authorization"] = f"Bearer {key}"
            evaluations = [_grade(client, sample) for sample in samples()]
    show_summary(evaluations)
    failed = [evaluation for evaluation in evaluations if evaluation.status != "completed"]
    if failed:
        raise Unavailable(f"{len(failed)} of {len(evaluations)} samples were not graded")
    if all(e.provenance is not None and e.provenance.grader == "signals" for e in evaluations):
        say("Graded by `signals`: rules that measure what rules can, and leave the rest ungraded.")
        say("For every dimension set OPENAI_BASE_URL (and OPENAI_API_KEY, QALIBRATE_MODEL) and run it again.")


def samples() -> list[dict[str, Any]]:
    """Return the bundled sample conversations by file name: invented, and of no real person."""
    folder = resources.files("service").joinpath("samples")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda f: f.name)
    return [json.loads(file.read_text("utf-8")) for file in files if file.name != "personal_data.json"]


def _grade(client: "httpx2.Client", sample: dict[str, Any]) -> Evaluation:
    say(f"posting {sample['external_id']} …")
    headers = {"Prefer": f"wait={WAIT_S}", "Idempotency-Key": sample["external_id"]}
    answer = client.post("/v1/evaluations", json={"conversation": sample}, headers=headers)
    if answer.is_error:
        raise Unavailable(f"{sample['external_id']}: {answer.json()['detail']}")
    evaluation = Evaluation.model_validate_json(answer.content)
    # People know the samples by their own names, not by the ids that the service gives.
    named = evaluation.model_copy(update={"id": sample["external_id"]})
    show_evaluation(named, named.id)
    return named


def _make_key(environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "service.cli", "keys", "create", "--name", "demo", "--format", "json"]
    made = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - our own command
    if made.returncode:
        raise typer.Exit(made.returncode)
    return str(json.loads(made.stdout)["key"])


@contextmanager
def _service(environment: dict[str, str]) -> Iterator[str]:
    """Run the service on a free port; give its address once it answers, stop it at the end."""
    command = [sys.executable, "-m", "service.cli", "serve", "--port", "0"]
    quiet = environment | {"QALIBRATE_LOG_LEVEL": "warning"}
    process = subprocess.Popen(command, env=quiet, stderr=subprocess.PIPE, text=True)  # noqa: S603
    try:
        yield _address(process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None  # noqa: S101 - it is a pipe
    for line in process.stderr:
        if line.startswith("listening on "):
            url = line.split()[2]
            _await_health(url)
            return url
        sys.stderr.write(line)
    raise Unavailable("the service did not start; see above")


def _await_health(url: str) -> None:
    import httpx2

    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            if httpx2.get(f"{url}/healthz", timeout=5).is_success:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise Unavailable(f"the service did not answer within {START_S} s")
