"""The service as it really runs: a web server on a loopback port, a worker, a database."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn

from service.app import create_app
from service.cli.serve import server_options
from service.domain.keys import DEFAULT_TENANT, SCOPES, Scope
from service.factory import Factory
from service.settings import Role, Settings


@dataclass
class RunningService:
    """A running service, and a client of the default tenant that may do everything."""

    url: str
    factory: Factory
    client: httpx2.Client

    def client_of(self, tenant: str, *scopes: Scope) -> httpx2.Client:
        """Return a client with a new key of `tenant`."""
        _, secret = self.factory.keys.create(tenant, "test", scopes or SCOPES)
        return httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {secret}"}, timeout=60)

    def grade(self, conversation: dict[str, Any], **request: Any) -> dict[str, Any]:
        """Submit a conversation, wait for it, and return the final evaluation."""
        body = {"conversation": conversation, **request}
        answer = self.client.post("/v1/evaluations", json=body, headers={"Prefer": "wait=50"})
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def running_service(role: Role = "all", **settings: Any) -> Iterator[RunningService]:
    """Run the service with these settings; redaction runs in threads, which start faster than processes."""
    own = {"redaction_processes": 0, "log_level": "warning", "rate_limit": 0, "grace_s": 1, **settings}
    factory = Factory(Settings(**own))
    factory.upgrade_database()
    app = create_app(factory, role)
    server = uvicorn.Server(uvicorn.Config(app, port=0, **server_options(factory.settings)))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    _await_start(server, thread)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    running = RunningService(url, factory, httpx2.Client())
    running.client = running.client_of(DEFAULT_TENANT)
    try:
        yield running
    finally:
        running.client.close()
        server.should_exit = True
        thread.join(timeout=30)


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the service stopped while starting"
        assert time.monotonic() < deadline, "the service did not start"
        time.sleep(0.02)
