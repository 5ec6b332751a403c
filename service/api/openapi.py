"""The OpenAPI document: names that stay, every word explained, and the text of the copy that is committed.

`qalibrate openapi > service/api/openapi.json` brings the copy up to date.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from fastapi import FastAPI
from fastapi.routing import APIRoute

from service.api.problems import Problem
from service.domain.label import ConversationLabel

Place = tuple[str, str, dict[str, Any]]

COPY = Path(__file__).with_name("openapi.json")
"""The copy that is committed: who builds on the service sees in a diff what changes for them."""

_GLOSSARY = Path(__file__).with_name("glossary.yaml")
_METHODS = ("get", "put", "post", "delete", "patch")
_MENTIONED = (Problem, ConversationLabel)
"""Models that routes mention without FastAPI knowing."""


def operation_id(route: APIRoute) -> str:
    """Return the name that clients made from the document give a call: the name of its function."""
    return route.name


def complete(app: FastAPI) -> None:
    """Make the document of `app` hold what FastAPI does not know of."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in _MENTIONED:
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(schema.pop("$defs", {}))
            schemas[model.__name__] = schema
        document["components"]["schemas"] = dict(sorted(schemas.items()))
        used = {tag for call in operations(document) for tag in call.get("tags", [])}
        document["tags"] = [{"name": n, "description": d} for n, d in glossary()["tags"].items() if n in used]
        _explain(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def document_text(app: FastAPI) -> str:
    """Return the document as the copy holds it."""
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


@cache
def glossary() -> dict[str, dict[str, str]]:
    """Return what tags mean (`tags`), and what properties and parameters do (`words`)."""
    found: dict[str, dict[str, str]] = yaml.safe_load(_GLOSSARY.read_text("utf-8"))
    return found


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every operation of a document."""
    for item in document["paths"].values():
        yield from (item[method] for method in _METHODS if method in item)


def places(document: dict[str, Any]) -> Iterator[Place]:
    """Yield every property and parameter: the word for it alone, the word for it anywhere, and its schema."""
    for model, schema in document["components"]["schemas"].items():
        for name, described in schema.get("properties", {}).items():
            yield f"{model}.{name}", name, described
    for call in operations(document):
        for parameter in call.get("parameters", []):
            yield f"?{parameter['name']}", parameter["name"], parameter


def _explain(document: dict[str, Any]) -> None:
    words = glossary()["words"]
    for special, general, described in places(document):
        said = words.get(special) or words.get(general)
        if said is not None:
            described.setdefault("description", said)
