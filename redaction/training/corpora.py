"""Readers of the public corpora that a folder may hold. A file that is not there is not used."""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from redaction import kinds
from redaction.training.examples import OUTSIDE, Conversation, Turn, Word, label_characters

MULTIDOGO = ("airline", "fastfood", "finance", "software")

_SLOTS = {
    "name": kinds.PERSON,
    "address": kinds.ADDRESS,
    "arrival_city": kinds.LOCATION,
    "departure_city": kinds.LOCATION,
    "phone_number": kinds.PHONE_NUMBER,
    "phonenumber": kinds.PHONE_NUMBER,
    "email_address": kinds.EMAIL_ADDRESS,
    "card_number": kinds.CREDIT_CARD,
    "ssn": kinds.US_SSN,
    "account_number": kinds.ACCOUNT_NUMBER,
    "target_account_number": kinds.ACCOUNT_NUMBER,
    "booking_confirmation_number": kinds.REFERENCE_CODE,
    "order_number": kinds.REFERENCE_CODE,
    "password": kinds.SECRET,
}
_WNUT = {"person": kinds.PERSON, "location": kinds.LOCATION}
_FACTRUEVAL = {"Person": kinds.PERSON, "Location": kinds.LOCATION, "LocOrg": kinds.LOCATION}
_PARAGRAPH = re.compile(r"[^\n]+")


def multidogo(folder: Path, domain: str) -> list[Conversation]:
    """Customers' turns of one domain of MultiDoGO, ``multidogo_<domain>.jsonl``, as conversations."""
    rows = sorted(_json_lines(folder / f"multidogo_{domain}.jsonl"), key=_conversation_and_turn)
    return [
        tuple(filter(None, map(_slotted, turns)))
        for _, turns in groupby(rows, lambda row: row["conversation"])
    ]


def wnut(folder: Path) -> list[Conversation]:
    """Posts of WNUT17, a word and its label on a line, a blank line after each; people and places only."""
    path = folder / "wnut17_wnut17train.conll"
    blocks = path.read_text(encoding="utf-8").split("\n\n") if path.exists() else []
    posts = [tuple(_conll(line) for line in block.splitlines() if "\t" in line) for block in blocks]
    return [(post,) for post in posts if post]


def coffee(folder: Path) -> list[Conversation]:
    """Orders of the Taskmaster coffee set: nothing in them is personal."""
    return [
        tuple(tuple(Word(word) for word in turn["text"].split()) for turn in row["turns"])
        for row in _json_lines(folder / "taskmaster4_coffee_negatives.jsonl")
    ]


def factrueval(folder: Path) -> list[Conversation]:
    """Paragraphs of the Russian news texts of factRuEval 2016, ``factrueval_dev.jsonl``."""
    return [
        conversation
        for row in _json_lines(folder / "factrueval_dev.jsonl")
        for conversation in _paragraphs(row)
    ]


def _paragraphs(row: dict[str, Any]) -> Iterator[Conversation]:
    spans = [
        (entity["start"], entity["end"], _FACTRUEVAL[entity["type"]])
        for entity in row["entities"]
        if entity["type"] in _FACTRUEVAL
    ]
    for match in _PARAGRAPH.finditer(row["text"]):
        inside = [
            (max(start - match.start(), 0), end - match.start(), label)
            for start, end, label in spans
            if start < match.end() and end > match.start()
        ]
        yield (label_characters(match.group(), inside),)


def _conversation_and_turn(row: dict[str, Any]) -> tuple[str, int]:
    return row["conversation"], row["turn"]


def _slotted(row: dict[str, Any]) -> Turn:
    """The words of a turn with their labels; nothing where words and slots differ, a flaw of the set."""
    texts = row["text"].split(" ")
    if len(texts) != len(row["slots"]):
        return ()
    return tuple(
        Word(text, _SLOTS.get(slot, OUTSIDE)) for text, slot in zip(texts, row["slots"], strict=True) if text
    )


def _conll(line: str) -> Word:
    text, label = line.split("\t")[:2]
    return Word(text, _WNUT.get(label[2:], OUTSIDE))


def _json_lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
