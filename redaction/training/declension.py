"""Russian names and towns in every case, and which case, gender and kind of name a word in a text shows."""

from dataclasses import dataclass
from functools import cache, lru_cache

import pymorphy3

CASES = {"": "nomn", "_gen": "gent", "_dat": "datv", "_acc": "accs", "_ins": "ablt", "_loc": "loct"}
"""The endings of slots that ask for a case, and what the dictionary calls it."""

GIVEN, FAMILY, PATRONYMIC, PLACE = "Name", "Surn", "Patr", "Geox"
MALE, FEMALE = "masc", "femn"
_FEMALE_ENDINGS = {
    "ов": "ова",
    "ев": "ева",
    "ёв": "ёва",
    "ин": "ина",
    "ын": "ына",
    "ий": "ая",
    "ый": "ая",
    "ой": "ая",
}
_RARE_CASES = {"voct": "nomn", "gen1": "gent", "gen2": "gent", "acc2": "accs", "loc1": "loct", "loc2": "loct"}
_FIXED = ("ых", "их", "о", "е", "и", "у", "ю", "э", "ы")


@dataclass(frozen=True, slots=True)
class Form:
    """What a word in a text shows: kind of name, gender and case in the dictionary's tags, number."""

    role: str
    gender: str
    case: str
    plural: bool


@lru_cache(maxsize=200_000)
def declined(word: str, role: str, gender: str, case: str) -> str:
    """A name or town, given in the nominative, in another case; unchanged where nothing is known of it."""
    if case == "nomn" or (role == FAMILY and _stays(word, gender)):
        return word
    for parse in _morph().parse(word):
        tag = parse.tag
        fits = tag.case == "nomn" and tag.number == "sing" and tag.POS in ("NOUN", "ADJF")
        if fits and (role in tag or tag.POS == "ADJF") and (role == PLACE or tag.gender in (gender, None)):
            changed = parse.inflect({case, "sing"})
            return str(changed.word) if changed else word
    return _by_ending(word, gender, case)


def feminine(surname: str) -> str:
    """How a woman of a man's family is called."""
    return surname[:-2] + _FEMALE_ENDINGS[surname[-2:]] if surname[-2:] in _FEMALE_ENDINGS else surname


@lru_cache(maxsize=50_000)
def form_of(word: str, roles: tuple[str, ...]) -> Form | None:
    """The form of a word in lower case that is known to be one of ``roles``; None when it can't be told."""
    parses = [parse for parse in _morph().parse(word) if parse.tag.case and parse.tag.POS in ("NOUN", "ADJF")]
    named = [(parse, role) for parse in parses for role in roles if role in parse.tag]
    if not named and parses:
        named = [(parses[0], roles[-1])]
    if not named:
        return None
    tag, role = named[0][0].tag, named[0][1]
    case = _RARE_CASES.get(str(tag.case), str(tag.case))
    return Form(role, FEMALE if tag.gender == FEMALE else MALE, case, tag.number == "plur")


def gender_of(given_name: str) -> str | None:
    """Whether a given name in the nominative is a man's or a woman's; None when the dictionary lacks it."""
    for parse in _morph().parse(given_name):
        if GIVEN in parse.tag and parse.tag.case == "nomn" and parse.tag.number == "sing":
            return parse.tag.gender if parse.tag.gender in (MALE, FEMALE) else None
    return None


def is_other_word(lower: str) -> bool:
    """Whether the dictionary knows a word, and not as a family name."""
    return _morph().word_is_known(lower) and not any(FAMILY in parse.tag for parse in _morph().parse(lower))


def _stays(surname: str, gender: str) -> bool:
    return surname.endswith(_FIXED) or (gender == FEMALE and surname[-1] not in "ая")


_ENDINGS = {"gent": "а", "datv": "у", "accs": "а", "ablt": "ом", "loct": "е"}
_FEMALE_A = {"gent": "ы", "datv": "е", "accs": "у", "ablt": "ой", "loct": "е"}
_FEMALE_OVA = {"gent": "ой", "datv": "ой", "accs": "у", "ablt": "ой", "loct": "ой"}


def _by_ending(word: str, gender: str, case: str) -> str:
    if word[-1] == "а":
        is_ova = gender == FEMALE and word[-3:] in _FEMALE_ENDINGS.values()
        return word[:-1] + (_FEMALE_OVA if is_ova else _FEMALE_A)[case]
    if word[-1] in "аеёиоуыэюяьй":
        return word
    is_own = word[-2:] in ("ов", "ев", "ин", "ын") and case == "ablt"
    return word + ("ым" if is_own else _ENDINGS[case])


@cache
def _morph() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer()
