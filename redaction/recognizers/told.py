"""What is told digit by digit or letter by letter, in any language: numbers, codes and spelled names."""

from collections.abc import Iterator

from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.recognizers.naming import NAMED_KINDS, Naming
from redaction.recognizers.reader import Found, Reader
from redaction.recognizers.told_codes import told_codes
from redaction.recognizers.told_numbers import told_numbers


def recognizers(language: str) -> list[EntityRecognizer]:
    """Numbers and codes of a person, called what the words around them say."""
    return [Reader("told", [*NAMED_KINDS, kinds.ID_NUMBER, kinds.PERSON], language, _told)]


def _told(text: str) -> Iterator[Found]:
    naming = Naming(text)
    yield from told_numbers(text, naming)
    yield from told_codes(text, naming)
