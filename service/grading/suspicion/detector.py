"""Which turns look like instructions to whoever grades the conversation."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from service.domain.grade import Flag
from service.domain.transcript import RedactedConversation, Speaker
from service.grading.suspicion.coded import codes_in_pieces
from service.grading.suspicion.decoding import half_turned, hidden_texts, invisible_spans, scattered, unleeted
from service.grading.suspicion.folding import Folded, fold
from service.grading.suspicion.forms import forms
from service.grading.suspicion.matching import matches
from service.grading.suspicion.pieces import in_pieces
from service.grading.suspicion.quoting import quote_around
from service.grading.suspicion.words import Word, spelled, words_of

MAX_FLAGS = 50
"""Flags of one conversation: whoever has seen so many needs no more."""


_MACHINES: tuple[Speaker, ...] = ("bot", "system")


class _Reading(NamedTuple):
    """What is compared of one text: it, folded, and its words."""

    text: str
    folded: Folded
    words: list[Word]
    by: Speaker | None


def suspected_instructions(conversation: RedactedConversation) -> tuple[Flag, ...]:
    """Return a flag for each turn, and each reference text, with words that look like an instruction to a
    grader or like a part of its prompt or of its answer; in English, Russian and Chinese, whatever the
    conversation's language.

    Hidden words count too: encoded ones, reversed or spelled ones, and such as only several turns together
    say. `quote` is verbatim, at most 300 code points. Time grows in proportion to the text.
    """
    turns = [_read(turn.text, number, turn.speaker) for number, turn in enumerate(conversation.turns)]
    found = {number: span for number, turn in enumerate(turns) if (span := _suspicious(turn)) is not None}
    speakers = [turn.speaker for turn in conversation.turns]
    for word in in_pieces([turn.words for turn in turns], speakers):
        found.setdefault(word.turn, (word.start, word.end))
    for decoded, pieces in codes_in_pieces([turn.text for turn in turns], speakers):
        if _says_an_order(decoded):
            for piece in pieces:
                found.setdefault(piece.turn, (piece.start, piece.end))
    flags = [_flag(turns[number].text, span, turn=number) for number, span in sorted(found.items())]
    return tuple([*flags, *_reference_flags(conversation)][:MAX_FLAGS])


def _reference_flags(conversation: RedactedConversation) -> Iterator[Flag]:
    for number, reference in enumerate(conversation.context):
        for text in (reference.title, reference.text):
            span = _suspicious(_read(text, 0))
            if span is not None:
                yield _flag(text, span, reference=number)
                break


def _flag(text: str, span: tuple[int, int], *, turn: int | None = None, reference: int | None = None) -> Flag:
    quote = quote_around(text, *span)
    return Flag(kind="suspected_instruction", turn=turn, reference=reference, quote=quote)


def _read(text: str, turn: int, by: Speaker | None = None) -> _Reading:
    folded = fold(text)
    return _Reading(text, folded, spelled(words_of(folded, turn), text), by)


def _suspicious(reading: _Reading) -> tuple[int, int] | None:
    """Return the first span of the original text that looks like an instruction, or None."""
    return next(_spans(reading), None)


def _spans(reading: _Reading) -> Iterator[tuple[int, int]]:
    text, folded, words, by = reading
    texts = [word.text for word in words]
    yield from _of_rules(texts, words)
    # Notices of machines do begin with "System message:".
    shapes = forms(folded.text, labels=by not in _MACHINES)
    yield from (_original(folded, *span) for span in shapes)
    yield from invisible_spans(text)
    yield from _reread(texts, words)
    letters = unleeted(folded.text)
    if letters is not None:
        again = words_of(Folded(letters, folded.source), 0)
        yield from _of_rules([word.text for word in again], again)
    coded = chain(scattered(text), hidden_texts(text))
    yield from ((hidden.start, hidden.end) for hidden in coded if _says_an_order(hidden.text))


def _reread(texts: list[str], words: list[Word]) -> Iterator[tuple[int, int]]:
    """Yield what words say that are read backwards, each alone and all of them, or with letters moved."""
    backwards = [text[::-1] for text in texts]
    yield from _of_rules(backwards, words)
    yield from _of_rules(backwards[::-1], words[::-1])
    yield from _of_rules(half_turned(texts), words)


def _says_an_order(text: str) -> bool:
    folded = fold(text)
    words = words_of(folded, 0)
    return (
        next(_of_rules([word.text for word in words], words), None) is not None
        or next(forms(folded.text), None) is not None
    )


def _of_rules(texts: Sequence[str], words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    for match in matches(texts, [word.sentence for word in words]):
        said = [word for hit in match.hits for word in (words[hit.first], words[hit.last])]
        yield min(word.start for word in said), max(word.end for word in said)


def _original(folded: Folded, start: int, end: int) -> tuple[int, int]:
    return folded.source[start], folded.source[end - 1] + 1
