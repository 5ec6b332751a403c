"""Builds the engine that a plug-in describes, without any download, and asks it."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.input_validation import ConfigurationValidator
from presidio_analyzer.nlp_engine import (
    NlpEngine,
    NlpEngineProvider,
    NoOpNlpEngine,
    SlimSpacyNlpEngine,
    SpacyNlpEngine,
    StanzaNlpEngine,
    TransformersNlpEngine,
)
from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider
from spacy.util import is_package
from typing_extensions import override

from redaction import kinds
from redaction.plugin_file import PluginError, read_configuration
from redaction.quiet import silence
from redaction.spans import Finding
from redaction.windows import windows

THRESHOLD = 0.5
"""The least score of a finding, unless the file states one above 0, which is what Presidio's files say."""

_OURS = {
    "PER": kinds.PERSON,
    "GPE": kinds.LOCATION,
    "LOC": kinds.LOCATION,
    "FAC": kinds.LOCATION,
    "EMAIL": kinds.EMAIL_ADDRESS,
    "PHONE": kinds.PHONE_NUMBER,
    "US_BANK_NUMBER": kinds.BANK_ACCOUNT,
    "US_PASSPORT": kinds.PASSPORT,
    "UK_PASSPORT": kinds.PASSPORT,
}
_IGNORED = frozenset(
    {"DATE_TIME", "DATE", "TIME", "NRP", "NORP", "ORGANIZATION", "ORG", "TITLE", "AGE", "MISC"}
    | {"CARDINAL", "ORDINAL", "MONEY", "PERCENT", "QUANTITY", "PRODUCT", "EVENT", "LAW", "LANGUAGE"}
    | {"WORK_OF_ART"}
)
_loading = Lock()


def our_kind(entity_type: str) -> str | None:
    """Our name of an entity type; ``None`` for what is not personal, ``ID_NUMBER`` for a type we do not have.

    Dates, groups and organizations can be had all the same, by mapping them to one of our types in the
    file's ``model_to_presidio_entity_mapping``.
    """
    if entity_type in kinds.ALL:
        return entity_type
    return _OURS.get(entity_type) or (None if entity_type in _IGNORED else kinds.ID_NUMBER)


def findings(source: str, configuration: str, text: str, language: str) -> list[Finding]:
    """What the engine finds in ``text``, which is read in windows. Raises ``PluginError``."""
    analyzer = engine(source, configuration)
    found = {
        Finding(start + result.start, start + result.end, kind, round(float(result.score), 4))
        for start, window in windows(text)
        for result in analyzer.analyze(window, language=language)
        if (kind := our_kind(result.entity_type))
    }
    return sorted(found)


def engine(source: str, configuration: str) -> AnalyzerEngine:
    """The engine of a configuration, built once per process. Raises ``PluginError``."""
    with _loading:
        return _engine(source, configuration)


def check(source: str, configuration: str) -> None:
    """Raises ``PluginError`` when the configuration is not Presidio's, or a model is not installed."""
    content = read_configuration(source, configuration)
    try:
        ConfigurationValidator.validate_analyzer_configuration(content)
        ConfigurationValidator.validate_nlp_configuration(content["nlp_configuration"])
    except ValueError as error:
        raise PluginError(f"{source}: {error}") from error
    wanted = content["nlp_configuration"]["nlp_engine_name"]
    available = [known.engine_name for known in _engines() if known.is_available]
    if wanted not in available:
        raise PluginError(
            f"{source}: the NLP engine {wanted} is not installed; available are {', '.join(available)}"
        )
    for name in _spacy_models(content["nlp_configuration"]):
        if not _is_installed(name):
            raise PluginError(f"{source}: the model {name} is not installed, and nothing is downloaded")


def _spacy_models(configuration: dict[str, Any]) -> Iterator[str]:
    if configuration.get("nlp_engine_name") not in ("spacy", "slim", "transformers"):
        return
    for model in configuration.get("models", ()):
        name = model.get("model_name")
        name = name.get("spacy") if isinstance(name, dict) else name
        if isinstance(name, str):
            yield name


@cache
def _engine(source: str, configuration: str) -> AnalyzerEngine:
    silence()
    check(source, configuration)
    # How the libraries behind transformers and GLiNER are told to use what is on the disk, and nothing else.
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    try:
        return _built(read_configuration(source, configuration))
    except (Exception, SystemExit) as error:
        raise PluginError(f"{source}: the engine cannot be built: {type(error).__name__}: {error}") from error


def _built(content: dict[str, Any]) -> AnalyzerEngine:
    nlp_engine = NlpEngineProvider(
        nlp_engines=_engines(),
        nlp_configuration=content["nlp_configuration"],
    ).create_engine()
    languages = content.get("supported_languages", ["en"])
    enhancer = content.get("context_aware_enhancer")
    return AnalyzerEngine(
        nlp_engine=nlp_engine,
        registry=_registry(content, nlp_engine, languages),
        supported_languages=languages,
        default_score_threshold=float(content.get("default_score_threshold") or 0) or THRESHOLD,
        context_aware_enhancer=LemmaContextAwareEnhancer(**enhancer) if enhancer else None,
    )


def _registry(content: dict[str, Any], nlp_engine: NlpEngine, languages: list[str]) -> RecognizerRegistry:
    """The recognizers that the file names; without any, the model alone: our rules know the patterns."""
    if "recognizer_registry" not in content:
        registry = RecognizerRegistry(supported_languages=languages)
        registry.add_nlp_recognizer(nlp_engine)
        return registry
    section = content["recognizer_registry"] | {"supported_languages": languages}
    provider = RecognizerRegistryProvider(registry_configuration=section, nlp_engine=nlp_engine)
    return provider.create_recognizer_registry()


def _engines() -> tuple[type[Any], ...]:
    return (_Spacy, _Slim, _Transformers, _Stanza, NoOpNlpEngine)


def _is_installed(model: str) -> bool:
    return bool(is_package(model)) or Path(model).exists()


def _refuse_download(model_name: str) -> None:
    """Stands where Presidio downloads what is missing."""
    if not _is_installed(model_name):
        raise PluginError(f"the model {model_name} is not installed")


class _Spacy(SpacyNlpEngine):
    _download_spacy_model_if_needed = staticmethod(_refuse_download)


class _Slim(SlimSpacyNlpEngine):
    _download_spacy_model_if_needed = staticmethod(_refuse_download)


class _Transformers(TransformersNlpEngine):
    _download_spacy_model_if_needed = staticmethod(_refuse_download)


class _Stanza(StanzaNlpEngine):
    @override
    def __init__(self, models: Any = None, ner_model_configuration: Any = None) -> None:
        super().__init__(models, ner_model_configuration, download_if_missing=False)
