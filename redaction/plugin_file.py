"""An analyzer configuration file of Presidio's: what a plug-in is described by."""

from typing import Any

import yaml

from redaction.languages import SUPPORTED

_SECTIONS = frozenset(
    {
        "supported_languages",
        "default_score_threshold",
        "nlp_configuration",
        "recognizer_registry",
        "context_aware_enhancer",
    }
)


class PluginError(ValueError):
    """A plug-in that cannot be used; the message names the file and what is wrong."""


def read_configuration(source: str, text: str) -> dict[str, Any]:
    """The content of an analyzer configuration file. Raises ``PluginError``."""
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise PluginError(f"{source}: not YAML: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("nlp_configuration"), dict):
        raise PluginError(f"{source}: an analyzer configuration has a section nlp_configuration")
    unknown = sorted(str(key) for key in content if key not in _SECTIONS)
    if unknown:
        raise PluginError(f"{source}: unknown sections: {', '.join(unknown)}")
    return content


def languages_of(source: str, configuration: dict[str, Any]) -> frozenset[str]:
    """The languages of a configuration that are ours, too. Raises ``PluginError`` when there are none."""
    told = configuration.get("supported_languages", ["en"])
    models = configuration["nlp_configuration"].get("models")
    if not isinstance(told, list) or not isinstance(models, list):
        raise PluginError(f"{source}: supported_languages and the models of nlp_configuration are lists")
    codes = (model.get("lang_code") for model in models if isinstance(model, dict))
    with_model = {code for code in codes if isinstance(code, str)}
    languages = frozenset(SUPPORTED) & {str(language) for language in told} & with_model
    if not languages:
        raise PluginError(f"{source}: there is a model for none of {', '.join(SUPPORTED)}")
    return languages
