"""People and places as natasha's network sees them. It learned from news, needs capitals, and is slow."""

from collections.abc import Iterable, Iterator
from functools import cache
from threading import Lock
from typing import Any

from redaction import kinds
from redaction.recognizers.reader import Found
from redaction.russian_knowledge import word_vectors

_KINDS = {"PER": kinds.PERSON, "LOC": kinds.LOCATION}
_SCORE = 0.8
_LINE_LIMIT = 20_000


def names_in(text: str, lines: Iterable[tuple[int, int]]) -> Iterator[Found]:
    """The people and places in some lines of ``text``."""
    pieces = [
        (at, text[at : min(at + _LINE_LIMIT, end)])
        for start, end in lines
        for at in range(start, end, _LINE_LIMIT)
    ]
    if not pieces:
        return
    for (offset, piece), markup in zip(pieces, _network().map(piece for _, piece in pieces), strict=True):
        for span in markup.spans:
            if span.type in _KINDS and any(map(str.isalpha, piece[span.start : span.stop])):
                yield _KINDS[span.type], offset + span.start, offset + span.stop, _SCORE


_loading = Lock()


def _network() -> Any:
    with _loading:
        return _load_network()


@cache
def _load_network() -> Any:
    import natasha

    tagger = natasha.NewsNERTagger(word_vectors())
    # Fewer calls: each one makes the numerical library wake a thread per core.
    tagger.batch_size = 32
    return tagger
