"""Takes personal data out of customer conversations in English, Russian and Chinese.

``Redactor().redact(segments, language)`` is the way in; ``README.md`` in this folder says what it promises.
"""

from redaction.languages import SUPPORTED, UnsupportedLanguage, detect_language, foreign_language
from redaction.model import Entity, Redaction, Segment, restore
from redaction.plugin import Plugin, PluginError
from redaction.policy import Policy, PolicyError
from redaction.redactor import Redactor
from redaction.rules import load

__all__ = [
    "SUPPORTED",
    "Entity",
    "Plugin",
    "PluginError",
    "Policy",
    "PolicyError",
    "Redaction",
    "Redactor",
    "Segment",
    "UnsupportedLanguage",
    "detect_language",
    "foreign_language",
    "load",
    "restore",
]
