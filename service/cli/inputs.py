"""Conversations from the files that a command is given; `-` is standard input."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from service.domain.base import storable
from service.domain.errors import FieldProblem, InvalidInput, field_problems
from service.domain.transcript import Conversation
from service.formats.files import read_conversations
from service.formats.json_formats import JSON_FORMATS
from service.formats.strict_json import bad_json

LABELLED = "this is a labelled set; `qalibrate eval run` grades those"


class Item(NamedTuple):
    """One conversation of the input, or what is wrong with it."""

    id: str
    conversation: Conversation | InvalidInput
    where: str = ""


def read_items(paths: list[str]) -> Iterator[Item]:
    """Yield the conversations of all files in order; a file that cannot be read is an item with an error.

    The id is the conversation's `external_id`, else its position over all the input, counted from 0. `where`
    is what a person calls it: the file, and the place in it.
    """
    position = 0
    for path in paths:
        for place, data in _open(path):
            yield _item(position, data)._replace(where=path if place == 0 else f"{path}#{place}")
            position += 1
            if place == 0 and _is_labelled(data):
                break  # The rest of the file is no other, and one sentence is enough.


def _open(path: str) -> Iterator[tuple[int, dict[str, object] | InvalidInput]]:
    if path == "-":
        yield from read_conversations(path, sys.stdin.buffer)
        return
    try:
        with Path(path).open("rb") as file:
            yield from read_conversations(path, file)
    except OSError as error:
        yield 0, InvalidInput([FieldProblem("", f"cannot read {path}: {error.strerror}")])


def _item(position: int, data: dict[str, object] | InvalidInput) -> Item:
    if isinstance(data, InvalidInput):
        return Item(str(position), data)
    if _is_labelled(data):
        return Item(str(position), bad_json(LABELLED))
    try:
        conversation = Conversation.model_validate(data)
    except ValidationError as error:
        return Item(
            _id_of(data, position), InvalidInput([_hinted(p) for p in field_problems(error.errors())])
        )
    return Item(conversation.external_id or str(position), conversation)


def _hinted(problem: FieldProblem) -> FieldProblem:
    """Say to who has another system's transcript, which was not recognised, how it is read."""
    if problem != FieldProblem("/turns", "Field required"):
        return problem
    remedy = f'{{"format": …, "content": …}} with one of: {", ".join(JSON_FORMATS)}'
    return problem._replace(detail=f"Field required; another system's transcript is read as {remedy}")


def _is_labelled(data: dict[str, object] | InvalidInput) -> bool:
    return isinstance(data, dict) and isinstance(data.get("conversation"), dict) and "turns" not in data


def _id_of(data: dict[str, object], position: int) -> str:
    given = data.get("external_id") or data.get("id")
    return storable(str(given)) if isinstance(given, str | int) else str(position)
