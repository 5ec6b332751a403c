"""The README's commands are run as they stand there."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from redaction import Policy
from service.grading.prices import read_prices

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCK = re.compile(r"^```sh(?P<kind> server)?\n(?P<commands>.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(match["commands"], bool(match["kind"])) for match in BLOCK.finditer(README)]

# The environment is the one that runs this test: make must not install into it from a folder that goes away.
AS_IT_IS = "make -o .venv/.run -o .venv/.dev"

# These run this very test, or what ran it: that they exist is all that can be tried from here.
OURSELVES = ("make test", "make check")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A folder that looks like a checkout, so that what commands write is thrown away."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in (
        "service",
        "evals",
        "Makefile",
        "pyproject.toml",
        "requirements.txt",
        "requirements-dev.txt",
    ):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.fixture(scope="module")
def port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"QALIBRATE_REDACTION_PROCESSES": "1"} | more


def run(commands: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    shell = ["bash", "-euo", "pipefail", "-c", re.sub(r"^make\b", AS_IT_IS, commands, flags=re.MULTILINE)]
    return subprocess.run(
        shell, cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=300
    )


@contextmanager
def started(commands: str, folder: Path, port: str):
    log = folder / "server.log"
    command = ["bash", "-c", f"exec {commands.strip()}"]
    with log.open("w") as told:
        server = subprocess.Popen(command, cwd=folder, env=environment(), stderr=told)
    try:
        await_health(port, server, log)
        yield log
    finally:
        server.terminate()
        server.wait(timeout=30)


def await_health(port: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
            return
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_the_first_command_stands_within_twenty_lines():
    assert README[: README.index("```sh")].count("\n") + 2 <= 20


def test_every_command_works_in_the_order_in_which_it_stands(checkout, port):
    if shutil.which("curl") is None:
        pytest.skip("the README uses curl, which is not on this machine")
    key, servers = "", []
    try:
        for commands, is_server in BLOCKS:
            text = commands.replace("8000", port)
            if is_server:
                server = started(text, checkout, port)
                server.__enter__()
                servers.append(server)
                continue
            if text.startswith(OURSELVES):
                text = "\n".join(f"{line.split('#')[0]} --dry-run" for line in text.splitlines())
            ran = run(text, checkout, QALIBRATE_KEY=key)
            assert ran.returncode == 0, f"{text}\n{ran.stdout}\n{ran.stderr}"
            if found := re.search(r"^qal_\S+$", ran.stdout, re.MULTILINE):
                key = found[0]
            if "curl" in text:
                assert '"status":"completed"' in ran.stdout, ran.stdout
    finally:
        for server in servers:
            server.__exit__(None, None, None)


def test_make_serve_prints_a_development_key_once(tmp_path_factory, checkout):
    folder = tmp_path_factory.mktemp("serve")
    for item in checkout.iterdir():
        if item.is_symlink():
            (folder / item.name).symlink_to(item.resolve())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    for expected in (1, 0):
        with started(f"{AS_IT_IS} serve PORT={port}", folder, port) as log:
            assert log.read_text().count("development key, shown only this once: qal_") == expected


def test_every_setting_in_the_table_is_one_and_every_setting_is_in_the_table():
    from service.settings import Settings

    ours = [name for name in Settings.model_fields if not name.startswith(("openai", "otel"))]
    names = {f"QALIBRATE_{name.upper()}" for name in ours}
    named = set(re.findall(r"QALIBRATE_[A-Z_]+", README)) - {"QALIBRATE_KEY"}
    assert named == names


def yaml_block(with_word):
    blocks = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (found,) = [block for block in blocks if with_word in block]
    return found


def test_the_receiver_in_the_readme_takes_what_is_signed_once_and_nothing_else():
    (code,) = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    receiver: dict[str, Any] = {}
    exec(code, receiver)
    secret, now = "whsec_" + "a" * 32, datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", now, '{"type": "evaluation.failed"}')
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp()))}
    signed, seen = headers | {"webhook-signature": signature}, set[str]()
    event = receiver["receive"](secret, signed, b'{"type": "evaluation.failed"}', seen)
    assert event == {"type": "evaluation.failed"}
    assert receiver["receive"](secret, signed, b'{"type": "evaluation.failed"}', seen) is None
    with pytest.raises(WebhookVerificationError):
        receiver["receive"](secret, signed, b'{"type": "evaluation.completed"}', seen)


def test_the_policy_in_the_readme_is_one():
    assert Policy.from_yaml(yaml_block("keep_agent_names")).name == "ours"


def test_the_price_table_in_the_readme_is_one():
    prices = read_prices(yaml_block("cached_input"))
    assert prices.of("gpt-5.5") is not None
    assert prices.of("mistral-anything") is not None
