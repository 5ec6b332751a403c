"""The bundled sample conversations: no personal data in them survives, and they stay readable."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from redaction import Redaction, Redactor, Segment

SAMPLES = files("service") / "samples"
MOST_LOST = 0.3


def read(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


PERSONAL: dict[str, list[dict[str, Any]]] = read("personal_data")
NAMES = sorted(path.name.removesuffix(".json") for path in SAMPLES.iterdir() if "-" in path.name)


@cache
def redacted(name: str) -> Redaction:
    sample = read(name)
    segments = [Segment(turn["speaker"], turn["text"]) for turn in sample["turns"]]
    return Redactor().redact(segments, sample["language"])


def test_every_sample_has_a_list_of_its_personal_data() -> None:
    assert set(NAMES) == set(PERSONAL)


@pytest.mark.parametrize("name", sorted(PERSONAL))
def test_nothing_that_is_listed_is_left_in_any_turn(name: str) -> None:
    left = [
        (turn, item["text"])
        for item in PERSONAL[name]
        for turn, text in enumerate(redacted(name).turns)
        if item["text"] in text
    ]
    assert left == []


@pytest.mark.parametrize("name", NAMES)
def test_turns_without_personal_data_are_left_as_they_are(name: str) -> None:
    listed = [item["text"] for item in PERSONAL[name]]
    changed = [
        (turn["text"], text)
        for turn, text in zip(read(name)["turns"], redacted(name).turns, strict=True)
        if text != turn["text"] and not any(item in turn["text"] for item in listed)
    ]
    assert changed == []


@pytest.mark.parametrize("name", NAMES)
def test_most_of_a_conversation_is_still_there(name: str) -> None:
    sizes = [len(turn["text"]) for turn in read(name)["turns"]]
    lost = sum(entity.end - entity.start for entity in redacted(name).entities)
    assert lost <= MOST_LOST * sum(sizes)


def test_the_words_around_what_is_taken_out_stay() -> None:
    assert redacted("zh-chat-terrible").turns[21].endswith("或者发邮件到<EMAIL_ADDRESS_1>。")
    assert redacted("zh-call-good").turns[14] == read("zh-call-good")["turns"][14]["text"]
    assert redacted("en-call-good").turns[5] == "sure it's <PERSON_2> and the number is <PHONE_NUMBER_1>"
