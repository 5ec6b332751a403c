"""Which words are shown to a person: whole sentences or clauses, never fragments such as "my name is"."""

import re
from collections.abc import Iterable

from service.domain.grade import Evidence
from service.domain.transcript import RedactedConversation
from service.grading.signals.speech import Spoken, quote

QUOTE_LENGTH = 120
"""Characters that a quote has at most, unless the phrase that was found is longer itself."""

MAX_QUOTES = 3
"""Quotes that one signal gives at most."""

_LEAD = 40
"""Characters before a phrase that are quoted at most, where its sentence is too long to be quoted whole."""

# A full stop or a comma before a digit belongs to a number.
_SENTENCE_MARK = re.compile(r"(?:[!?。！？｡…;；\n]|\.(?!\d))")
_CLAUSE_MARK = re.compile(r"(?:[!?。！？｡…;；\n，、:：]|[.,](?!\d))")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SKIP_SPACE = re.compile(r"\s*+")


def telling(conversation: RedactedConversation, pieces: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return the first `pieces` as quotes that a person can read: each in its sentence or clause, and those
    that overlap as one. `pieces` come in the order of the conversation.
    """
    quotes: list[Evidence] = []
    for piece in pieces:
        spoken = Spoken(piece.turn, conversation.turns[piece.turn])
        wide = quote(spoken, *in_context(spoken.turn.text, piece.start, piece.end))
        if quotes and _overlap(quotes[-1], wide):
            quotes[-1] = _joined(spoken, quotes[-1], wide)
        elif len(quotes) == MAX_QUOTES:
            break
        else:
            quotes.append(wide)
    return tuple(quotes)


def distinct(pieces: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return `pieces` without those that overlap one before them."""
    kept: list[Evidence] = []
    for piece in pieces:
        if not any(_overlap(piece, other) for other in kept):
            kept.append(piece)
    return tuple(kept)


def quote_beginning(spoken: Spoken) -> Evidence:
    """Return the beginning of a turn as evidence, at most `QUOTE_LENGTH` characters, in whole words."""
    text = spoken.turn.text
    space = _SKIP_SPACE.match(text)
    start = space.end() if space else 0
    end = start + len(text[start : start + QUOTE_LENGTH].rstrip())
    return quote(spoken, *_stripped(text, start, _word_end(text, end, start) or end))


def quote_end(text: str) -> tuple[int, int]:
    """Return the span of the end of `text`, at most `QUOTE_LENGTH` characters, in whole words."""
    start, end = _stripped(text, 0, len(text))
    if end - start <= QUOTE_LENGTH:
        return start, end
    return _stripped(text, _word_start(text, end - QUOTE_LENGTH, end), end)


def in_context(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span of the sentence in which the words from `start` to `end` stand; where it is longer
    than `QUOTE_LENGTH`, of as much of it as fits, from the beginning of a clause if one is near.
    """
    if end - start >= QUOTE_LENGTH:
        return start, end
    first = _after_mark(_SENTENCE_MARK, text, end - QUOTE_LENGTH, start)
    last = _to_mark(_SENTENCE_MARK, text, end, start + QUOTE_LENGTH)
    if first is not None and last is not None:
        span = _stripped(text, first, last)
        if span[1] - span[0] <= QUOTE_LENGTH:
            return span
    return _part_of_a_sentence(text, start, end, last)


def _part_of_a_sentence(text: str, start: int, end: int, last: int | None) -> tuple[int, int]:
    lead = max(0, min(start - _LEAD, start), end - QUOTE_LENGTH)
    first = _after_mark(_CLAUSE_MARK, text, lead, start)
    first = _stripped(text, _word_start(text, lead, start) if first is None else first, end)[0]
    limit = first + QUOTE_LENGTH
    if last is not None and last <= limit:
        return first, last
    return first, max(end, len(text[: _word_end(text, min(limit, len(text)), end) or end].rstrip()))


def _after_mark(mark: re.Pattern[str], text: str, earliest: int, start: int) -> int | None:
    """Return where the text after the last mark before `start` begins; None if that is before `earliest`."""
    floor = max(0, earliest)
    ends = [found.end() for found in mark.finditer(text, floor, start)]
    if ends:
        return ends[-1]
    return 0 if floor == 0 else None


def _to_mark(mark: re.Pattern[str], text: str, end: int, latest: int) -> int | None:
    """Return the end of the marks that follow `end`, or None if they stand beyond `latest`. Where the words
    end in a mark, that is the one.
    """
    found = mark.search(text, end - 1, min(len(text), latest))
    if not found:
        return len(text) if len(text) <= latest else None
    at = found.end()
    while at < min(len(text), latest) and mark.match(text, at):
        at += 1
    return max(at, end)


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    inner = text[start:end]
    return start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())


def _word_start(text: str, at: int, stop: int) -> int:
    """Return the first place from `at` on where no word is cut, or `stop`."""
    return next((i for i in range(at, stop) if not _cuts_a_word(text, i)), stop)


def _word_end(text: str, at: int, stop: int) -> int | None:
    """Return the last place up to `at`, and after `stop`, where no word is cut, or None."""
    return next((i for i in range(at, stop, -1) if not _cuts_a_word(text, i)), None)


def _cuts_a_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and _is_in_word(text[at - 1]) and _is_in_word(text[at])


def _is_in_word(character: str) -> bool:
    # Chinese is written without spaces: between two of its characters there is no telling where a word ends.
    return (character.isalnum() or character in "_<>'’-") and not _HAN.match(character)


def _overlap(one: Evidence, other: Evidence) -> bool:
    return one.turn == other.turn and one.start < other.end and other.start < one.end


def _joined(spoken: Spoken, one: Evidence, other: Evidence) -> Evidence:
    start, end = min(one.start, other.start), max(one.end, other.end)
    return quote(spoken, start, end) if end - start <= QUOTE_LENGTH else one
