"""Russian names: the dictionary votes on every word, introductions and a small NER help."""

from collections.abc import Iterator
from functools import cache
from threading import Lock
from typing import Any

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.lexicon import words
from redaction.recognizers.reader import Found, Reader
from redaction.recognizers.shapes import CaptureRecognizer
from redaction.russian import Word, look_up

_LANGUAGE = "ru"
_WORD = regex.compile(r"\p{Cyrillic}+(?:-\p{Cyrillic}+)*")
_INITIALS = regex.compile(
    r"(?<!\p{L})(?:\p{Lu}\. ?){1,2}(?=\p{Lu}\p{Ll})|(?<=\p{Ll} )(?:\p{Lu}\. ?){1,2}(?!\p{L})"
)
_INTRODUCTION = regex.compile(
    r"(?<!\w)(?:зовут|зовите|меня звать|имя|фамилия|отчество|фио|на имя|имени|это|говорит|"
    r"обращаться|оформлен[аоы]? на|господин\w*|госпож\w+|уважаем\w+|"
    r"гражданин\w*)(?: меня)?[ :,\-]{1,3}$",
    regex.I,
)
_GLUE = regex.compile(r" |\. ?|-")
_CERTAIN = 0.5
_POSSIBLE = 0.3
_DOUBTFUL = 0.05


def recognizers() -> list[EntityRecognizer]:
    """Names in text with Cyrillic letters."""
    return [
        Reader("russian names", [kinds.PERSON], _LANGUAGE, _in_dictionary),
        Reader("news names", [kinds.PERSON], _LANGUAGE, _in_news),
        _introduced(),
    ]


def _in_dictionary(text: str) -> Iterator[Found]:
    """Words most of whose readings are given names, family names or patronymics. Case does not matter."""
    yield from ((kinds.PERSON, *span) for span in _voted(text))


def _voted(text: str) -> Iterator[tuple[int, int, float]]:
    matches = list(_WORD.finditer(text))
    readings = [look_up(match.group().lower()) for match in matches]
    for index, match in enumerate(matches):
        share = readings[index].name_share
        if share < _DOUBTFUL and not _follows_given_name(text, matches, readings, index):
            continue
        beside = _beside_a_name(text, matches, readings, index)
        if share < _DOUBTFUL or share >= _threshold(match, readings[index], beside, text):
            yield *match.span(), 0.5 + share * 0.4


def _follows_given_name(
    text: str, matches: list["regex.Match[str]"], readings: list[Word], index: int
) -> bool:
    """Whether this is a word that no dictionary knows right behind a given name: a foreign family name."""
    if index == 0 or readings[index].known or len(matches[index].group()) < 4:
        return False
    before = readings[index - 1]
    is_given = "given" in before.roles and before.name_share >= _CERTAIN and before.known
    gap = text[matches[index - 1].end() : matches[index].start()]
    return is_given and gap == " " and matches[index - 1].group().lower() not in words("ru_common")


def _threshold(match: "regex.Match[str]", reading: Word, beside: bool, text: str) -> float:
    """The share of name readings that this word needs; above 1 means that it cannot be a name here."""
    word = match.group()
    supported = beside or _INTRODUCTION.search(text, max(match.start() - 24, 0), match.start()) is not None
    if len(word) < 3 and not supported:
        return 2.0
    if word.lower() in words("ru_common") or reading.normal in words("ru_common"):
        return _DOUBTFUL if supported else 2.0
    cased = word[0].isupper()
    if not reading.known:
        return _POSSIBLE if supported and cased else _CERTAIN if cased or supported else 0.65
    if supported:
        return _DOUBTFUL if cased else 0.2
    return _POSSIBLE


def _beside_a_name(text: str, matches: list["regex.Match[str]"], readings: list[Word], index: int) -> bool:
    return any(
        0 <= other < len(matches)
        and readings[other].name_share >= _CERTAIN
        and readings[other].known
        and matches[other].group().lower() not in words("ru_common")
        and _GLUE.fullmatch(
            text,
            min(matches[index].end(), matches[other].end()),
            max(matches[index].start(), matches[other].start()),
        )
        for other in (index - 1, index + 1)
    )


def _in_news(text: str) -> Iterator[Found]:
    """Names that a small network trained on news sees. It needs capitals and reads only lines with some."""
    yield from ((kinds.PERSON, start, end, 0.8) for start, end in _named_by_network(text))


_CASED_LINE = regex.compile(r"^[^\n]*\p{Ll}[^\n]{0,3}[ \"«(]\p{Lu}\p{Cyrillic}[^\n]*$", regex.MULTILINE)
_LINE_LIMIT = 20_000


def _named_by_network(text: str) -> Iterator[tuple[int, int]]:
    """The persons in all cased lines of ``text``."""
    pieces = [
        (start, text[start : min(start + _LINE_LIMIT, line.end())])
        for line in _CASED_LINE.finditer(text)
        for start in range(line.start(), line.end(), _LINE_LIMIT)
    ]
    if not pieces:
        return
    for (offset, piece), markup in zip(pieces, _network().map(piece for _, piece in pieces), strict=True):
        for span in markup.spans:
            if span.type == "PER" and any(character.isalpha() for character in piece[span.start : span.stop]):
                yield offset + span.start, offset + span.stop


_loading = Lock()


def _network() -> Any:
    with _loading:
        return _load_network()


@cache
def _load_network() -> Any:
    import natasha

    tagger = natasha.NewsNERTagger(natasha.NewsEmbedding())
    # Fewer calls: each one makes the numerical library wake a thread per core.
    tagger.batch_size = 32
    return tagger


def _introduced() -> EntityRecognizer:
    """Names that no dictionary knows, where somebody says what they are called."""
    return CaptureRecognizer(
        kinds.PERSON,
        {
            r"(?<!\w)(?:меня зовут|зовите меня|моя фамилия|мо[её] имя|на имя|фамилия[: ]|"
            r"фио[: ])[ :\-]{0,2}(?<value>\p{Cyrillic}{2,30})(?!\w)": 0.7,
        },
        language=_LANGUAGE,
        accept=lambda value: not _is_function_word(value.lower()),
    )


def _is_function_word(word: str) -> bool:
    reading = look_up(word)
    return reading.known and reading.name_share < _DOUBTFUL and word in _FUNCTION_WORDS


_FUNCTION_WORDS = frozenset(
    [
        "не",
        "на",
        "и",
        "а",
        "но",
        "как",
        "у",
        "в",
        "по",
        "для",
        "это",
        "мой",
        "моя",
        "мое",
        "моё",
        "кого",
        "кто",
        "что",
        "с",
        "указана",
        "указано",
        "какая",
        "какое",
        "изменилась",
        "полностью",
        "пожалуйста",
        "правильно",
        "совпадает",
        "другая",
        "другое",
        "клиента",
    ]
)
