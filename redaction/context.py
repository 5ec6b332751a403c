"""Raises the score of a finding when the words around it say what it is."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import regex
from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts
from typing_extensions import override

from redaction.tokens import Tokens

BOOST = 0.35
_WORDS_BEFORE = 10
_WORDS_AFTER = 3
_HAN_BEFORE = 16
_HAN_AFTER = 4
_HAN = regex.compile(r"\p{Han}")


class ContextWords(ContextAwareEnhancer):
    """Looks for a recognizer's context words in the ten words before a finding and the three after it.

    Phrases of several words work. Chinese has no word boundaries: there the sixteen characters before count,
    and four after.
    Presidio's own enhancer searches the whole token list once per finding; this one is linear.
    """

    def __init__(self) -> None:
        super().__init__(BOOST, 0.4, _WORDS_BEFORE, _WORDS_AFTER)

    @override
    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """The same results, with ``BOOST`` added to the scores that the context supports."""
        if not isinstance(nlp_artifacts, Tokens):
            return raw_results
        if not raw_results:
            return raw_results
        patterns = {recognizer.id: _pattern(tuple(recognizer.context or ())) for recognizer in recognizers}
        for result in raw_results:
            pattern = patterns.get(_recognizer_id(result))
            if pattern is not None and pattern.search(_surroundings(result, text, nlp_artifacts)):
                result.score = min(result.score + BOOST, 1.0)
        return raw_results


def _recognizer_id(result: RecognizerResult) -> str:
    metadata: dict[str, Any] = result.recognition_metadata or {}
    return str(metadata.get(RecognizerResult.RECOGNIZER_IDENTIFIER_KEY))


def _surroundings(result: RecognizerResult, text: str, tokens: Tokens) -> str:
    before = " ".join(tokens.words_before(result.start, _WORDS_BEFORE))
    after = " ".join(tokens.words_after(result.end, _WORDS_AFTER))
    glued = text[max(result.start - _HAN_BEFORE, 0) : result.start]
    glued_after = text[result.end : result.end + _HAN_AFTER].partition("\n")[0]
    return f"{before} | {after} | {glued} | {glued_after}"


@lru_cache(maxsize=256)
def _pattern(context: tuple[str, ...]) -> "regex.Pattern[str] | None":
    if not context:
        return None
    return regex.compile("|".join(_alternatives(context)))


def _alternatives(context: Iterable[str]) -> list[str]:
    return [
        regex.escape(word) if _HAN.search(word) else rf"(?<!\w){regex.escape(word)}(?!\w)" for word in context
    ]
