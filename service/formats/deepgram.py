"""Deepgram: the answer for a recording, with `utterances`, `paragraphs` or words only; seconds.

The speaker is the audio channel where there are several, else the number that diarisation gave.
"""

from collections.abc import Iterator
from itertools import pairwise

from service.formats.json_node import Node
from service.formats.spoken_languages import language_of
from service.formats.transcript import Transcript, in_order, said
from service.formats.utterance import Utterance

_REMEDY = "send the whole answer of the transcription"
_PAUSE_S = 1.0
"""Words of one channel that are this far apart are two turns."""


def recognises(document: Node) -> bool:
    """Whether this can be nothing else."""
    channels = document.get("results").get("channels").value
    return isinstance(channels, list) and bool(channels)


def read(document: Node) -> Transcript:
    """Return the transcript. Raises InvalidInput, naming the place."""
    results = document.get("results")
    channels = results.get("channels").rows()
    utterances = results.get("utterances").rows()
    several = len(channels) > 1 or len({row.get("channel").label() for row in utterances}) > 1
    if utterances:
        found = [_utterance(row, several) for row in utterances]
    elif channels:
        found = [each for number, one in enumerate(channels) for each in _channel(one, number, several)]
    else:
        raise results.get("channels").error(f"this is missing; {_REMEDY}")
    language = language_of(
        *(one.get("detected_language") for one in channels), document.get("metadata").get("language")
    )
    return Transcript(in_order(found), language, "call")


def _name(channel: str | None, speaker: str | None, several: bool) -> str | None:
    if several:
        return f"channel {channel or 0}"
    return None if speaker is None else f"speaker {speaker}"


def _utterance(row: Node, several: bool) -> Utterance:
    name = _name(row.get("channel").label(), row.get("speaker").label(), several)
    return said(name, row.get("transcript").text(), row.get("start").seconds(), row.get("end").seconds())


def _channel(channel: Node, number: int, several: bool) -> Iterator[Utterance]:
    """Yield what the best alternative of a channel says, by paragraphs or by words."""
    alternatives = channel.get("alternatives").rows()
    if not alternatives:
        return
    paragraphs = alternatives[0].get("paragraphs").get("paragraphs").rows()
    for paragraph in paragraphs:
        name = _name(str(number), paragraph.get("speaker").label(), several)
        words = " ".join(one.get("text").text() for one in paragraph.get("sentences").rows())
        yield said(name, words.strip(), paragraph.get("start").seconds(), paragraph.get("end").seconds())
    if not paragraphs:
        yield from _from_words(alternatives[0].get("words").rows(), number, several)


def _from_words(words: list[Node], number: int, several: bool) -> Iterator[Utterance]:
    heard = [_word(word, number, several) for word in words]
    ends = [at for at, (one, after) in enumerate(pairwise(heard), start=1) if _parted(one, after)]
    for first, last in pairwise([0, *ends, len(heard)]):
        run = heard[first:last]
        if run:
            yield said(run[0].name, " ".join(each.text for each in run), run[0].start_s, run[-1].end_s)


def _word(word: Node, number: int, several: bool) -> Utterance:
    name = _name(str(number), word.get("speaker").label(), several)
    start, end = word.get("start").seconds(), word.get("end").seconds()
    return said(name, word.get("punctuated_word", "word").text(), start, end)


def _parted(one: Utterance, after: Utterance) -> bool:
    pause = (after.start_s or 0.0) - (one.end_s or 0.0)
    return one.name != after.name or (one.end_s is not None and pause > _PAUSE_S)
