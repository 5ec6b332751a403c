"""Whisper: `verbose_json` and `diarized_json` of the API, WhisperX, faster-whisper, and whisper.cpp.

Whisper itself hears words, not people: segments have a `speaker` only after diarisation (WhisperX with
`--diarize`, `diarized_json`). One without a speaker goes on with the one before it.
"""

import re

from service.domain.errors import InvalidInput
from service.formats.json_node import Node
from service.formats.spoken_languages import language_of
from service.formats.transcript import Transcript, in_order, said
from service.formats.utterance import Utterance

_REMEDY = "send verbose_json, diarized_json or what WhisperX writes"
_NO_SPEAKERS = (
    "no segment has a speaker, and Whisper alone cannot tell who speaks; diarise it (WhisperX --diarize, "
    "or response_format diarized_json)"
)
_SPEAKER_IN_TEXT = re.compile(r"\(speaker (\w{1,3})\)\s*")
"""How whisper.cpp marks the channel of a stereo recording."""


def recognises(document: Node) -> bool:
    """Whether this can be nothing else."""
    items = document.get("segments", "transcription").value
    first = items[0] if isinstance(items, list) and items else None
    return isinstance(first, dict) and "text" in first and bool({"start", "offsets"} & first.keys())


def read(document: Node) -> Transcript:
    """Return the transcript. Raises InvalidInput, naming the place."""
    segments = document.get("segments", "transcription").required_rows(_REMEDY)
    utterances = [_utterance(one) for one in segments]
    if utterances and not any(each.name for each in utterances):
        raise _no_speakers(document)
    language = language_of(document.get("language"), document.get("result").get("language"))
    return Transcript(in_order(_led(utterances)), language, "call")


def _no_speakers(document: Node) -> InvalidInput:
    return document.get("segments", "transcription").error(_NO_SPEAKERS)


def _led(utterances: list[Utterance]) -> list[Utterance]:
    """Return them with the words before the first speaker left to that speaker."""
    first = next((each.name for each in utterances if each.name), None)
    head = next((at for at, each in enumerate(utterances) if each.name), 0)
    led = [said(first, each.text, each.start_s, each.end_s) for each in utterances[:head]]
    return [*led, *utterances[head:]]


def _utterance(segment: Node) -> Utterance:
    speaker, words = segment.get("speaker").label(), segment.get("text").text()
    marked = _SPEAKER_IN_TEXT.match(words)
    if marked:
        speaker, words = speaker or f"speaker {marked[1]}", words[marked.end() :]
    offsets = segment.get("offsets")
    if isinstance(offsets.value, dict):
        return said(speaker, words, offsets.get("from").seconds(1000), offsets.get("to").seconds(1000))
    return said(speaker, words, segment.get("start").seconds(), segment.get("end").seconds())
