"""The vocabulary of a set of conversations, and conversations as vectors over it.

    weight of an n-gram = (1 + ln tf) · (1 + ln((1 + n) / (1 + df)))

scaled to length 1 in each block of n-grams, so that many pieces of words do not drown few words (TF-IDF with
sublinear counts and smoothed document frequencies; Manning, Raghavan and Schütze 2008, 6.2 and 6.4). Beside
them stand the plain figures, standardised.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.grading.learned.ngrams import BLOCKS, MEASURES, Block, Counts, Said, count, measures

Floats = NDArray[np.float64]

FEWEST_CONVERSATIONS = 3
"""Different conversations that must hold an n-gram before it is kept: what is rare may point to somebody."""

MAX_FEATURES = 4_000
"""N-grams kept of each block, the most widespread ones."""

MEASURE_WEIGHT = 0.2
"""Length of a plain figure that is one standard deviation off, next to a block's 1."""

_FURTHEST = 3.0
"""Standard deviations beyond which a plain figure counts no more."""


class Reading(NamedTuple):
    """What was counted in one conversation."""

    counts: Counts
    measures: tuple[float, ...]


def read(turns: Sequence[Said]) -> Reading:
    """Return all that the text model looks at in a conversation."""
    return Reading(count(turns), measures(turns))


@dataclass(frozen=True)
class Space:
    """A vocabulary. `ngrams` by block, each with as many `idf`; `centre` and `spread` of the plain figures.

    A vector has one place for each n-gram, block after block, then one for each plain figure.
    """

    ngrams: dict[Block, tuple[str, ...]]
    idf: dict[Block, Floats]
    centre: Floats
    spread: Floats

    @classmethod
    def of(cls, readings: Sequence[Reading], groups: Sequence[str]) -> "Space":
        """Return the vocabulary of these conversations. Those of one group count as one conversation."""
        figures = np.array([reading.measures for reading in readings], dtype=np.float64)
        total = len(set(groups))
        kept = {block: _widespread(readings, groups, block) for block in BLOCKS}
        return cls(
            ngrams={block: tuple(pairs) for block, pairs in kept.items()},
            idf={b: single(1 + np.log((1 + total) / (1 + _array(p.values())))) for b, p in kept.items()},
            centre=single(figures.mean(axis=0)),
            spread=single(np.maximum(figures.std(axis=0), 1e-3)),
        )

    @property
    def size(self) -> int:
        """Places of a vector."""
        return sum(map(len, self.ngrams.values())) + len(MEASURES)

    def vector(self, reading: Reading) -> "Sparse":
        """Return a conversation as the places that are not zero and their weights."""
        places, weights = [], []
        offset = 0
        for block in BLOCKS:
            at, weight = self._weighed(block, reading.counts[block])
            places.append(at + offset)
            weights.append(weight)
            offset += len(self.ngrams[block])
        off = (np.array(reading.measures) - self.centre) / self.spread
        places.append(np.arange(offset, offset + len(MEASURES)))
        weights.append(MEASURE_WEIGHT * np.clip(off, -_FURTHEST, _FURTHEST))
        return Sparse(np.concatenate(places), np.concatenate(weights))

    def _weighed(self, block: Block, counts: Counter[str]) -> tuple[NDArray[np.int64], Floats]:
        known = self._places[block]
        found = sorted((known[ngram], times) for ngram, times in counts.items() if ngram in known)
        at = np.array([place for place, _ in found], dtype=np.int64)
        weight = (1 + np.log(_array(times for _, times in found))) * self.idf[block][at]
        length = np.sqrt(np.sum(weight**2))
        return at, weight / length if length else weight

    @cached_property
    def _places(self) -> dict[Block, dict[str, int]]:
        return {block: {ngram: at for at, ngram in enumerate(self.ngrams[block])} for block in BLOCKS}


class Sparse(NamedTuple):
    """A vector: `places` that are not zero, and their `weights`."""

    places: NDArray[np.int64]
    weights: Floats

    def dot(self, weights: Floats) -> Floats:
        """Return the products with weights of shape (places of a vector, outputs)."""
        product: Floats = self.weights @ weights[self.places]
        return product


def _widespread(readings: Sequence[Reading], groups: Sequence[str], block: Block) -> dict[str, int]:
    """Return the n-grams to keep in alphabetical order, each with how many conversations hold it."""
    together: dict[str, set[str]] = {}
    for reading, group in zip(readings, groups, strict=True):
        together.setdefault(group, set()).update(reading.counts[block])
    frequency = Counter(ngram for ngrams in together.values() for ngram in ngrams)
    enough = ((-n, ngram) for ngram, n in frequency.items() if n >= FEWEST_CONVERSATIONS)
    return {ngram: frequency[ngram] for ngram in sorted(ngram for _, ngram in sorted(enough)[:MAX_FEATURES])}


def _array(numbers: Iterable[float]) -> Floats:
    return np.array(list(numbers), dtype=np.float64)


def single(numbers: Floats) -> Floats:
    """Return numbers with the precision of a file (32 bits), so that a model is the same before and after."""
    return numbers.astype(np.float32).astype(np.float64)
