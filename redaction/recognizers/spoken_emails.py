"""E-mail addresses as they are told: "john dot smith at example dot com", "собака", 艾特."""

from collections.abc import Callable, Iterator
from functools import lru_cache

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.anchored import Anchored, lines_at, word_starts
from redaction.lexicon import words
from redaction.numerals import is_number_word
from redaction.ordinary import is_ordinary
from redaction.recognizers.reader import Found, Reader
from redaction.spelling import is_letter_name

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
_KNOWN = (
    "gmail|googlemail|yahoo|hotmail|outlook|icloud|aol|protonmail|live|msn|mail|gmx|"
    "яндекс|мэйл|мейл|майл|рамблер|джимейл|гмейл"
)
_BARE_DOMAIN = Anchored(
    rf"(?<!\w)(?<=\w )(?:at|собак[аоу]й?|собачка|эт) (?:{_KNOWN}) (?:com|net|ru|org|co uk|ру|ком)(?!\w)"
)
_HAN_DOMAIN = Anchored(r"艾特[a-z0-9一二三四五六七八九零幺]{1,30}(?:点[a-z]{2,8}){1,3}")
_DOTS = frozenset({"dot", "period", "point", "точка"})
_DOT_SIGN = regex.compile(r"\.[a-z]{2}|点", regex.IGNORECASE)
_HAN_LOCAL = regex.compile(
    r"(?:[a-z0-9_.\-一二三四五六七八九零幺点]|下划线|中划线|横杠|横线|减号|杠){1,40}$", regex.IGNORECASE
)
_EXPLAINED = regex.compile(
    r"(?<![\p{L}\d])(?<letter>\p{L}{1,3})(?: as in | for | like in |,? как )\p{L}{1,14}[ ,]{0,2}$",
    regex.IGNORECASE,
)
_WORD_BEFORE = regex.compile(r"(?<word>(?:(?!\p{Han})[\w.\-']){1,64})[ ,]{0,2}", regex.REVERSE)
_JOINS = regex.compile(
    "dot|period|underscore|dash|hyphen|minus|plus|точка|тире|дефис|подч[её]ркивание|нижнее|点|下划线"
)
_INTRODUCES = regex.compile(
    "e-?mail|mail|address|на|почт[уае]|[меэ]йл|имейл|емейл|адресу?|мо[йя]|это|запи\\w+|пишите|у|меня|"
    "так(?:ая|ой)|есть|"
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
    for match in _domains(text):
        start = _start_of_local(text, match.start())
        if start < match.start() and _ends_in_domain(match.group()):
            yield start, match.end()
    for match in _BARE_DOMAIN.finditer(text):
        space = match.start() - 1
        start = _start_of_local(text, space)
        if start < space:
            yield start, match.end()
    yield from _squashed(text)


def _domains(text: str) -> Iterator["regex.Match[str]"]:
    """Told domains, which only lines with a told or a written dot can hold."""
    places = word_starts(text).of(_DOTS)
    places += (match.start() for match in _DOT_SIGN.finditer(text))
    for start, end in lines_at(text, sorted(places)):
        yield from _DOMAIN.finditer(text, start, end)


_TOPS = "com|con|net|org|edu|ru|cn|couk|comau|coin|in"
_PROVIDER = regex.compile(
    "mail|gmai|gmial|gmil|gamil|gmal|yahoo|yaho|outlook|icloud|aol|live|msn|comcast|verizon|yandex|rambler|inbox"
)
_SQUASHED = regex.compile(
    rf"(?:{_PROVIDER.pattern})(?: ?[@.]?(?:{_TOPS})| (?:com|net|org|ru))(?![\p{{L}}\d])",
    regex.IGNORECASE,
)
_LOCAL = regex.compile(r"[a-z\d_.\-]*[a-z\d_]$", regex.IGNORECASE)
_LONGEST_LOCAL = 50
# What stands before "mail" in the names of providers, and in "e-mail" itself.
_PROVIDERS = frozenset({"g", "e", "e-", "hot", "ya", "rediff", "reddiff", "fast", "proton", "google", "web"})
_UNKNOWN = regex.compile(
    r"(?<![\p{L}\d_.\-@])[a-z\d_\-]{4,40}(?:(?<com>com)|net|org|ru|couk)(?![\p{L}\d.@])", regex.IGNORECASE
)
_UNKNOWN_TOPS = ("com", "net", "org", "ru", "couk")
_MAIL_NEAR = regex.compile(
    r"(?<!\w)(?:e-?mail\w*|mail|(?:электронн\w+ )?почт\w*|[еи]?-?м[еэ]йл\w*|imeyl)(?!\w)|邮箱|邮件",
    regex.IGNORECASE,
)
_WORDS_IN_COM = (
    "telecom intercom sitcom dotcom romcom webcom malcom telcom infocom viacom marcom internet ethernet "
    "intranet planet cabinet magnet bonnet cornet garnet hornet clarinet sonnet subnet"
)
_NO_ADDRESS = frozenset(_WORDS_IN_COM.split())
_TURNS_OF_ASKING = 2


def _squashed(text: str) -> Iterator[tuple[int, int]]:
    """Addresses without their signs: "sunnygmailcom", "sunny 90 mailcom"."""
    for match in _in_lines_with(_SQUASHED, _holds_provider, text):
        word = _LOCAL.search(text, max(match.start() - _LONGEST_LOCAL, 0), match.start())
        start = match.start() if word is None else word.start()
        first = _start_of_squashed(text, start)
        if first < start or (word is not None and word.group().lower() not in _PROVIDERS):
            yield first, match.end()
    for match in _in_lines_with(_UNKNOWN, _ends_in_top, text):
        word = match.group().lower()
        if word not in _NO_ADDRESS and not is_ordinary(word) and _may_be_mail(match, text):
            yield _start_of_squashed(text, match.start()), match.end()


def _in_lines_with(
    expression: "regex.Pattern[str]", test: Callable[[str], bool], text: str
) -> Iterator["regex.Match[str]"]:
    for start, end in lines_at(text, word_starts(text).satisfying(test)):
        yield from expression.finditer(text, start, end)


@lru_cache(maxsize=20_000)
def _holds_provider(word: str) -> bool:
    return _PROVIDER.search(word) is not None


def _ends_in_top(word: str) -> bool:
    return word.endswith(_UNKNOWN_TOPS) and word not in _NO_ADDRESS


def _may_be_mail(match: "regex.Match[str]", text: str) -> bool:
    """Whether a word ends as few words do, a turn holds nothing else, or it or one before speaks of mail."""
    start, end = match.span()
    if match["com"] and end - start >= _FEW_WORDS_FROM:
        return True
    line = start
    for _ in range(_TURNS_OF_ASKING + 1):
        line = max(text.rfind("\n", 0, line), 0)
    alone = text[start - 1 : start] in ("", "\n") and text[end : end + 1] in ("", "\n")
    return alone or _MAIL_NEAR.search(text, max(line, start - _REACH), start) is not None


_REACH = 300
_FEW_WORDS_FROM = 9


def _start_of_squashed(text: str, start: int) -> int:
    """Numbers that stand before belong to the address, and the word before those."""
    first = start
    for _ in range(_MOST_WORDS):
        match = _WORD_BEFORE.match(text, max(start - 66, 0), start)
        if match is None or text[start - 1 : start] == "\n":
            break
        word = match["word"].lower()
        if not word.isdigit():
            follows_number = start < first
            may_be_name = word in words("en_first_names") or not _is_foreign_to_it(word)
            return match.start() if follows_number and word.isascii() and may_be_name else start
        start = match.start()
    return start


def _ends_in_domain(value: str) -> bool:
    last = _LAST_WORD.search(value)
    return last is not None and (
        _TOP.fullmatch(last.group()) is not None or not is_ordinary(last.group().lower())
    )


def _start_of_local(text: str, end: int) -> int:
    """Where the part before the "at" begins: one word, or words joined by "dot", letters, numbers, names."""
    start = end
    free, joined = True, False
    for _ in range(_MOST_WORDS):
        explained = _EXPLAINED.search(text, max(start - 40, 0), start)
        if explained is not None and is_letter_name(explained["letter"].lower()):
            start = explained.start()
            continue
        match = _WORD_BEFORE.match(text, max(start - 66, 0), start)
        if match is None:
            break
        word = match["word"].lower()
        if _JOINS.fullmatch(word):
            joined = True
        elif is_number_word(word) or is_letter_name(word) or word.isdigit():
            pass
        elif not joined and (_is_foreign_to_it(word) or not (free or word.isascii())):
            break
        else:
            free = joined = False
        start = match.start()
    return start


def _is_foreign_to_it(word: str) -> bool:
    return is_ordinary(word) or _INTRODUCES.fullmatch(word) is not None
