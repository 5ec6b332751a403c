from collections.abc import Callable

import pytest

from evals.cli import run
from redaction import kinds
from tests.service.cli.conftest import Ran


@pytest.fixture
def only_mail(tmp_path) -> str:
    """A policy that takes out e-mail addresses alone: what is found is then the same whatever rules learn."""
    path = tmp_path / "only_mail.yaml"
    kept = "\n".join(f"  {kind}: keep" for kind in sorted(kinds.ALL - {kinds.EMAIL_ADDRESS}))
    path.write_text(f"name: only-mail\nentities:\n{kept}\n")
    return str(path)


@pytest.fixture
def qalibrate(capfd, monkeypatch, only_mail) -> Callable[..., Ran]:
    """Runs a command line in this process, with everything that is installed on top of the service's."""
    monkeypatch.setenv("QALIBRATE_REDACTION_PROCESSES", "0")
    monkeypatch.setenv("QALIBRATE_POLICY", only_mail)

    def command(*arguments: object) -> Ran:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return command
