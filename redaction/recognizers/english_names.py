"""English names by rule: introductions, titles, answers to "your name?", and lists of common names."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.anchored import Anchored, matches_at, word_starts
from redaction.brands import is_brand
from redaction.lexicon import words
from redaction.ordinary import is_ordinary
from redaction.recognizers.reader import Found, Reader
from redaction.recognizers.shapes import CaptureRecognizer
from redaction.spans import is_abbreviated

_LANGUAGE = "en"
_INTRODUCED = 0.85
_LISTED = 0.7
_MOST_PARTS = 4

_WORD = r"\p{Latin}[\p{Latin}\p{Mn}]*(?:['\-]\p{Latin}[\p{Latin}\p{Mn}]*)*"
_NAME_WORD = regex.compile(_WORD)
_NAME_BEGINS = regex.compile(rf"(?<![\p{{Latin}}\p{{Mn}}]['\-]){_WORD}")
_NEXT_WORD = regex.compile(rf"(?:\.? {{1,2}}|, (?=[A-Z]\.)|\. ?)(?<word>{_WORD})")
_PARTICLES = frozenset(
    {"de", "del", "der", "van", "von", "da", "di", "la", "le", "el", "al", "bin", "ibn", "st", "mc", "o"}
)

# After these any word that is not an ordinary one is a name, whatever its case.
_SURE = Anchored(
    r"(?<!\w)(?:my (?:full |first |last |middle |sur)?name(?:'s| is| was)|(?:customer|"
    r"account holder|cardholder|passenger|patient|guest|"
    r"user|card holder|his|her|their|husband'?s?|wife'?s?) (?:full |first |last |"
    r"sur)?name(?:'s| is)|(?:first|last|full|sur|family) ?name(?:'s| is|:| -)|"
    r"(?<!company |user |file |domain |brand |product |host )name ?(?::|is(?: on it)?:?)|"
    r"in the name of|under the name(?: of)?|goes by(?: the name)?(?: of)?|(?:i'm|i am|"
    r"people) call(?:ed)? me|"
    r"you(?:'re| are) (?:speaking|talking|chatting) (?:to|with)|(?:speaking|talking|"
    r"chatting) (?:with|to) (?:mr|mrs|ms|miss|dr|mister)\.?|"
    r"(?:mr|mrs|ms|miss|mister|mrs|dr|prof)\.?|(?:sincerely|regards),) {1,2}(?:is )?(?=\p{L})",
)
# After these only a listed name or a word in capitals is one.
_LIKELY = Anchored(
    r"(?<!\w)(?:i'm|im|i am|this is|it's|it is|thanks?|thank you|thx|hi|hello|hey|dear|bye|"
    r"goodbye|good (?:morning|afternoon|evening)|speaking with|speaking to|"
    r"talk to|with|from|for|ask for|named|called|sorry|okay|ok|welcome(?: back)?|certainly|"
    r"sure|great|meet you|here is|is)[,!]? {1,2}(?=\p{L})",
)
_INTRODUCES_AFTER = regex.compile(r",? (?:from|calling|speaking|here|with the|on the line)\b", regex.I)
_ORIGIN = regex.compile(
    r"\w+ly\b|\w+ from\b(?! [\w ]{0,30}(?:department|support|team|desk|bank|service))", regex.I
)
_PLACE_BEFORE = regex.compile(
    r"(?<!\w)(?:san|santa|saint|st\.?|los|las|fort|ft\.?|port|mount|mt\.?|lake|new|el|la) $", regex.I
)
_SELF = regex.compile(r"(?:this is|i'm|im|i am|it's|it is)\W{0,2}$", regex.I)


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str

    @property
    def lower(self) -> str:
        return self.text.lower().removesuffix("'s")

    @property
    def is_cased(self) -> bool:
        return self.text[0].isupper()

    @property
    def name_end(self) -> int:
        return self.end - 2 if self.text.lower().endswith("'s") else self.end


_Test = Callable[[_Word], bool]


def recognizers() -> list[EntityRecognizer]:
    """Names in text with Latin letters."""
    return [Reader("english names", [kinds.PERSON], _LANGUAGE, _names), _spelled(), _asked(), _cased()]


def _names(text: str) -> Iterator[Found]:
    """Names that are introduced, addressed or listed; works on lower-case text without punctuation too."""
    for finder in (_introduced, _likely, _listed):
        for start, end, score in finder(text):
            if not _is_street(text, start, end) and (score >= _INTRODUCED or not is_brand(text[start:end])):
                yield kinds.PERSON, start, end, score


def _introduced(text: str) -> Iterator[tuple[int, int, float]]:
    for match in _SURE.finditer(text):
        span = _span_of_name(text, match.end(), _is_uncommon)
        if span:
            yield *span, _INTRODUCED


def _likely(text: str) -> Iterator[tuple[int, int, float]]:
    for match in _LIKELY.finditer(text, overlapped=True):
        span = _span_of_name(text, match.end(), _is_name_in_context)
        if span is None and _SELF.search(text, max(match.start() - 1, 0), match.end()):
            span = _introduced_from_behind(text, match.end())
        if span:
            yield *span, _LISTED


def _introduced_from_behind(text: str, start: int) -> tuple[int, int] | None:
    span = _span_of_name(text, start, _is_uncommon)
    if span is None or not _INTRODUCES_AFTER.match(text, span[1]):
        return None
    return span if text[start].isupper() or not _ORIGIN.match(text, start) else None


def _listed(text: str) -> Iterator[tuple[int, int, float]]:
    reach = 0
    for match in matches_at(_NAME_BEGINS, text, word_starts(text).of(_first_words())):
        if match.start() < reach or match.group().lower().removesuffix("'s") not in _listed_words():
            continue
        word = _Word(match.start(), match.end(), match.group())
        if not _is_listed_alone(word, text):
            continue
        start, end = _span_of_name(text, word.start, lambda _: True, first_only=True) or (
            word.start,
            word.name_end,
        )
        reach = end
        yield _with_given_name(text, start), end, _LISTED


def _with_given_name(text: str, start: int) -> int:
    """Where a name in capitals begins when an unlisted word in capitals stands right before it."""
    before = _CAPITAL_BEFORE.search(text, max(start - 24, 0), start)
    if before is None or not text[start].isupper() or is_ordinary(before["word"].lower()):
        return start
    return int(before.start("word"))


_CAPITAL_BEFORE = regex.compile(r"(?<=[\p{Ll},] )(?<word>\p{Lu}\p{Ll}{2,20}) $")


@cache
def _listed_words() -> frozenset[str]:
    return words("en_first_names") | words("en_surnames")


@cache
def _first_words() -> frozenset[str]:
    """The letters with which the listed names begin: "o" for "o'neill"."""
    return frozenset(str(_LETTERS.match(word)[0]) for word in _listed_words())


_LETTERS = regex.compile(r"[\p{Latin}\p{Cyrillic}]+")


def _is_listed_alone(word: _Word, text: str) -> bool:
    lower = word.lower
    if _PLACE_BEFORE.search(text, max(word.start - 7, 0), word.start):
        return False
    if lower in words("en_first_names") and lower not in words("en_ambiguous"):
        return not word.text.isupper() or len(word.text) > 3
    if not word.is_cased:
        return False
    follower = _next_word(text, word.end)
    if follower and follower.is_cased and follower.lower in words("en_surnames"):
        return True
    return lower not in words("en_ambiguous") and not word.text.isupper()


def _span_of_name(
    text: str, start: int, accepts: _Test, *, first_only: bool = False
) -> tuple[int, int] | None:
    """The name that begins at ``start``: the first word must pass ``accepts``."""
    match = _NAME_WORD.match(text, start)
    if match is None:
        return None
    word = _Word(match.start(), match.end(), match.group())
    if not first_only and not accepts(word):
        return None
    end = word.name_end
    strict = accepts is _is_uncommon
    for _ in range(_MOST_PARTS - 1):
        follower = _next_word(text, word.end) if end == word.end else None
        if follower is None or not _continues(follower, word, strict, text):
            break
        word, end = follower, follower.name_end
    return start, end


def _continues(word: _Word, previous: _Word, introduced: bool, text: str) -> bool:
    if word.lower in _PARTICLES:
        beyond = _next_word(text, word.end)
        return beyond is not None and (beyond.is_cased or beyond.lower in words("en_surnames"))
    if is_ordinary(word.lower):
        return False
    if len(word.text) == 1:
        return word.is_cased and previous.is_cased
    if word.is_cased and not word.text.isupper():
        return True
    if word.lower in words("en_surnames"):
        return word.lower not in words("en_ambiguous") or introduced
    return introduced and (not previous.is_cased or word.is_cased)


def _next_word(text: str, at: int) -> _Word | None:
    if text[at : at + 1] == "." and not is_abbreviated(text, at):
        return None
    match = _NEXT_WORD.match(text, at)
    return _Word(match.start("word"), match.end("word"), match["word"]) if match else None


def _is_uncommon(word: _Word) -> bool:
    if word.is_cased and not word.text.isupper() and word.lower in words("en_first_names"):
        return True
    return not is_ordinary(word.lower) and (len(word.text) > 1 or word.is_cased)


def _is_name_in_context(word: _Word) -> bool:
    lower = word.lower
    if word.is_cased:
        return lower in words("en_first_names") or (
            lower in words("en_surnames") and lower not in words("en_ambiguous")
        )
    return lower in words("en_first_names") and lower not in words("en_ambiguous")


_STREET_BEFORE = regex.compile(
    r"(?<!\w)(?:turn (?:left|right|north|south|east|west)? ?(?:on|onto|at|into)|onto|towards?|along|past|"
    r"via|(?:left|right|continue|head east|head west) on|corner of|"
    r"intersection of|"
    r"(?:bus )?stop (?:on|at|near)|junction of|(?:from|to|at|on|near) (?=\p{L}+ and \p{Lu}))[ '\"]{1,2}$",
    regex.I,
)
_STREET_AFTER = regex.compile(
    r" (?:st|street|ave|avenue|rd|road|blvd|boulevard|square|station|bridge|park)(?!\w)", regex.I
)
_CROSSING = regex.compile(r" (?:and|&) (?<other>\p{Lu}\p{L}+)")
_CROSSED = regex.compile(r"\p{Lu}\p{L}+ (?:and|&) $")


def _is_street(text: str, start: int, end: int) -> bool:
    """Whether a name is a street's: "turn left on Murray", "Forbes and Murray", "Castro St"."""
    if _STREET_AFTER.match(text, end) or _STREET_AFTER.search(text, max(end - 11, start), end):
        return True
    crossing = _CROSSING.match(text, end)
    if crossing and crossing["other"].lower() in words("en_first_names"):
        return False
    if crossing and crossing["other"].lower() not in words("en_surnames"):
        return True
    before = text[max(start - 24, 0) : start]
    if (
        crossing is None
        and _CROSSED.search(before)
        and text[start:end].lower() not in words("en_first_names")
    ):
        return True
    return _STREET_BEFORE.search(f"{before}") is not None or (
        crossing is not None
        and regex.search(r"(?<!\w)(?:from|to|at|on|near|between|of) ['\"]?$", before) is not None
    )


_KIN = (
    "daughter|son|wife|husband|mother|father|mom|mum|dad|brother|sister|partner|fiancée?|boyfriend|girlfriend|"
    "friend|colleague|boss|neighbou?r|cousin|uncle|aunt|grand(?:son|daughter|mother|father)|nephew|niece|child|"
    "kid|baby|flatmate|roommate|assistant|doctor|lawyer|manager"
)
_OWNED = (
    "appointment|account|order|booking|reservation|card|phone|e-?mail|address|birthday|name|daughter|son|wife|"
    "husband|mother|father|subscription|ticket|delivery|parcel|package|room|policy|claim|refund|request|file|"
    "case|number|profile|contract|line|password"
)
_CAPITAL = r"\p{Lu}\p{Ll}{1,20}(?:['\-]\p{Lu}\p{Ll}{1,20})?"


def _cased() -> EntityRecognizer:
    """Names in no list that their capitals and surroundings show: kin, owners, initials, "signed for by"."""
    return CaptureRecognizer(
        kinds.PERSON,
        {
            rf"(?<!\w)(?:[Mm]y|[Yy]our|[Oo]ur|[Hh]is|[Hh]er|[Tt]heir|[Tt]he) (?:{_KIN}),?(?: is| called|"
            rf" named)? "
            rf"(?<value>{_CAPITAL}(?: {_CAPITAL})?)(?!\w)": 0.7,
            rf"(?<![\w.])(?<value>(?:\p{{Lu}}\. ?){{1,2}}{_CAPITAL})(?!\w)": 0.7,
            rf"(?<=[\p{{Ll}},] )(?<value>{_CAPITAL} {_CAPITAL})(?='s (?:{_OWNED})(?!\w))": 0.7,
            rf"(?i:signed (?:for )?by|addressed to|deliver(?:ed)? to|made out to|on behalf of|"
            rf"attention of|attn:?|"
            rf"c/o|registered to|belongs to) (?<value>{_CAPITAL} {_CAPITAL})(?!\w)": 0.7,
        },
        language=_LANGUAGE,
        accept=_is_cased_name,
        ignore_case=False,
    )


_NO_INITIALS = regex.compile(r"(?:U\. ?S|U\. ?K|P\. ?O|E\. ?U|D\. ?C|U\. ?N)\.")


def _is_cased_name(value: str) -> bool:
    found = [match.group().lower() for match in _NAME_WORD.finditer(value) if len(match.group()) > 1]
    return not _NO_INITIALS.match(value) and not any(
        is_ordinary(word) or word in words("en_places") for word in found
    )


def _spelled() -> EntityRecognizer:
    return CaptureRecognizer(
        kinds.PERSON,
        {
            r"(?<!\w)(?:name|spell(?:ed|ing|t)?(?: it| that)?(?: is)?|that's|"
            r"it's)[,:]? (?<value>\p{Latin}(?:(?: |-|, |\. ?)\p{Latin}){2,19})(?!\w)": 0.8,
            r"(?<![\w\-])(?<value>\p{Latin}(?:-\p{Latin}){3,19})(?![\w\-])": 0.7,
        },
        language=_LANGUAGE,
    )


def _asked() -> EntityRecognizer:
    return CaptureRecognizer(
        kinds.PERSON,
        {
            r"(?:your|the|full|first|last) names?\b[^\n?]{0,40}\?[^\n]{0,40}\n(?:(?:sure|yes|"
            r"yeah|ok|okay|of course|hi|hello|it's|it is|um|uh)[,. ]{1,3}){0,3}"
            rf"(?<value>{_WORD}(?: {_WORD}){{0,2}})[.,!]?(?= *$)": 0.8,
        },
        language=_LANGUAGE,
        accept=lambda value: not any(is_ordinary(word) for word in value.lower().split()),
    )
