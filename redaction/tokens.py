"""Words and numbers of the analysed text, and the NLP engine that hands them to Presidio."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Any, cast

import regex
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from spacy.tokens import Doc
from typing_extensions import override

from redaction import russian
from redaction.anchored import lines_at

_TOKEN = regex.compile(r"\p{Han}|[^\W_]+(?:'[^\W\d_]+)?|\S", regex.V1)
_CYRILLIC = regex.compile(r"\p{Cyrillic}+")


Places = Callable[[str], Iterable[int]]
"""Where something that a rule needs stands in a text."""


class Tokens(NlpArtifacts):
    """The tokens of one text; ``words_before`` is what the context rules ask for."""

    def __init__(self, text: str, engine: NlpEngine, language: str) -> None:
        self.text = text
        self._blocks: dict[tuple[Places, int], list[tuple[int, int]]] = {}
        super().__init__(
            entities=[],
            tokens=cast("Doc", []),
            tokens_indices=[],
            lemmas=[],
            nlp_engine=engine,
            language=language,
        )

    @cached_property
    def _words(self) -> tuple[list[str], list[int]]:
        """The tokens and where they start; few texts hold a finding that asks for them."""
        matches = list(_TOKEN.finditer(self.text))
        return [match.group() for match in matches], [match.start() for match in matches]

    def lines_with(self, what: Places, before: int = 0) -> list[tuple[int, int]]:
        """Start and end of the lines that hold something, and of so many before each; neighbours as one."""
        key = (what, before)
        if key not in self._blocks:
            places = sorted(
                self._line_before(place, line) for place in what(self.text) for line in range(before + 1)
            )
            self._blocks[key] = list(lines_at(self.text, places))
        return self._blocks[key]

    def _line_before(self, at: int, count: int) -> int:
        for _ in range(count):
            at = max(self.text.rfind("\n", 0, at), 0)
        return at

    def words_before(self, offset: int, count: int) -> list[str]:
        """Normal forms of up to ``count`` tokens that start before ``offset``, in the order of the text."""
        tokens, starts = self._words
        stop = bisect_left(starts, offset)
        return [lemma(token) for token in tokens[max(stop - count, 0) : stop]]

    def words_after(self, offset: int, count: int) -> list[str]:
        """Normal forms of up to ``count`` tokens that start at or after ``offset``, on the same line."""
        tokens, starts = self._words
        start = bisect_left(starts, offset)
        line_end = self.text.find("\n", offset)
        stop = start + count if line_end < 0 else min(start + count, bisect_left(starts, line_end))
        return [lemma(token) for token in tokens[start:stop]]


class TokenEngine(NlpEngine):
    """Presidio's view of our tokens.

    spaCy's own pipelines, blank ones too, remember every word they ever saw for as long as the process lives
    and refuse texts of more than a million characters; the rules need neither.
    """

    @override
    def load(self) -> None:
        """Nothing to load."""

    @override
    def is_loaded(self) -> bool:
        """Always."""
        return True

    @override
    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """The tokens of ``text``."""
        return Tokens(text, self, language)

    @override
    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **kwargs: Any
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """Each text with its tokens."""
        return ((text, self.process_text(text, language)) for text in texts)

    @override
    def is_stopword(self, word: str, language: str) -> bool:
        """Never: short words are context too ("my id is")."""
        return False

    @override
    def is_punct(self, word: str, language: str) -> bool:
        """Whether a token holds neither letter nor digit."""
        return not any(character.isalnum() for character in word)

    @override
    def get_supported_entities(self) -> list[str]:
        """None: this engine splits text and recognizes nothing."""
        return []

    @override
    def get_supported_languages(self) -> list[str]:
        """Any language will do; Presidio does not ask for more."""
        return []


@lru_cache(maxsize=20_000)
def lemma(token: str) -> str:
    """The form in which context words are compared: Russian words in dictionary form, all in lower case."""
    lower = token.lower()
    return russian.normal_form(lower) if _CYRILLIC.fullmatch(lower) else lower
