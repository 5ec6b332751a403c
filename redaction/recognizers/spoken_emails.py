"""E-mail addresses as they are told: "john dot smith at example dot com", "собака", 艾特."""

from collections.abc import Iterator

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.numerals import is_number_word
from redaction.ordinary import is_ordinary
from redaction.recognizers.reader import Found, Reader

_SCORE = 0.8
_MOST_WORDS = 12
_DOT = "dot|period|point|точка|点"
_TOP = regex.compile("com|org|net|edu|info|io|co|uk|us|me|in|is|so|ru|cn|ру|рф|ком|орг|нет", regex.IGNORECASE)
_LAST_WORD = regex.compile(r"[\p{L}\p{N}]+$")
_DOMAIN = regex.compile(
    rf"(?:(?<=\w) ?(?:@|(?:at sign|at|собак[аоу]й?|собачка|эт)(?!\w)) ?|(?<=\w) ?艾特 ?)"
    rf"(?:[\w\-]{{1,40}} ){{0,2}}?[\w\-]{{1,40}}?(?: ?(?<!\w)(?:{_DOT})(?!\w) ?[\w\-]{{2,30}}|"
    rf"\.[a-z]{{2,10}}|点[a-z]{{2,10}}){{1,3}}",
    regex.IGNORECASE,
)
_HAN_DOMAIN = regex.compile(
    r"艾特[a-z0-9一二三四五六七八九零幺]{1,30}(?:点[a-z]{2,8}){1,3}", regex.IGNORECASE
)
_HAN_LOCAL = regex.compile(r"[a-z0-9_.\-一二三四五六七八九零幺点]{1,40}$", regex.IGNORECASE)
_WORD_BEFORE = regex.compile(r"(?<word>(?:(?!\p{Han})[\w.\-']){1,64})[ ,]{0,2}", regex.REVERSE)
_JOINS = regex.compile(
    "dot|period|underscore|dash|hyphen|minus|plus|точка|тире|дефис|подч[её]ркивание|нижнее|点|下划线"
)
_INTRODUCES = regex.compile(
    "e-?mail|mail|address|на|почт[уае]|[меэ]йл|имейл|емейл|адресу?|мо[йя]|это|запи\\w+|пишите|у|меня|так(?:ая|ой)|есть|"
    "будет|вот|да|и|или|электронн\\w+|отправ\\w+|присыл\\w+|пришл\\w+|скиньте|диктую"
)


def recognizers(language: str) -> list[EntityRecognizer]:
    """Addresses told in words, in any of the languages."""
    return [Reader("spoken e-mail", [kinds.EMAIL_ADDRESS], language, _emails)]


def _emails(text: str) -> Iterator[Found]:
    """Look for a told domain and read the words before it backwards."""
    yield from ((kinds.EMAIL_ADDRESS, start, end, _SCORE) for start, end in _addresses(text))


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    for match in _HAN_DOMAIN.finditer(text):
        local = _HAN_LOCAL.search(text, max(match.start() - 40, 0), match.start())
        if local:
            yield local.start(), match.end()
    for match in _DOMAIN.finditer(text):
        start = _start_of_local(text, match.start())
        if start < match.start() and _ends_in_domain(match.group()):
            yield start, match.end()


def _ends_in_domain(value: str) -> bool:
    last = _LAST_WORD.search(value)
    return last is not None and (
        _TOP.fullmatch(last.group()) is not None or not is_ordinary(last.group().lower())
    )


def _start_of_local(text: str, end: int) -> int:
    """Where the part before the "at" begins: one word, or words joined by "dot", letters, numbers, names."""
    start = end
    joined = True
    for _ in range(_MOST_WORDS):
        match = _WORD_BEFORE.match(text, max(start - 66, 0), start)
        if match is None:
            break
        word = match["word"].lower()
        if _JOINS.fullmatch(word):
            joined = True
        elif is_number_word(word) or len(word) == 1 or word.isdigit():
            pass
        elif _is_foreign_to_it(word) or not (joined or word.isascii()):
            break
        else:
            joined = False
        start = match.start()
    return start


def _is_foreign_to_it(word: str) -> bool:
    return is_ordinary(word) or _INTRODUCES.fullmatch(word) is not None
