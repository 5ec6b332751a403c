"""A Presidio engine of the user's own, such as one with a large model, as one more vote on what is found.

It is described by Presidio's own analyzer configuration file. Nothing is ever downloaded: the models that it
names have to be installed. This module is light; ``plugin_engine.py`` imports the engine when a text comes.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from redaction.plugin_file import PluginError, languages_of, read_configuration
from redaction.spans import Finding

__all__ = ["Plugin", "PluginError"]


@dataclass(frozen=True, slots=True)
class Plugin:
    """The description of an engine: cheap to send to another process, where the engine is built once.

    ``source`` names the file in errors, ``text`` is its content, ``languages`` those it is asked for.
    """

    source: str
    text: str
    languages: frozenset[str]

    @classmethod
    def from_file(cls, path: str | Path) -> "Plugin":
        """The engine that an analyzer configuration file describes, with everything it needs in place.

        Raises ``PluginError`` when the file cannot be read or understood, or names a model or package that is
        not installed.
        """
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise PluginError(f"{path}: cannot be read: {error}") from error
        plugin = cls(str(path), text, languages_of(str(path), read_configuration(str(path), text)))
        plugin.check()
        return plugin

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change when the configuration file does."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    def check(self) -> None:
        """Raises ``PluginError`` unless what the configuration names is installed; loads no model."""
        from redaction.plugin_engine import check

        check(self.source, self.text)

    def load(self) -> None:
        """Build the engine now instead of at the first text. Raises ``PluginError``."""
        from redaction.plugin_engine import engine

        engine(self.source, self.text)

    def findings(self, text: str, language: str) -> list[Finding]:
        """What the engine finds in a text in ``language``; nothing in a language it does not support.

        Raises ``PluginError`` when the engine cannot be built.
        """
        if language not in self.languages:
            return []
        from redaction.plugin_engine import findings

        return findings(self.source, self.text, text, language)
