"""Words and numbers of the analysed text, and the NLP engine that hands them to Presidio."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, cast

import regex
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from spacy.tokens import Doc
from typing_extensions import override

from redaction import russian

_TOKEN = regex.compile(r"\p{Han}|[^\W_]+(?:'[^\W\d_]+)?|\S", regex.V1)
_CYRILLIC = regex.compile(r"\p{Cyrillic}+")


class Tokens(NlpArtifacts):
    """The tokens of one text; ``words_before`` is what the context rules ask for."""

    def __init__(self, text: str, engine: NlpEngine, language: str) -> None:
        self.text = text
        self._blocks: dict[regex.Pattern[str], list[tuple[int, int]]] = {}
        spans = [match.span() for match in _TOKEN.finditer(text)]
        tokens = [text[start:end] for start, end in spans]
        self._starts = [start for start, _ in spans]
        super().__init__(
            entities=[],
            tokens=cast("Doc", tokens),
            tokens_indices=self._starts,
            lemmas=[],
            nlp_engine=engine,
            language=language,
        )

    def lines_with(self, what: "regex.Pattern[str]") -> list[tuple[int, int]]:
        """Start and end of every block of neighbouring lines that all hold a match of ``what``."""
        if what not in self._blocks:
            self._blocks[what] = list(self._find_blocks(what))
        return self._blocks[what]

    def _find_blocks(self, what: "regex.Pattern[str]") -> Iterator[tuple[int, int]]:
        at = 0
        while match := what.search(self.text, at):
            start = self.text.rfind("\n", 0, match.start()) + 1
            at = match.start()
            while at < len(self.text) and what.search(self.text, at, end := self._line_end(at)):
                at = end + 1
            yield start, min(at, len(self.text))

    def _line_end(self, at: int) -> int:
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end

    def words_before(self, offset: int, count: int) -> list[str]:
        """Normal forms of up to ``count`` tokens that start before ``offset``, in the order of the text."""
        stop = bisect_left(self._starts, offset)
        return [lemma(token) for token in self.tokens[max(stop - count, 0) : stop]]

    def words_after(self, offset: int, count: int) -> list[str]:
        """Normal forms of up to ``count`` tokens that start at or after ``offset``, on the same line."""
        start = bisect_left(self._starts, offset)
        line_end = self.text.find("\n", offset)
        stop = start + count if line_end < 0 else min(start + count, bisect_left(self._starts, line_end))
        return [lemma(token) for token in self.tokens[start:stop]]


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
