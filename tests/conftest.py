"""What tests of every room share: databases, and a service that really runs."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.postgres import Postgres, postgres

if TYPE_CHECKING:
    from tests.running import RunningService

# Threads of linear algebra in several test processes at once only stand in each other's way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# How fast a machine is decides nothing either: a slow example is no failure. The same code gets the same
# examples, so that a build fails for what was changed in it; without `derandomize` new ones are looked for.
settings.register_profile("any-machine", deadline=None, derandomize=True)
settings.load_profile("any-machine")

# Nothing of the machine's own may decide what a test does.
for _name in [name for name in os.environ if name.startswith(("QALIBRATE_", "OPENAI_", "OTEL_"))]:
    if _name != "QALIBRATE_DATA":
        del os.environ[_name]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> str:
    return postgres_server.create_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator["RunningService"]:
    """The embedded service, one for all tests of a module."""
    # Imported here, so that tests of libraries do not load the whole service.
    from tests.running import running_service

    folder = tmp_path_factory.mktemp("service")
    with running_service(database_url=f"sqlite:///{folder / 'service.db'}") as running:
        yield running


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of public corpora; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("QALIBRATE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no corpora at {folder}; set QALIBRATE_DATA")
    return folder


@pytest.fixture(scope="session")
def samples_personal_data() -> dict[str, list[dict[str, Any]]]:
    """What was listed by hand as personal data in the bundled samples, by sample."""
    file = resources.files("service") / "samples" / "personal_data.json"
    return json.loads(file.read_text("utf-8"))


_ended_with = [0]


def pytest_sessionfinish(exitstatus: int) -> None:
    _ended_with[0] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End even where the job engine left a thread that waits for a database which a test has stopped."""
    if any(thread.name.startswith("dbos-executor") for thread in threading.enumerate()):
        config.get_terminal_writer().flush()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_ended_with[0])
