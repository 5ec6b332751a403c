"""Runs Presidio over one text: which recognizers, in which order, in pieces of bounded size."""

from collections.abc import Callable, Iterator
from functools import cache
from threading import Lock

from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts
from typing_extensions import override

from redaction.context import ContextWords
from redaction.languages import scripts_in
from redaction.quiet import silence
from redaction.recognizers import (
    answers,
    birth_dates,
    cards,
    chinese_addresses,
    chinese_names,
    codes,
    english_addresses,
    english_names,
    expiry_dates,
    internet,
    long_numbers,
    places,
    postal_addresses,
    russian_addresses,
    russian_names,
    spoken_birth_dates,
    spoken_emails,
    told,
    trained,
    written_numbers,
)
from redaction.spans import Finding
from redaction.tokens import TokenEngine, Tokens
from redaction.windows import windows

EVERYWHERE = "any"
"""The rules that run on every text; those of a language run when its script occurs."""

THRESHOLD = 0.5

_loading = Lock()


def analyze(text: str) -> list[Finding]:
    """Everything the rules take for personal data in ``text``; findings may overlap."""
    findings: set[Finding] = set()
    for start, window in windows(text):
        findings.update(_shifted(finding, start) for finding in _analyze_window(window))
    return sorted(findings)


def load(language: str) -> None:
    """Load the rules of a supported language now instead of at the first text that needs them."""
    text = _WARM_UP[language]
    _analyze_with(language, text, _tokens(text))


# Touches every lazily loaded part of a language: dictionary, segmenter, network.
_WARM_UP = {"en": "hello John", "ru": "меня зовут Иван, здравствуйте", "zh": "我叫张伟"}


def _analyze_window(text: str) -> Iterator[Finding]:
    tokens = _tokens(text)
    for name in (EVERYWHERE, *scripts_in(text)):
        yield from _analyze_with(name, text, tokens)


def _analyze_with(name: str, text: str, tokens: Tokens) -> list[Finding]:
    results = _engine(name).analyze(text, language=name, nlp_artifacts=tokens)
    return [
        Finding(result.start, result.end, result.entity_type, round(result.score, 4)) for result in results
    ]


def _shifted(finding: Finding, by: int) -> Finding:
    return Finding(finding.start + by, finding.end + by, finding.type, finding.score)


def _tokens(text: str) -> Tokens:
    return Tokens(text, _token_engine(), EVERYWHERE)


@cache
def _token_engine() -> TokenEngine:
    return TokenEngine()


def _engine(name: str) -> AnalyzerEngine:
    with _loading:
        return _load_engine(name)


class _Engine(AnalyzerEngine):
    """Presidio's engine without a search through all findings for each recognizer: none of ours needs it."""

    @override
    def _enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        enhancer = self.context_aware_enhancer
        return enhancer.enhance_using_context(text, raw_results, nlp_artifacts, recognizers, context)


@cache
def _load_engine(name: str) -> AnalyzerEngine:
    silence()
    return _Engine(
        registry=RecognizerRegistry(recognizers=_RULES[name](), supported_languages=[name]),
        nlp_engine=_token_engine(),
        supported_languages=[name],
        default_score_threshold=THRESHOLD,
        context_aware_enhancer=ContextWords(),
    )


def _everywhere() -> list[EntityRecognizer]:
    rooms = (
        written_numbers,
        cards,
        internet,
        codes,
        birth_dates,
        spoken_birth_dates,
        expiry_dates,
        spoken_emails,
        long_numbers,
        told,
    )
    return [recognizer for room in rooms for recognizer in room.recognizers(EVERYWHERE)]


_RULES: dict[str, Callable[[], list[EntityRecognizer]]] = {
    EVERYWHERE: _everywhere,
    "en": lambda: [
        *english_names.recognizers(),
        *english_addresses.recognizers(),
        *postal_addresses.recognizers(),
        *places.recognizers("en"),
        *answers.recognizers("en"),
        *trained.recognizers("en"),
    ],
    "ru": lambda: [
        *russian_names.recognizers(),
        *russian_addresses.recognizers(),
        *places.recognizers("ru"),
        *answers.recognizers("ru"),
    ],
    "zh": lambda: [
        *chinese_names.recognizers(),
        *chinese_addresses.recognizers(),
        *places.recognizers("zh"),
        *answers.recognizers("zh"),
    ],
}
