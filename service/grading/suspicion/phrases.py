"""Finds phrases of a lexicon in a row of words; time grows with the words and not with the lexicon."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from service.grading.suspicion.split import split

_REMEMBERED = 50_000


class Hit(NamedTuple):
    """A phrase that stands for `concept`, from word number `first` to number `last`, both inclusive."""

    concept: str
    first: int
    last: int


class _Node:
    """What may come next: whole words, beginnings of words, and the concepts of phrases that end here."""

    __slots__ = ("concepts", "lengths", "stems", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node] = {}
        self.stems: dict[str, _Node] = {}
        self.lengths: tuple[int, ...] = ()
        self.concepts: tuple[str, ...] = ()

    def add(self, word: str) -> "_Node":
        """Return the node behind `word`; one that ends in a star is a beginning."""
        if not word.endswith("*"):
            return self.words.setdefault(word, _Node())
        stem = word[:-1]
        self.lengths = tuple(sorted({*self.lengths, len(stem)}))
        return self.stems.setdefault(stem, _Node())

    def after(self, word: str) -> Iterator["_Node"]:
        """Yield the nodes that `word` leads to."""
        node = self.words.get(word)
        if node is not None:
            yield node
        for length in self.lengths:
            if length > len(word):
                return
            node = self.stems.get(word[:length])
            if node is not None:
                yield node


class Phrases:
    """Phrases by concept. In a phrase ``mark*`` is any word that begins so."""

    def __init__(self, phrases: Mapping[str, Iterable[str]]) -> None:
        self._root = _Node()
        self._after_root: dict[str, tuple[_Node, ...]] = {}
        for concept, texts in phrases.items():
            for text in texts:
                self._add(concept, split(text))

    def hits(self, words: Sequence[str]) -> list[Hit]:
        """Return every phrase that occurs, by its first word; they may overlap."""
        found: list[Hit] = []
        for first, word in enumerate(words):
            nodes = self._beginnings(word)
            at = first
            while nodes:
                found += [Hit(concept, first, at) for node in nodes for concept in node.concepts]
                at += 1
                if at == len(words):
                    break
                nodes = tuple(after for node in nodes for after in node.after(words[at]))
        return found

    def _beginnings(self, word: str) -> tuple[_Node, ...]:
        """Return the nodes behind `word` at the beginning of a phrase; remembered, for words come again."""
        known = self._after_root.get(word)
        if known is None:
            if len(self._after_root) >= _REMEMBERED:
                self._after_root.clear()
            known = self._after_root[word] = tuple(self._root.after(word))
        return known

    def _add(self, concept: str, words: list[str]) -> None:
        node = self._root
        for word in words:
            node = node.add(word)
        if concept not in node.concepts:
            node.concepts = (*node.concepts, concept)
