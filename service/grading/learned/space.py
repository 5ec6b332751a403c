"""The vocabulary of a set of conversations, and conversations as vectors over it.

    weight of an n-gram = (1 + ln tf) · (1 + ln((1 + n) / (1 + df)))

scaled to length 1 in each block of n-grams, so that many pieces of words do not drown few words (TF-IDF with
sublinear counts and smoothed document frequencies; Manning, Raghavan and Schütze 2008, 6.2 and 6.4). Beside
them stand the plain figures, standardised.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.grading.learned.ngrams import BLOCKS, MEASURES, Block, Said, count, measures

Floats = NDArray[np.float64]

MEASURE_WEIGHT = 0.2
"""Length of a plain figure that is one standard deviation off, next to a block's 1."""

_FURTHEST = 3.0
"""Standard deviations beyond which a plain figure counts no more."""


class Tally(NamedTuple):
    """How often n-grams occur in one conversation: their places in a vocabulary, and the counts."""

    places: NDArray[np.int64]
    times: Floats


class Sparse(NamedTuple):
    """A vector: `places` that are not zero, and their `weights`."""

    places: NDArray[np.int64]
    weights: Floats

    def dot(self, weights: Floats) -> Floats:
        """Return the products with weights of shape (places of a vector, outputs)."""
        product: Floats = self.weights @ weights[self.places]
        return product


@dataclass(frozen=True)
class Space:
    """A vocabulary. `ngrams` by block, each with as many `idf`; `centre` and `spread` of the plain figures.

    A vector has one place for each n-gram, block after block, then one for each plain figure.
    """

    ngrams: dict[Block, tuple[str, ...]]
    idf: dict[Block, Floats]
    centre: Floats
    spread: Floats

    @property
    def size(self) -> int:
        """Places of a vector."""
        return sum(map(len, self.ngrams.values())) + len(MEASURES)

    def vector(self, turns: Iterable[Said]) -> Sparse:
        """Return a conversation as a vector."""
        turns = tuple(turns)
        counts = count(turns)
        return self.weighed({block: self._tally(block, counts[block]) for block in BLOCKS}, measures(turns))

    def weighed(self, tallies: Mapping[Block, Tally], figures: Iterable[float]) -> Sparse:
        """Return the vector of a conversation that was counted over this vocabulary."""
        places, weights = [], []
        offset = 0
        for block in BLOCKS:
            tally = tallies[block]
            places.append(tally.places + offset)
            weights.append(_unit((1 + np.log(tally.times)) * self.idf[block][tally.places]))
            offset += len(self.ngrams[block])
        off = (np.array(list(figures)) - self.centre) / self.spread
        places.append(np.arange(offset, offset + len(MEASURES)))
        weights.append(MEASURE_WEIGHT * np.clip(off, -_FURTHEST, _FURTHEST))
        return Sparse(np.concatenate(places), np.concatenate(weights))

    def _tally(self, block: Block, counts: Counter[str]) -> Tally:
        known = self._places[block]
        found = sorted((known[ngram], times) for ngram, times in counts.items() if ngram in known)
        places = np.array([place for place, _ in found], dtype=np.int64)
        return Tally(places, np.array([times for _, times in found], dtype=np.float64))

    @cached_property
    def _places(self) -> dict[Block, dict[str, int]]:
        return {block: {ngram: at for at, ngram in enumerate(self.ngrams[block])} for block in BLOCKS}


def _unit(weights: Floats) -> Floats:
    length = np.sqrt(np.sum(weights**2))
    return weights / length if length else weights


def single(numbers: Floats) -> Floats:
    """Return numbers with the precision of a file (32 bits), so that a model is the same before and after."""
    return numbers.astype(np.float32).astype(np.float64)
