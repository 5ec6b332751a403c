"""Languages: told apart, and refused when there are no rules for them."""

import pytest

from redaction import detect_language, foreign_language
from redaction.languages import UnsupportedLanguage, check_language


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (["Hello, how can I help you today?"], "en"),
        (["Здравствуйте, чем могу помочь?"], "ru"),
        (["您好，请问有什么可以帮您？"], "zh"),
        (["", "12345"], "en"),
        ([], "en"),
        (["\ud800 hello there my friend"], "en"),
    ],
)
def test_the_language_of_a_conversation_is_detected(texts: list[str], language: str) -> None:
    assert detect_language(texts) == language


def test_a_long_text_in_no_supported_language_is_recognized_as_such() -> None:
    german = "Guten Tag, ich hätte gerne gewusst, warum meine Rechnung in diesem Monat so hoch ist. " * 4
    assert foreign_language([german]) == "de"


@pytest.mark.parametrize(
    "text", ["Guten Tag", "Hello, I would like to know why my bill is so high this month. " * 5]
)
def test_short_or_supported_texts_are_not_foreign(text: str) -> None:
    assert foreign_language([text]) is None


def test_language_tags_are_understood() -> None:
    assert [check_language(tag) for tag in ("en-GB", "ZH", "ru_RU")] == ["en", "zh", "ru"]


def test_an_unknown_language_lists_the_supported_ones() -> None:
    with pytest.raises(UnsupportedLanguage, match="en, ru, zh"):
        check_language("fr")
