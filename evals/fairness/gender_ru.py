"""What Russian speakers show of their gender: «я хотела», «я рад», «понял, спасибо».

Only what is certain is changed. A verb counts when it follows «я» in the same clause with nothing between
that could be its subject, or stands at the head of a clause and is one that people say of themselves.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from evals.fairness.rewriting import Edit, like
from evals.fairness.russian import parses
from evals.fairness.subject import Subject
from evals.fairness.words import genders
from service.domain.transcript import Speaker

_TOKEN = re.compile(r"[а-яё]+(?:-[а-яё]+)*|\d+|[^\w\s]", re.IGNORECASE)
_REACH = 6
"""Words after «я», or after the last form found, in which the next one may stand."""

# «весь» is no form of a woman's «вся»: «я весь день».
_PAIRS = {"сам": "сама", "сама": "сам", "вся": "весь"}


class _Token(NamedTuple):
    text: str
    start: int
    end: int


class _Form(NamedTuple):
    """A word that shows its speaker's gender, and the same word of the other gender."""

    gender: str
    other: str


def self_references(subject: Subject, who: Speaker) -> list[Edit]:
    """Return edits that put what a speaker says of themselves into the other gender.

    Forms against the gender that most of them show are left: they were somebody else's, or misheard.
    """
    found = [hit for turn in subject.turns_of(who) for hit in _in_turn(turn, subject.text(turn))]
    if not found:
        return []
    gender = Counter(form.gender for _, form in found).most_common(1)[0][0]
    return [edit for edit, form in found if form.gender == gender]


def _in_turn(turn: int, text: str) -> Iterator[tuple[Edit, _Form]]:
    tokens = [_Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    taken: set[int] = set()
    for place in (*_openers(tokens), *_after_me(tokens)):
        if place not in taken:
            taken.add(place)
            token, form = tokens[place], _form(tokens[place].text.lower())
            if form is not None:
                yield Edit(turn, token.start, token.end, like(token.text, form.other)), form


def _after_me(tokens: list[_Token]) -> Iterator[int]:
    """Yield the places of forms that belong to «я»: right before it, or behind it in the same clause."""
    for place, token in enumerate(tokens):
        if token.text.lower() == "я":
            if place and _is_before_me(tokens, place - 1):
                yield place - 1
            yield from _behind(tokens, place)


def _is_before_me(tokens: list[_Token], place: int) -> bool:
    """Whether «хотела я»: the form opens its clause, so it has no other subject."""
    opens = place == 0 or not tokens[place - 1].text[0].isalnum() or tokens[place - 1].text.lower() == "не"
    return opens and _form(tokens[place].text.lower()) is not None


def _behind(tokens: list[_Token], me: int) -> Iterator[int]:
    gender, last, preposition = "", me, False
    for place in range(me + 1, len(tokens)):
        word = tokens[place].text.lower()
        if (
            place - last > _REACH
            or not word[0].isalnum()
            or word in genders()["ru"].clause_ends
            or (word == "я")
        ):
            return
        form = None if preposition else _form(word)
        if form is not None and gender in ("", form.gender):
            gender, last = form.gender, place
            yield place
        elif not preposition and _may_be_subject(word):
            return
        preposition = _is_preposition(word)


def _openers(tokens: list[_Token]) -> Iterator[int]:
    """Yield the places of «понял», «хотела бы», … at the head of a clause in which nobody else acts."""
    for place, token in enumerate(tokens):
        form = _form(token.text.lower())
        if form is None or not _opens(tokens, place):
            continue
        masculine = form.other if form.gender == "femn" else token.text.lower()
        following = tokens[place + 1 : place + 3]
        if masculine in genders()["ru"].openers and not any(
            _acts(word.text.lower(), form.gender) for word in following
        ):
            yield place


def _opens(tokens: list[_Token], place: int) -> bool:
    return place == 0 or tokens[place - 1].text in (".", "!", "?") or _is_yes(tokens, place)


def _is_yes(tokens: list[_Token], place: int) -> bool:
    """Whether «да, понял», «так хотела»: a word that says nothing stands alone before it."""
    words = ("да", "так", "ага", "хорошо", "ну", "ой", "всё", "спасибо", "нет", "угу", "алло", "здравствуйте")
    before = [token.text.lower() for token in tokens[:place] if token.text != ","]
    return 0 < len(before) <= 2 and all(word in words for word in before)


def _acts(word: str, gender: str) -> bool:
    """Whether a word can be the subject of a past form of this gender."""
    if word in ("он", "она", "ты", "вы", "кто"):
        return True
    tags = [parse.tag for parse in parses(word)]
    nouns = [tag for tag in tags if tag.POS == "NOUN" and tag.case == "nomn" and tag.number == "sing"]
    return any(tag.gender == gender and "anim" in tag for tag in nouns)


@lru_cache(maxsize=20_000)
def _may_be_subject(word: str) -> bool:
    """Whether the likeliest reading of a word is a noun in the nominative singular."""
    tag = parses(word)[0].tag if parses(word) else None
    return tag is not None and tag.POS == "NOUN" and tag.case == "nomn" and tag.number == "sing"


@lru_cache(maxsize=20_000)
def _is_preposition(word: str) -> bool:
    return bool(parses(word)) and parses(word)[0].tag.POS == "PREP"


@lru_cache(maxsize=20_000)
def _form(word: str) -> _Form | None:
    """Return what a word shows of its speaker's gender: past tense, short adjective or participle, «сам»."""
    if word in _PAIRS:
        return _Form("masc" if word == "сам" else "femn", _PAIRS[word])
    for place, parse in enumerate(parses(word)):
        tag = parse.tag
        # A verb has to be the likeliest reading; «рада» is a parliament first of all.
        past = place == 0 and tag.POS == "VERB" and tag.tense == "past"
        speaks = past or (tag.POS in ("ADJS", "PRTS") and parse.normal_form in genders()["ru"].states)
        if speaks and tag.number == "sing" and tag.gender in ("masc", "femn"):
            other = parse.inflect({"femn" if tag.gender == "masc" else "masc"})
            return _Form(str(tag.gender), str(other.word)) if other else None
    return None
