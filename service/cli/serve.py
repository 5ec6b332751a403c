"""`qalibrate serve` and `qalibrate worker`."""

import gc
import math
import os
import signal
import socket
import sys
import threading
from contextlib import ExitStack
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.output import say
from service.cli.setup import make_factory
from service.domain.errors import FieldProblem, InvalidInput, Unavailable
from service.domain.keys import DEFAULT_TENANT, GIVEN_BY_NAME, SCOPES
from service.settings import Role, Settings
from service.telemetry import tracing

if TYPE_CHECKING:
    from types import FrameType

    import uvicorn
    from filelock import FileLock

    from service.factory import Factory

# What comes after the time of grace has bounds of its own; a process that is still there then has hung.
END_WITHIN_S = 25

# Longer than proxies keep an idle connection (a minute, mostly): who closes first must not be us, just as the
# next request comes.
KEEP_ALIVE_S = 75

# New objects until the youngest are looked at, and how often the older ones are.
COLLECT_AFTER = (10_000, 20, 50)

HostOption = Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")]
PortOption = Annotated[int, typer.Option(help="The port to listen on; 0 for a free one.")]


def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    role: Annotated[Role, typer.Option(help="The API, the worker, or both in one process.")] = "all",
    dev_key: Annotated[
        bool, typer.Option(help="On a database without keys, make one and print it once.")
    ] = False,
) -> None:
    """Run the service."""
    # Imported here, because no other command needs a web server.
    import uvicorn

    from service.app import create_app

    factory = make_factory()
    with ExitStack() as stack:
        if factory.database.file is not None:
            _check_role(role)
            stack.enter_context(only_process(factory))
        listener = stack.enter_context(_listen(host, port))
        if factory.settings.traces:
            tracing.start()
            stack.callback(tracing.stop)
        factory.check_plugin()
        factory.upgrade_database()
        warn_of_strangers(factory)
        if dev_key:
            _print_dev_key(factory)
        port = listener.getsockname()[1]
        say(f"listening on http://{host}:{port} (grader: {factory.settings.default_grader})")
        config = uvicorn.Config(create_app(factory, role), **server_options(factory.settings))
        server = uvicorn.Server(config)
        end_in_time(server, factory)
        collect_less()
        server.run(sockets=[listener])


def worker(host: HostOption = "127.0.0.1", port: PortOption = 8001) -> None:
    """Run a worker: `serve --role worker`, with health and readiness on its port."""
    serve(host, port, role="worker")


def collect_less() -> None:
    """Keep the collector of garbage from looking, again and again, at what stays as long as the process.

    A request makes some thousands of small objects; looking at all that a large program has loaded, whenever
    those add up to something, was a large part of the time of a submission.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def end_in_time(server: "uvicorn.Server", factory: "Factory") -> None:
    """Have the first signal to end stop the taking of work, and the process end in time, with exit code 0,
    whatever hangs: threads that wait for a database would keep it for as long as that is away.
    """
    leave = server.handle_exit

    def handle_exit(number: int, frame: "FrameType | None") -> None:
        # In a thread, because what was interrupted by the signal may hold a lock that this needs.
        threading.Thread(target=factory.stop_taking, daemon=True).start()
        late = threading.Timer(factory.settings.grace_s + END_WITHIN_S, os._exit, [0])
        late.daemon = True
        late.start()
        leave(number, frame)

    # Its own name for it is `sig`, but nobody calls it by name.
    server.handle_exit = handle_exit  # type: ignore[method-assign, assignment]
    # The web server raises the signal once more when it has ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def server_options(settings: Settings) -> dict[str, Any]:
    """Return how the web server behaves. It bounds neither connections nor requests in flight: it would count
    those that wait for a result, and answer in plain text; a proxy in front bounds connections.
    """
    return {
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": settings.trusted_proxies,
        "timeout_keep_alive": KEEP_ALIVE_S,
        "timeout_graceful_shutdown": math.ceil(settings.grace_s),
    }


def _check_role(role: Role) -> None:
    if role != "all":
        problem = f"SQLite takes one process, which does everything; --role {role} needs PostgreSQL"
        raise InvalidInput([FieldProblem("", problem)])


def only_process(factory: "Factory") -> "FileLock":
    """Return the held lock that keeps a second process off an SQLite file. Raises Unavailable, naming it."""
    from filelock import FileLock, Timeout

    file = f"{factory.database.file}.lock"
    lock = FileLock(file, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        detail = f"another process serves {factory.database.file} (it holds {file})"
        raise Unavailable(f"{detail}; SQLite takes one process, use PostgreSQL for more") from None
    except OSError as error:
        raise Unavailable(f"cannot write {file}: {error.strerror}; QALIBRATE_DATABASE_URL is there") from None
    return lock


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=2048)
    except (OSError, OverflowError) as error:
        raise Unavailable(f"cannot listen on {host}:{port}: {error}; choose another with --port") from None


def _print_dev_key(factory: "Factory") -> None:
    if factory.keys.list():
        return
    scopes = [scope for scope in SCOPES if scope not in GIVEN_BY_NAME]
    _, secret = factory.keys.create(DEFAULT_TENANT, "development", scopes)
    say(f"development key, shown only this once: {secret}")


def warn_of_strangers(factory: "Factory") -> None:
    """Warn of policies that apply to nobody: a misspelt name leaves whom it is meant for with the default."""
    tenants = {key.tenant for key in factory.keys.list()}
    for name in sorted(factory.policies.tenants - tenants):
        near = get_close_matches(name, tenants, n=1)
        question = f"; did you mean {near[0]}.yaml?" if near else ""
        say(f"warning: the policy {name}.yaml is of a tenant that has no key{question}")
