"""A recognizer around a function that reads a text: the shape of every rule that is more than a pattern."""

from collections.abc import Callable, Iterable

from presidio_analyzer import LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts
from typing_extensions import override

from redaction.recognizers.shapes import result_of

Found = tuple[str, int, int, float]
"""An entity type, start and end in code points, and how sure it is, from 0 to 1."""


class Reader(LocalRecognizer):
    """Reports what ``read`` yields for a text; dictionaries load when it is first called."""

    def __init__(
        self, name: str, entities: Iterable[str], language: str, read: Callable[[str], Iterable[Found]]
    ) -> None:
        self._read = read
        super().__init__(supported_entities=list(entities), name=name, supported_language=language)

    @override
    def load(self) -> None:
        """Nothing to load."""

    @override
    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """What was found in ``text``; a line is a turn."""
        return [result_of(self, *found) for found in self._read(text)]
