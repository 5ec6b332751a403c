"""Postal addresses of many countries in Latin letters: a street and a number, and the lines that follow.

An address is read word by word from its house number or from a word for a street. What stands there may be
unknown to every list; so it must be made good by a word for a street, a flat, a postcode or a place.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.anchored import Anchored, lines_at, matches_at, word_starts
from redaction.gazetteer import place_size
from redaction.lexicon import words
from redaction.ordinary import is_ordinary
from redaction.recognizers.reader import Found, Reader

_SCORE = 0.7
_LONGEST = 260
_MOST_NAME_WORDS = 6
_MOST_PENDING = 5
_LONGEST_PLACE = 8
_MOST_LAST_WORDS = 2

_TOKEN = regex.compile(
    r"(?P<line>[ ]*(?:\n[>?|*\t ]*)+)|(?P<comma> ?[,;] ?)|"
    r"(?P<number>#?\d{1,6}(?:st|nd|rd|th|[A-Za-z])?(?:[-/]\d{1,4}[A-Za-z]?)?(?![\w$€£%])\.?)|"
    r"(?P<word>[\p{L}\p{M}]+(?:['\-/.&][\p{L}\p{M}]+)*\.?)|(?P<space> +)",
    regex.IGNORECASE,
)
_BEFORE_NAME = words("streets_before_name")
_AFTER_NAME = words("streets_after_name")
_INSIDE_NAME = (
    r"\p{L}{3,}(?:straße|strasse|str\.|gasse|platz|allee|weg|damm|ufer|steig|straat|laan|plein|gracht|kade|dreef|"
    r"steenweg|singel|plaats|plantsoen|baan|hof|dijk|lei|gatan|gata|vägen|gränd|torget|stigen|backen|gade|vej|allé|"
    r"stræde|veien|veg|vegen|katu|tie|polku|kuja|utca|götu|stræti|vegur|braut)"
)
_COMPOUND = regex.compile(_INSIDE_NAME, regex.IGNORECASE)
_PLAIN = words("streets_with_other_meanings")
_CONNECTING = words("streets_small_words")
_UNIT = frozenset(
    {
        *(
            "apt",
            "apartment",
            "suite",
            "ste",
            "unit",
            "flat",
            "room",
            "rm",
            "floor",
            "fl",
            "building",
            "bldg",
        ),
        *("box", "wohnung", "appartement", "appt", "piso", "depto", "bus", "lok", "m"),
    }
)
# What a number counts and no street is called after.
_MEASURES = words("counted_things")
_STATE = regex.compile(
    "A[BCKLRZ]|BC|C[AOT]|D[CE]|FL|FM|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ABDEHINOPST]|N[BCDEHJLMSTUVWY]|O[HKNR]|P[AERW]|QC|"
    "QLD|RI|S[ACDK]|T[NX]|TAS|UT|V[AIT]|VIC|W[AIVY]|YT|A[AEP]|NSW",
    regex.IGNORECASE,
)
_POSTCODE = regex.compile(
    r"(?:\d{4,6}(?:-\d{3,4})?|\d{4} ?[A-Z]{2}|\d{3} \d{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|"
    r"[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2})(?![\w-]| ?\d)",
    regex.IGNORECASE,
)
_STREETS = (
    *("rue", "calle", "avenida", "av", "rua", "viale", "piazza", "ulica", "ul", "carrer", "jalan", "jl"),
    *("chemin", "impasse", "plaza", "praça"),
)
_NUMBER = regex.compile(r"\d+")
_FIRST = regex.compile(
    r"(?<![\w$€£.,:/#-])(?<![$€£] )(?:\d{1,6}[A-Za-z]?(?:[-/]\d{1,4}[A-Za-z]?)?(?=,? [\p{L}\d])|"
    rf"(?:{'|'.join(_STREETS)})\.? (?=\p{{L}})|"
    rf"{_INSIDE_NAME}(?= \d{{1,4}}\b))",
    regex.IGNORECASE,
)
_LEAD_REACH = 40
_LEAD = regex.compile(
    r"(?<![\w.])(?:\d{1,5} )?(?:\p{Lu}[\p{L}'\-]+ ?|\p{Lu}\. ?|(?:van|de|den|der|von|da|di|ten) ){1,3}$"
)
_CORNER_PART = r"(?:\p{Lu}[\p{L}\p{M}'.\-]*|\d{1,5}(?:st|nd|rd|th)?\.?|de|van|der|la|út|utca)"
_CORNER = Anchored(
    rf"(?<!\w)(?<value>(?:(?:the )?(?i:corner|intersection) of {_CORNER_PART}(?: {_CORNER_PART}){{0,6}} and "
    rf"{_CORNER_PART}(?: {_CORNER_PART}){{0,5}}"
    r"|(?:the )?(?i:corner|intersection) of [\p{L}'.]{2,24}(?: [\p{L}'.]{1,24}| \d{1,5}){0,5}? and "
    r"(?:[\p{L}'.]{2,24} |\d{1,5} ){1,4}(?i:street|st|avenue|ave|road|rd|drive|lane|boulevard|blvd)))(?!\w)",
    flags=0,
)
_MILITARY = Anchored(
    r"(?<!\w)(?<value>(?:(?:USS|USNS|USNV) [\p{L}\p{M}'\- ]{2,30}|"
    r"(?:Unit|PSC|CMR) \d{1,5}(?:,? {1,2}Box \d{1,5})?)[,\s]{1,3}(?:FPO|APO|DPO)(?:,? A[AEP])?(?: \d{5})?)"
    r"(?!\w)",
)
_STREET_WORDS = "Street|Avenue|Road|Lane|Drive|Boulevard|Terrace|Crescent|Parkway"
_ENGLISH = frozenset(_STREET_WORDS.lower().split("|"))
_STREET_ALONE = regex.compile(
    rf"(?<![\w'])(?<value>(?:\p{{Lu}}[\p{{L}}\p{{M}}'\-]+ ){{1,3}}(?:{_STREET_WORDS}))(?!\w)"
)
_CUE = regex.compile(
    r"(?<!\w)(?:address|addresses|live[sd]?|living|reside[sd]?|residing|sent|send|ship(?:ped)?|deliver(?:ed|y)?|"
    r"mail(?:ed)?|"
    r"located|moved|arrived|home|return)(?!\w)[^\n.?!]{0,24}\s*$",
    regex.IGNORECASE,
)
_CUE_REACH = 48


_CYRILLIC = regex.compile(r"\p{Cyrillic}")


def recognizers() -> list[EntityRecognizer]:
    """Addresses that begin with a number or a word for a street."""
    return [Reader("postal addresses", [kinds.ADDRESS], "en", _in_latin_letters)]


def _in_latin_letters(text: str) -> Iterator[Found]:
    """Addresses without a Cyrillic letter: the text may hold Latin words in between."""
    return (found for found in _addresses(text) if not _CYRILLIC.search(text, found[1], found[2]))


def _addresses(text: str) -> Iterator[Found]:
    done = 0
    tokens = _Tokens(text)
    for match in matches_at(_FIRST, text, _beginnings(text)):
        if match.start() < done:
            continue
        end = _Address(text, match.start(), tokens).end()
        if end:
            yield kinds.ADDRESS, _start(text, match.start()), end, _SCORE
            done = end
    named = (_STREET_ALONE.finditer(text, *line) for line in lines_at(text, word_starts(text).of(_ENGLISH)))
    for match in chain(_CORNER.finditer(text), _MILITARY.finditer(text), *named):
        yield kinds.ADDRESS, *match.span("value"), _SCORE


def _beginnings(text: str) -> list[int]:
    """Where an address can begin: numbers and words for streets."""
    words = word_starts(text)
    places = words.of(frozenset(_STREETS)) + words.satisfying(_is_compound)
    return sorted([*places, *(match.start() for match in _NUMBER.finditer(text))])


@lru_cache(maxsize=20_000)
def _is_compound(word: str) -> bool:
    return _COMPOUND.fullmatch(word) is not None


def _start(text: str, at: int) -> int:
    """Where an address begins that was met at a word for a street: "van" in "van Goghstraat" is of it."""
    lead = None if text[at].isdigit() else _LEAD.search(text, max(at - _LEAD_REACH, 0), at)
    return lead.start() if lead else at


class _Token(NamedTuple):
    """A number, a word, a comma, a space or a line break; ``word`` is in lower case, without a full stop."""

    kind: str
    text: str
    start: int
    end: int
    word: str


class _Tokens:
    """The tokens of one text; addresses are looked for at many places and read most tokens several times."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[int, _Token | None] = {}

    def after(self, at: int) -> Iterator[_Token]:
        """The tokens from an offset on that may be of one address, spaces left out."""
        stop = min(at + _LONGEST, len(self._text))
        while at < stop and (token := self._at(at)):
            if token.kind != "space":
                yield token
            at = token.end

    def _at(self, at: int) -> _Token | None:
        if at not in self._known:
            match = _TOKEN.match(self._text, at)
            self._known[at] = _token(match) if match else None
        return self._known[at]


def _token(match: "regex.Match[str]") -> _Token:
    text = match.group()
    return _Token(str(match.lastgroup), text, match.start(), match.end(), text.lower().rstrip("."))


def _is_region(token: _Token) -> bool:
    """Whether it may stand for a state or province: two letters or figures, which a postcode makes good."""
    is_code = len(token.text) == 2 and (token.text.isupper() or token.text.isdecimal())
    return is_code or _STATE.fullmatch(token.word) is not None


@dataclass
class _Address:
    """One address on its way from its first word to its last."""

    text: str
    start: int
    source: _Tokens
    at: int = 0
    sure_end: int = 0
    found: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tokens: list[_Token] = []
        self._more = self.source.after(self.start)

    def end(self) -> int:
        """Where the address ends; 0 when it is none."""
        if not self._head():
            return 0
        self.sure_end = self.tokens[self.at - 1].end
        self._tail()
        if not self._is_made_good():
            return 0
        return self._last_words() if self._is_cued() else self.sure_end

    def _last_words(self) -> int:
        """The end with one or two unknown words that end the line: towns that no list has."""
        self.tokens += self._more
        rest = [token for token in self.tokens if token.start >= self.sure_end and token.kind != "comma"]
        line = next((index for index, token in enumerate(rest) if token.kind == "line"), len(rest))
        words = rest[:line]
        unknown = all(token.kind == "word" and not is_ordinary(token.word) for token in words)
        ends = words and self.text[words[-1].end : words[-1].end + 1].strip() in ("", ".")
        return words[-1].end if unknown and ends and len(words) <= _MOST_LAST_WORDS else self.sure_end

    def _head(self) -> bool:
        """The number and the name of the street, in any order."""
        numbers = self._numbers(2)
        self._skip_comma_before_street()
        names = self._name()
        if names and self._numbers(1):
            self.found.add("number after")
        return names > 0 and (numbers > 0 or "number after" in self.found)

    def _numbers(self, most: int) -> int:
        count = 0
        while count < most and self._is_kind("number") and not (count and self._is_unit(self.at)):
            self.at += 1
            count += 1
        return count

    def _skip_comma_before_street(self) -> None:
        after = self._token(self.at + 1)
        if self._is_kind("comma") and after and after.word in _BEFORE_NAME:
            self.at += 1

    def _name(self) -> int:
        """How many words of a street's name were read."""
        count = 0
        while count < _MOST_NAME_WORDS and (token := self._token(self.at)):
            if self._is_ordinal(token):
                self.at += 1
                count += 1
                continue
            if token.kind != "word" or self._is_unit(self.at) or not self._may_be_name(token, count):
                break
            self._note_street(token, count)
            self.at += 1
            count += 1
            if (
                "street" in self.found
                and token.word in _AFTER_NAME
                and count > 1
                and token.word not in _BEFORE_NAME
            ):
                break
        return count

    def _is_ordinal(self, token: _Token) -> bool:
        return token.kind == "number" and token.text[-2:].lower() in ("st", "nd", "rd", "th")

    def _may_be_name(self, token: _Token, count: int) -> bool:
        word = token.word
        if word in _CONNECTING or (count == 0 and word in _BEFORE_NAME):
            return True
        if word in _MEASURES:
            return False
        return not is_ordinary(word) or (token.text[0].isupper() and count > 0) or word in _AFTER_NAME

    def _note_street(self, token: _Token, count: int) -> None:
        word = token.word
        is_street = word in _BEFORE_NAME if count == 0 else word in _AFTER_NAME or word in _BEFORE_NAME
        if _COMPOUND.fullmatch(token.text) or (is_street and word not in _PLAIN):
            self.found.add("street")
        elif is_street:
            self.found.add("maybe street")

    def _tail(self) -> None:
        """Flat, town, region, postcode and country; words nobody knows wait for one of these."""
        waiting = 0
        while waiting <= _MOST_PENDING and self._token(self.at):
            parted = self._separator()
            if (
                self._take_unit()
                or self._take_postcode(waiting, parted)
                or self._take_place()
                or self._take_state()
            ):
                waiting = 0
                self.sure_end = max(self.sure_end, self.tokens[self.at - 1].end)
            elif (
                (token := self._token(self.at))
                and token.kind == "word"
                and self._may_wait(token, parted, waiting)
            ):
                self.at += 1
                waiting += 1
                if self._is_town_by_place(token, parted, waiting):
                    self.sure_end = token.end
            else:
                return

    def _separator(self) -> str:
        parted = ""
        while (token := self._token(self.at)) and token.kind in ("comma", "line") and len(parted) < 8:
            parted += token.text
            self.at += 1
        return parted

    def _may_wait(self, token: _Token, parted: str, waiting: int) -> bool:
        if (
            parted
            or waiting
            or "unit" in self.found
            or "number after" in self.found
            or "street" in self.found
        ):
            return token.word in _CONNECTING or token.word in _AFTER_NAME or not is_ordinary(token.word)
        return False

    def _is_town_by_place(self, token: _Token, parted: str, waiting: int) -> bool:
        """Whether a word with a capital goes with the address for standing on after a comma or a flat."""
        plain_line = "\n" in parted and not parted.endswith((" ", ">", "?", "|", "\t"))
        return (
            token.text[0].isupper()
            and not plain_line
            and waiting <= 3
            and bool({"unit", "street", "number after"} & self.found)
            and ("unit" in self.found or "street" in self.found or bool(parted))
            and (bool(parted) or self.sure_end >= self.tokens[self.at - 2].end)
        )

    def _take_unit(self) -> bool:
        if not self._is_unit(self.at):
            return False
        self.at += 2
        self.found.add("unit")
        return True

    def _is_unit(self, at: int) -> bool:
        token, after = self._token(at), self._token(at + 1)
        if token is None or token.kind != "word" or token.word not in _UNIT or after is None:
            return False
        return after.kind == "number" or (
            after.kind == "word" and len(after.word) == 1 and after.word not in "ai"
        )

    def _take_postcode(self, waiting: int, parted: str) -> bool:
        token = self._token(self.at)
        can_stand = waiting or parted or {"place", "state", "unit"} & self.found
        match = _POSTCODE.match(self.text, token.start) if token and can_stand else None
        if match is None:
            return False
        while (token := self._token(self.at)) and token.start < match.end():
            self.at += 1
        self.sure_end = match.end()
        self.found.add("postcode")
        return True

    def _take_place(self) -> bool:
        parts: list[str] = []
        while (
            (token := self._token(self.at + len(parts)))
            and token.kind == "word"
            and len(parts) < _LONGEST_PLACE
        ):
            parts.append(token.word)
        size = place_size(parts)
        first = self._token(self.at)
        if not size or (size == 1 and first and first.text.islower() and is_ordinary(first.word)):
            return False
        self.at += size
        self.found.add("place")
        return True

    def _take_state(self) -> bool:
        token = self._token(self.at)
        if token is None or token.kind not in ("word", "number") or not _is_region(token):
            return False
        after = self._token(self.at + 1)
        if after and after.kind in ("line", "comma"):
            after = self._token(self.at + 2)
        known = token.text.isupper() and _STATE.fullmatch(token.word) is not None
        is_last = after is None and "unit" in self.found and token.kind == "word"
        if not known and not is_last and not (after and _POSTCODE.fullmatch(after.text)):
            return False
        self.at += 1
        self.found.add("state")
        return True

    def _is_made_good(self) -> bool:
        found = self.found
        if (
            "street" in found
            or "unit" in found
            or {"postcode", "place"} <= found
            or {"postcode", "state"} <= found
        ):
            return True
        if "number after" in found and ("postcode" in found or self._is_cued()):
            return True
        if (
            {"number after", "place"} <= found
            and self.tokens[0].text.isdecimal()
            and len(self.tokens[0].text) > 1
        ):
            return True
        return "maybe street" in found and bool(
            {"place", "postcode", "number after"} & found or self._is_cued()
        )

    def _is_cued(self) -> bool:
        return _CUE.search(self.text, max(self.start - _CUE_REACH, 0), self.start) is not None

    def _is_kind(self, kind: str) -> bool:
        token = self._token(self.at)
        return token is not None and token.kind == kind

    def _token(self, at: int) -> _Token | None:
        """The token at a place; tokens are read when they are asked for: most numbers begin no address."""
        while at >= len(self.tokens) and (token := next(self._more, None)):
            self.tokens.append(token)
        return self.tokens[at] if at < len(self.tokens) else None
