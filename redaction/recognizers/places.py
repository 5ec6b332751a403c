"""Countries and cities that are named outside of an address, for those who do not want to keep them."""

from collections.abc import Iterator
from functools import cache, partial

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.anchored import Anchored
from redaction.brands import is_brand
from redaction.gazetteer import Place, Sureness, by_first_character, places
from redaction.lexicon import lines, words
from redaction.ordinary import is_ordinary
from redaction.recognizers.reader import Found, Reader
from redaction.russian import look_up, normal_form

_SURE, _WITH_CUE = 0.6, 0.55
_REACH = 24

_CUE = regex.compile(
    r"(?<!\w)(?:in|from|to|near|around|of|via|visit(?:ing|ed|s)?|outside|inside|city|town|village|state|country|"
    r"between|through|into|towards?|leaving|reach(?:ed)?|across|at|where:|location:|destination:?|city:|country:)"
    r"(?: the)?[ \n]{1,2}$",
    regex.IGNORECASE,
)
_HOME = Anchored(
    r"(?<!\w)(?:(?<dwells>grew up|brought up|born|raised|live[sd]?|living|resid(?:es?|ing)|originally)|"
    r"he's|she's|i'm|i am|they're|you're|"
    r"(?-i:(?:am|are|is|was|were|trip|arrived|stay(?:s|ed|ing)?)))"
    r" (?:in|from)[ ](?<value>(?<first>[\p{L}\p{M}'\-]{3,30})(?: (?-i:\p{Lu})[\p{L}\p{M}'\-]{2,30}){0,2})",
)
_NO_HOME = words("no_homes")
_NAME_AFTER = regex.compile(r" (?-i:\p{Lu})\p{Latin}", regex.IGNORECASE)
_PLACE_AFTER = regex.compile(r",? (?:[A-Z]{2}(?!\w)|\d{5}(?!\d))")
_SHORTEST_SMALL = 5


def recognizers(language: str) -> list[EntityRecognizer]:
    """Places in the script of one language: ``en``, ``ru`` or ``zh``."""
    return [Reader(f"places {language}", [kinds.LOCATION], language, partial(_read, language))]


def _read(language: str, text: str) -> Iterator[Found]:
    yield from ((kinds.LOCATION, *found) for found in _READERS[language](text))


_Found = tuple[int, int, float]


def _latin(text: str) -> Iterator[_Found]:
    last_end = -_REACH
    yield from _homes(text)
    for place in places(text):
        near = text[last_end : place.start] in (", ", ",\n", " and ", " or ")
        score = _sureness(place, text, near)
        if score and not is_brand(text[place.start : place.end]):
            last_end = place.end
            yield place.start, place.end, score


def _homes(text: str) -> Iterator[_Found]:
    """Where somebody says to have grown up or to live, whether any list has it or not."""
    for match in _HOME.finditer(text):
        lower = match["first"].lower()
        sure = match["first"][0].isupper() or match["dwells"] is not None
        is_none = is_ordinary(lower) or lower in _NO_HOME or is_brand(lower) or is_brand(match["value"])
        if sure and not is_none:
            yield *match.span("value"), _WITH_CUE


def _sureness(place: Place, text: str, after_place: bool) -> float:
    """How sure a name is to be a place where it stands; 0 when it is more likely something else."""
    if place.sureness is Sureness.SURE:
        return _SURE
    if text[place.start : place.end].lower() in _NO_HOME:
        return 0.0
    cue = after_place or _CUE.search(text, max(place.start - _REACH, 0), place.start) is not None
    cue = cue or (place.capital and _PLACE_AFTER.match(text, place.end) is not None)
    if place.sureness is Sureness.SMALL:
        return _WITH_CUE if cue and (place.capital or place.end - place.start >= _SHORTEST_SMALL) else 0.0
    return _WITH_CUE if cue and place.capital and not _NAME_AFTER.match(text, place.end) else 0.0


# Russian

_RU_WORD = regex.compile(r"\p{Cyrillic}[\p{Cyrillic}\-]{2,}")
_RU_CUE = regex.compile(
    r"(?<!\w)(?:в|во|из|до|под|через|город\w{0,2}|г\.|около|за|near)[ \n]$", regex.IGNORECASE
)
_RU_HOME = frozenset({"россия", "рф", "русь"})
_RU_PLACE_SHARE = 0.5
_RU_MOST_WORDS = 3


def _cyrillic(text: str) -> Iterator[_Found]:
    found = list(_RU_WORD.finditer(text))
    for index, word in enumerate(found):
        lower = word.group().lower()
        size = _country_size([part.group().lower() for part in found[index : index + _RU_MOST_WORDS]])
        if size:
            yield word.start(), found[index + size - 1].end(), _SURE
        elif _is_russian_place(lower) and _is_cued(text, word):
            yield word.start(), word.end(), _WITH_CUE


def _country_size(parts: list[str]) -> int:
    first = normal_form(parts[0])
    for size in _countries().get(first, ()):
        name = " ".join(normal_form(word) for word in parts[:size])
        if len(parts) >= size and name in _country_names():
            return size
    return 0


def _is_russian_place(lower: str) -> bool:
    reading = look_up(lower)
    return (
        reading.place_share >= _RU_PLACE_SHARE and normal_form(lower) not in _RU_HOME and not is_brand(lower)
    )


def _is_cued(text: str, word: "regex.Match[str]") -> bool:
    return _RU_CUE.search(text, max(word.start() - _REACH, 0), word.start()) is not None


@cache
def _country_names() -> frozenset[str]:
    # Where the dictionary reads a country's name as a form of another word, that word would be a country.
    return frozenset(
        " ".join(map(normal_form, name.split()))
        for name in lines("places_countries_ru")
        if " " in name or normal_form(name) == name
    )


@cache
def _countries() -> dict[str, tuple[int, ...]]:
    sizes: dict[str, set[int]] = {}
    for name in _country_names():
        parts = name.split(" ")
        sizes.setdefault(parts[0], set()).add(len(parts))
    return {first: tuple(sorted(counts, reverse=True)) for first, counts in sizes.items()}


# Chinese

_ZH_CUE = regex.compile(r"(?:[在去到从往飞住至回]|来自|位于|坐标|前往|抵达|城市是?|人在|老家是?)$")
_ZH_NO_PLACE_AFTER = regex.compile(
    r"[东西南北中]?[路街]|银行|大学|医院|酒店|饭店|餐厅|烤|菜|火锅|小吃|公司|时间|站|机场|动物园|公园|博物馆|大厦|分行"
)
_ZH_AFTER = regex.compile(r"(?:省|市|区|县)?")


def _han(text: str) -> Iterator[_Found]:
    index = _zh_places()
    at = 0
    while at < len(text):
        name = next((name for name in index.get(text[at], ()) if text.startswith(name, at)), None)
        if name is None:
            at += 1
            continue
        end = at + len(name)
        if _ZH_CUE.search(text, max(at - 4, 0), at) and not _ZH_NO_PLACE_AFTER.match(text, end):
            yield at, _ZH_AFTER.match(text, end).end(), _WITH_CUE
        at = end


@cache
def _zh_places() -> dict[str, tuple[str, ...]]:
    return by_first_character(lines("places_zh"))


_READERS = {"en": _latin, "ru": _cyrillic, "zh": _han}
