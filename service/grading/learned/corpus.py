"""Many conversations, counted once: vocabularies and vectors of any part of them, without reading again."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.grading.learned.folds import Places
from service.grading.learned.ngrams import BLOCKS, Block, Said, count, measures
from service.grading.learned.space import Space, Sparse, Tally, single

FEWEST_CONVERSATIONS = 3
"""Different conversations that must hold an n-gram before it is kept: what is rare may point to somebody."""

MAX_FEATURES = 4_000
"""N-grams kept of each block, the most widespread ones."""


class Corpus:
    """Conversations as counts. Those of one group count as one conversation."""

    def __init__(self, conversations: Iterable[Sequence[Said]], groups: Sequence[str]) -> None:
        known: dict[Block, dict[str, int]] = {block: {} for block in BLOCKS}
        tallies: dict[Block, list[Tally]] = {block: [] for block in BLOCKS}
        figures = []
        for turns in conversations:
            figures.append(measures(turns))
            counts = count(turns)
            for block in BLOCKS:
                tallies[block].append(_tally(known[block], counts[block]))
        self.groups = np.unique(np.array(groups), return_inverse=True)[1].astype(np.int64)
        self.figures = np.array(figures, dtype=np.float64)
        self.columns = {b: Columns.of(list(known[b]), tallies[b], self.groups) for b in BLOCKS}

    def view(self, rows: Places) -> "View":
        """Return the vocabulary of the conversations at `rows`, one at least."""
        number = len(np.unique(self.groups[rows]))
        kept = {block: self.columns[block].kept(rows, self.groups) for block in BLOCKS}
        space = Space(
            ngrams={b: tuple(self.columns[b].ngrams[kept[b].places].tolist()) for b in BLOCKS},
            idf={b: single(1 + np.log((1 + number) / (1 + kept[b].times))) for b in BLOCKS},
            centre=single(self.figures[rows].mean(axis=0)),
            spread=single(np.maximum(self.figures[rows].std(axis=0), 1e-3)),
        )
        return View(self, space, {block: kept[block].places for block in BLOCKS})


@dataclass(frozen=True)
class Columns:
    """The n-grams of one block in alphabetical order, and each conversation's counts of them. What the whole
    corpus holds too seldom is left out.
    """

    ngrams: NDArray[np.object_]
    tallies: list[Tally]

    @classmethod
    def of(cls, ngrams: Sequence[str], tallies: Sequence[Tally], groups: Places) -> "Columns":
        """Return columns of n-grams in any order and counts by their positions."""
        often = _frequency(tallies, groups, len(ngrams)) >= FEWEST_CONVERSATIONS
        order = np.array(sorted(np.flatnonzero(often).tolist(), key=lambda at: ngrams[at]), dtype=np.int64)
        names = np.array([ngrams[at] for at in order], dtype=object)
        return cls(names, [_renamed(tally, order, len(ngrams)) for tally in tallies])

    def kept(self, rows: Places, groups: Places) -> Tally:
        """Return the n-grams to keep for the conversations at `rows`, and how many of them hold each."""
        frequency = _frequency([self.tallies[row] for row in rows], groups[rows], len(self.ngrams))
        ranked = np.argsort(-frequency, kind="stable")[:MAX_FEATURES]
        places = np.sort(ranked[frequency[ranked] >= FEWEST_CONVERSATIONS])
        return Tally(places, frequency[places].astype(np.float64))


@dataclass(frozen=True)
class View:
    """A vocabulary of a part of a corpus; `kept` says which columns of each block are in it."""

    corpus: Corpus
    space: Space
    kept: dict[Block, Places]

    def vectors(self, rows: Places) -> list[Sparse]:
        """Return any conversations of the corpus as vectors over this vocabulary."""
        columns = self.corpus.columns
        tallies = {
            b: [_renamed(columns[b].tallies[row], self.kept[b], len(columns[b].ngrams)) for row in rows]
            for b in BLOCKS
        }
        return [
            self.space.weighed({b: tallies[b][at] for b in BLOCKS}, self.corpus.figures[row])
            for at, row in enumerate(rows)
        ]


def _tally(known: dict[str, int], counts: Counter[str]) -> Tally:
    """Return the counts by the positions of the n-grams in `known`, where new ones are added."""
    places = [known.setdefault(ngram, len(known)) for ngram in counts]
    return Tally(np.array(places, dtype=np.int64), np.array(list(counts.values()), dtype=np.float64))


def _renamed(tally: Tally, order: Places, size: int) -> Tally:
    """Return the counts of the places in `order` alone, of `size` places, each now called by its position."""
    position = np.full(size, -1, dtype=np.int64)
    position[order] = np.arange(len(order))
    places = position[tally.places]
    there = np.flatnonzero(places >= 0)
    there = there[np.argsort(places[there])]
    return Tally(places[there], tally.times[there])


def _frequency(tallies: Sequence[Tally], groups: Places, size: int) -> NDArray[np.int64]:
    """Return how many groups hold each of `size` places."""
    together: dict[int, list[Places]] = {}
    for tally, group in zip(tallies, groups.tolist(), strict=True):
        together.setdefault(group, []).append(tally.places)
    frequency = np.zeros(size, dtype=np.int64)
    for places in together.values():
        frequency[np.unique(np.concatenate(places))] += 1
    return frequency
