"""What is known of a Russian word besides its letters: the dictionary's readings, and a vector of its use.

The vectors are Navec's for 250,000 word forms of news (MIT licence), which come with natasha.
"""

from functools import cache, lru_cache
from importlib.resources import as_file, files
from threading import Lock

import numpy as np
import regex
from navec import Navec  # type: ignore[import-untyped]
from navec.meta import Meta  # type: ignore[import-untyped]
from navec.pq import PQ  # type: ignore[import-untyped]
from navec.tar import Tar  # type: ignore[import-untyped]
from navec.vocab import Vocab  # type: ignore[import-untyped]
from numpy.typing import NDArray
from typing_extensions import override

from redaction.russian import look_up

_CYRILLIC = regex.compile(r"\p{Cyrillic}")
_REMEMBERED = 50_000
_NONE = ("", "")


class RussianKnowledge:
    """Two notes on each word, from the dictionary, and a vector of 300 numbers. Loads when first asked."""

    notes = 2
    size = 300

    def notes_of(self, word: str) -> tuple[str, str]:
        """How much of the word's readings are names, and the grammar of the likeliest reading."""
        if not _CYRILLIC.match(word):
            return _NONE
        reading = look_up(word.lower())
        return reading.readings, reading.grammar

    def row(self, word: str) -> int:
        """The place of a word in the table of vectors; all unknown words share one."""
        return _row(word.lower())

    def vectors(self, rows: NDArray[np.uint64]) -> NDArray[np.float32]:
        """The vectors at some places of the table, one row each."""
        table = _tables().pq
        parts = table.codes[np.arange(table.qdim), table.indexes[rows.astype(np.int64)]]
        return np.ascontiguousarray(parts.reshape(len(rows), self.size), dtype=np.float32)


class _Table(PQ):  # type: ignore[misc]
    @override
    def precompute(self) -> None:
        """Nothing: what is computed here is for comparing words and takes 30 MB."""


@lru_cache(maxsize=_REMEMBERED)
def _row(word: str) -> int:
    vocabulary = _tables().vocab
    return int(vocabulary.get(word, vocabulary.unk_id))


def word_vectors() -> Navec:
    """All the vectors, for others that need the same ones."""
    return _tables()


_loading = Lock()


def _tables() -> Navec:
    with _loading:
        return _load_tables()


@cache
def _load_tables() -> Navec:
    name = files("natasha").joinpath("data", "emb", "navec_news_v1_1B_250K_300d_100q.tar")
    with as_file(name) as path, Tar(path) as tar:
        meta = Meta.from_file(tar.load("meta.json"))
        return Navec(meta, Vocab.from_file(tar.load("vocab.bin")), _Table.from_file(tar.load("pq.bin")))
