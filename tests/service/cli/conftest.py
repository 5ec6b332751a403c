import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from service.cli import run


@dataclass
class Ran:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def qalibrate(capfd, monkeypatch, tmp_path) -> Callable[..., Ran]:
    """Runs a command line in this process, on a database of its own."""
    monkeypatch.setenv("QALIBRATE_DATABASE_URL", f"sqlite:///{tmp_path / 'cli.db'}")
    monkeypatch.setenv("QALIBRATE_REDACTION_PROCESSES", "0")

    def command(*arguments: object) -> Ran:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return command
