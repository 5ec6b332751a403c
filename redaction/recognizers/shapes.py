"""The two ways in which our rules recognize: by a shape with context words, or by the surroundings."""

from collections.abc import Callable, Mapping, Sequence

import regex
from presidio_analyzer import (
    AnalysisExplanation,
    EntityRecognizer,
    LocalRecognizer,
    Pattern,
    PatternRecognizer,
    RecognizerResult,
)
from presidio_analyzer.nlp_engine import NlpArtifacts
from typing_extensions import override

from redaction.anchored import anchored_if_possible
from redaction.recognizers.checksums import Check
from redaction.tokens import Places, Tokens

ALONE_BEFORE = r"(?<![0-9A-Za-z])"
ALONE_AFTER = r"(?![0-9A-Za-z])"
"""Word boundaries that also hold between a Chinese character and a digit, where ``\\b`` does not."""

GAP = r"[ .\-]{0,2}\n?"
"""What people put between the groups of a number; a line break is the next turn."""


def places_of(expression: str) -> Places:
    """The places where an expression matches, in any case."""
    compiled = regex.compile(expression, regex.IGNORECASE)
    return lambda text: (match.start() for match in compiled.finditer(text))


DIGIT = places_of(r"\d+")
"""The trigger of everything that holds a number: most lines of a conversation hold none."""

Accept = Callable[[str], bool]
Refuse = Callable[["regex.Match[str]"], bool]


class ShapeRecognizer(PatternRecognizer):
    """Shapes with a score each, and context words that raise it.

    A checksum that fits makes the score 1; one that does not fit changes nothing. It decides what a number is
    called: a misheard digit is no reason to let the number through.
    """

    def __init__(
        self,
        entity: str,
        shapes: Mapping[str, float],
        *,
        language: str,
        context: Sequence[str] = (),
        checksum: Check | None = None,
        near: Places | None = DIGIT,
    ) -> None:
        """``shapes`` maps regular expressions to scores from 0 to 1.

        Only the lines are read ``near`` which a match can be, neighbours together; all when it is ``None``.
        """
        self._checksum = checksum
        self._near = near
        super().__init__(
            supported_entity=entity,
            name=f"{entity} {language} {context[:1]}",
            patterns=[Pattern(name=entity, regex=shape, score=score) for shape, score in shapes.items()],
            supported_language=language,
            context=list(context),
            global_regex_flags=regex.IGNORECASE | regex.MULTILINE,
        )

    @override
    def analyze(
        self,
        text: str,
        entities: list[str],
        nlp_artifacts: NlpArtifacts | None = None,
        regex_flags: int | None = None,
    ) -> list[RecognizerResult]:
        """The places where a shape fits."""
        if self._near is None or not isinstance(nlp_artifacts, Tokens):
            return self._matches(text, entities)
        results: list[RecognizerResult] = []
        for start, end in nlp_artifacts.lines_with(self._near):
            for result in self._matches(text[start:end], entities):
                result.start += start
                result.end += start
                results.append(result)
        return results

    def _matches(self, text: str, entities: list[str]) -> list[RecognizerResult]:
        return list(super().analyze(text, entities))

    @override
    def validate_result(self, pattern_text: str) -> bool | None:
        """True when the checksum fits, else no opinion."""
        fits = self._checksum is not None and self._checksum(compact(pattern_text))
        return True if fits else None


class CaptureRecognizer(LocalRecognizer):
    """Finds what stands at a certain place: each expression names the part to take ``value``."""

    def __init__(
        self,
        entity: str,
        expressions: Mapping[str, float],
        *,
        language: str,
        context: Sequence[str] = (),
        accept: Accept | None = None,
        refuse: Refuse | None = None,
        ignore_case: bool = True,
        near: Places | None = None,
        lines_before: int = 0,
    ) -> None:
        """``expressions`` maps regular expressions to scores; what ``accept`` refuses is no finding.

        ``accept`` sees the value, ``refuse`` the match with what stands around it. Only the
        lines are read ``near`` which a match can be, and ``lines_before`` before each, neighbours together;
        all when it is ``None``.
        """
        self._near = near
        self._lines_before = lines_before
        self._refuse = refuse
        flags = regex.MULTILINE | (regex.IGNORECASE if ignore_case else 0)
        self._expressions = [
            (anchored_if_possible(text, flags), score) for text, score in expressions.items()
        ]
        self._accept = accept
        super().__init__(
            supported_entities=[entity],
            name=f"{entity} {language} captured",
            supported_language=language,
            context=list(context),
        )

    @override
    def load(self) -> None:
        """Nothing to load."""

    @override
    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """The captured parts of all expressions."""
        everything = [(0, len(text))]
        if self._near is not None and isinstance(nlp_artifacts, Tokens):
            everything = nlp_artifacts.lines_with(self._near, self._lines_before)
        return [
            result_of(self, self.supported_entities[0], match.start("value"), match.end("value"), score)
            for start, end in everything
            for expression, score in self._expressions
            for match in expression.finditer(text, start, end)
            if (self._accept is None or self._accept(match["value"]))
            and not (self._refuse is not None and self._refuse(match))
        ]


def result_of(
    recognizer: EntityRecognizer, entity: str, start: int, end: int, score: float
) -> RecognizerResult:
    """A Presidio result of ``recognizer`` for the text from ``start`` to ``end``."""
    name = recognizer.__class__.__name__
    return RecognizerResult(
        entity_type=entity,
        start=start,
        end=end,
        score=score,
        analysis_explanation=AnalysisExplanation(name, score),
        recognition_metadata={
            RecognizerResult.RECOGNIZER_NAME_KEY: name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id,
        },
    )


def compact(value: str) -> str:
    """A number without what stands between its groups, letters in upper case."""
    return "".join(character for character in value if character.isalnum()).upper()
