"""Every call that the service has, as its own document describes it, and a request of it that works."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx2

HIDDEN = {"/openapi.json", "/docs", "/docs/start.js", "/docs/{name}"}
"""Addresses that hold nobody's data and are in no document."""

REQUIRED = {"scorecard": "inbound-service", "rater": "r1", "erase": "true"}
"""Query parameters that have to be there."""

Fill = Callable[[str], str]
"""Gives the value of a parameter in a path."""


class Operation(NamedTuple):
    """One call of the document."""

    method: str
    path: str
    details: dict[str, Any]

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def path_parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    @property
    def query_parameters(self) -> list[str]:
        return [p["name"] for p in self.details.get("parameters", []) if p["in"] == "query"]

    @property
    def example(self) -> Any:
        """The example of the body: a value of JSON, or text of another type; None when it takes no body."""
        kind, body = self._body()
        return None if kind is None else body.get("example")

    @property
    def required_query(self) -> dict[str, str]:
        """The query without which it is not answered."""
        given = self.details.get("parameters", [])
        return {p["name"]: REQUIRED[p["name"]] for p in given if p["in"] == "query" and p.get("required")}

    def request(self, fill: Fill, **given: Any) -> dict[str, Any]:
        """Return what httpx needs for a request with this in its path and the example as its body."""
        path = re.sub(r"{(\w+)}", lambda match: fill(match[1]), self.path)
        basic = {"method": self.method, "url": path, "params": self.required_query}
        return basic | self.content(self.example) | given

    def content(self, body: Any) -> dict[str, Any]:
        """Return what httpx needs to send `body`."""
        kind, _ = self._body()
        if kind is None:
            return {}
        text = body if isinstance(body, str) else json.dumps(body)
        return {"content": text.encode(), "headers": {"Content-Type": kind}}

    def _body(self) -> tuple[str | None, dict[str, Any]]:
        content = self.details.get("requestBody", {}).get("content", {})
        return next(((kind, body) for kind, body in content.items()), (None, {}))


def operations_of(client: httpx2.Client) -> list[Operation]:
    """Return every call of the document that a running service shows."""
    paths = client.get("/openapi.json").json()["paths"]
    return [
        Operation(method.upper(), path, details)
        for path, item in paths.items()
        for method, details in item.items()
    ]


def routed(routes: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield the method and path of everything that an application answers, in the document or not."""
    for route in routes:
        inner = getattr(route, "original_router", route)
        if getattr(inner, "routes", None):
            yield from routed(inner.routes)
        else:
            yield from ((method, route.path) for method in (route.methods or {"GET"}) - {"HEAD"})
