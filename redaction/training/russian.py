"""What the Russian templates' slots are filled with, and other names for the people and towns of a text."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib.resources import files
from typing import TypeVar

import regex
from faker import Faker

from redaction import kinds
from redaction.training.declension import (
    CASES,
    FAMILY,
    FEMALE,
    GIVEN,
    MALE,
    PATRONYMIC,
    PLACE,
    Form,
    declined,
    feminine,
    form_of,
    gender_of,
    is_other_word,
)
from redaction.training.examples import Conversation, Turn, Word, spell
from redaction.training.things_ru import THINGS

_T = TypeVar("_T")

_DECLINED = {
    "person": kinds.PERSON,
    "first": kinds.PERSON,
    "last": kinds.PERSON,
    "polite": kinds.PERSON,
    "city": kinds.LOCATION,
    "country": kinds.LOCATION,
}
LABELS = {slot + case: label for slot, label in _DECLINED.items() for case in CASES} | {
    "spelled": kinds.PERSON,
    "region": kinds.LOCATION,
    "address": kinds.ADDRESS,
    "street": kinds.ADDRESS,
    "house": kinds.ADDRESS,
    "zip": kinds.ADDRESS,
    "phone": kinds.PHONE_NUMBER,
    "email": kinds.EMAIL_ADDRESS,
    "card": kinds.CREDIT_CARD,
    "document": kinds.ACCOUNT_NUMBER,
    "number": kinds.ACCOUNT_NUMBER,
    "code": kinds.REFERENCE_CODE,
    "password": kinds.SECRET,
    "pin": kinds.SECRET,
}
"""The slots that are personal."""


def _split(text: str) -> list[str]:
    return text.split()


_UNITS = _split("ноль один два три четыре пять шесть семь восемь девять")
_TEENS = _split(
    """десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать
    девятнадцать"""
)
_TENS = _split("двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто")
_HUNDREDS = _split("сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот")
_STREETS = (
    "улица",
    "ул.",
    "ул",
    "проспект",
    "пр-т",
    "переулок",
    "пер.",
    "шоссе",
    "бульвар",
    "набережная",
    "площадь",
    "",
)
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщыэюя",
        _split("a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch y e yu ya"),
        strict=True,
    )
)
_HOSTS = ("mail.ru", "yandex.ru", "gmail.com", "bk.ru", "list.ru", "inbox.ru", "rambler.ru", "ya.ru")
_TOLD_HOSTS = ("мейл ру", "яндекс ру", "джимейл ком", "майл ру", "бк ру", "рамблер ру", "гугл ком")
_WOMENS_OR_WORDS = ("ова", "ева", "ёва", "ина", "ына", "ая", "ть", "ться")
_LETTERS = "АБВГДЕЗИКЛМНОПРСТУФХЭЮЯ"
# Each new word costs a look into the dictionary, which is most of the time that drawing takes.
_RARE_SURNAMES = 8000
_INITIAL = regex.compile(r"(?<!\p{L})\p{L}")
_COMMON, _WOMEN, _RENAMED, _MOVED = 0.5, 0.45, 0.5, 0.4


class Russian:
    """Makes values for the slots; the same seed makes the same values in the same order."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        faker = Faker("ru_RU")
        faker.seed_instance(rng.randint(0, 10**6))
        self._first = _given_names()
        self._common_first = {
            MALE: _pool(faker.first_name_male, 3000),
            FEMALE: _pool(faker.first_name_female, 3000),
        }
        self._patronymics = _pool(faker.middle_name_male, 1500)
        self._last = rng.sample(_surnames(), _RARE_SURNAMES)
        self._common_last = _pool(faker.last_name_male, 2500)
        self._cities = _pool(faker.city_name, 4000)
        self._countries = _pool(faker.country, 2000)
        self._regions = sorted({faker.region() for _ in range(500)})
        self._companies = sorted({faker.company() for _ in range(800)})
        self._streets = sorted({faker.street_title() for _ in range(1500)})
        self._words = _pool(faker.word, 2000)

    def slots(self) -> dict[str, Callable[[], str]]:
        """What fills each slot of a template."""
        own = {
            name.removeprefix("_slot_"): getattr(self, name)
            for name in dir(self)
            if name.startswith("_slot_")
        }
        in_cases = {
            slot + ending: partial(getattr(self, f"_{slot}_in"), case)
            for slot in _DECLINED
            for ending, case in CASES.items()
        }
        things = {name: partial(self._choice, values) for name, values in THINGS.items()}
        return things | own | in_cases

    def moved(self, conversation: Conversation) -> Conversation:
        """The conversation with other people and, more rarely, other towns, in the same case and gender."""
        return tuple(self._moved(turn) for turn in conversation)

    def _moved(self, turn: Turn) -> Turn:
        shares = {
            kinds.PERSON: _RENAMED * (self._rng.random() < _RENAMED),
            kinds.LOCATION: _MOVED * (self._rng.random() < _MOVED),
        }
        return tuple(
            replace(word, text=self._other(word)) if self._rng.random() < shares.get(word.label, 0) else word
            for word in turn
        )

    def _other(self, word: Word) -> str:
        lower = word.text.lower()
        if not lower.isalpha() or len(lower) < 3 or not regex.fullmatch(r"\p{Cyrillic}+", lower):
            return word.text
        roles = (PLACE,) if word.label == kinds.LOCATION else (PATRONYMIC, GIVEN, FAMILY)
        form = form_of(lower, roles)
        if form is None or form.plural or (form.role == PLACE and not _is_place(lower)):
            return word.text
        name = self._name(form)
        return name[:1].upper() + name[1:] if word.text[0].isupper() else name

    def _name(self, form: Form) -> str:
        if form.role == GIVEN:
            return declined(self._given(form.gender), GIVEN, form.gender, form.case)
        if form.role == PATRONYMIC:
            return self._patronymic(form.gender, form.case)
        if form.role == PLACE:
            return declined(self._choice(self._cities), PLACE, form.gender, form.case)
        return self._family(form.gender, form.case)

    # People

    def _given(self, gender: str) -> str:
        common = self._rng.random() < _COMMON
        return self._choice(self._common_first[gender] if common else self._first[gender])

    def _family(self, gender: str, case: str) -> str:
        surname = self._choice(self._common_last if self._rng.random() < _COMMON else self._last)
        return declined(feminine(surname) if gender == FEMALE else surname, FAMILY, gender, case)

    def _patronymic(self, gender: str, case: str) -> str:
        name = self._choice(self._patronymics)
        if gender == FEMALE:
            name = name[:-2] + "на" if name.endswith(("ович", "евич")) else name[:-2] + "инична"
        return declined(name, PATRONYMIC, gender, case)

    def _gender(self) -> str:
        return FEMALE if self._rng.random() < _WOMEN else MALE

    def _first_in(self, case: str) -> str:
        gender = self._gender()
        return _capital(declined(self._given(gender), GIVEN, gender, case))

    def _last_in(self, case: str) -> str:
        return _capital(self._family(self._gender(), case))

    def _polite_in(self, case: str) -> str:
        gender = self._gender()
        first = declined(self._given(gender), GIVEN, gender, case)
        return f"{_capital(first)} {_capital(self._patronymic(gender, case))}"

    def _person_in(self, case: str) -> str:
        gender = self._gender()
        first = _capital(declined(self._given(gender), GIVEN, gender, case))
        middle = _capital(self._patronymic(gender, case))
        last = _capital(self._family(gender, case))
        one, two = self._choice(_LETTERS), self._choice(_LETTERS)
        shapes = (
            (24, f"{first} {last}"),
            (14, f"{last} {first}"),
            (22, f"{last} {first} {middle}"),
            (8, f"{first} {middle} {last}"),
            (12, f"{first} {middle}"),
            (6, f"{one}. {two}. {last}"),
            (4, f"{last} {one}.{two}."),
            (2, f"{one}.{last}"),
            (8, last),
        )
        return self._weighted(shapes)

    def _slot_spelled(self) -> str:
        name = self._family(self._gender(), "nomn")[:9]
        if self._rng.random() < 0.5:
            return self._choice([" ", "-", ", "]).join(name)
        return " ".join(f"{self._choice(['', '', 'буква '])}{letter}" for letter in name)

    # Places

    def _city_in(self, case: str) -> str:
        return _capital(declined(self._choice(self._cities), PLACE, "", case))

    def _country_in(self, case: str) -> str:
        return _capital(declined(self._choice(self._countries), PLACE, "", case))

    def _slot_region(self) -> str:
        return self._choice(self._regions)

    def _slot_street(self) -> str:
        name = self._choice(self._streets)
        kind = self._choice(_STREETS)
        return f"{kind} {name}".strip() if self._rng.random() < 0.75 else f"{name} {kind}".strip()

    def _slot_house(self) -> str:
        parts = [f"{self._choice(['дом', 'д.', 'дом', 'д', ''])} {self._small(150)}".strip()]
        if self._rng.random() < 0.3:
            parts.append(f"{self._choice(['корпус', 'корп.', 'строение', 'к'])} {self._small(9)}")
        if self._rng.random() < 0.3:
            parts.append(f"{self._choice(['подъезд', 'этаж'])} {self._small(16)}")
        if self._rng.random() < 0.7:
            parts.append(f"{self._choice(['квартира', 'кв.', 'кв', 'квартира'])} {self._small(300)}")
        return self._choice([", ", " "]).join(parts)

    def _slot_address(self) -> str:
        town = f"{self._choice(['город ', 'г. ', '', ''])}{self._city_in('nomn')}"
        parts = [town] * (self._rng.random() < 0.5) + [self._slot_street(), self._slot_house()]
        return self._choice([", ", " "]).join(parts)

    def _slot_zip(self) -> str:
        return self._told(self._digits(6), (3, 3))

    # Numbers

    def _slot_phone(self) -> str:
        start = self._choice(["8", "+7", "8", ""])
        code, rest = f"9{self._digits(2)}", self._digits(7)
        dashed = f"{rest[:3]}-{rest[3:5]}-{rest[5:]}"
        written = (f"{start}{code}{rest}", f"{start} {code} {dashed}", f"{start} ({code}) {dashed}")
        if self._rng.random() < 0.5:
            return self._choice(written).strip()
        return self._said(
            f"8{code}{rest}" if start else f"{code}{rest}", (1, 3, 3, 2, 2) if start else (3, 3, 2, 2)
        )

    def _slot_card(self) -> str:
        return self._told(self._digits(16), (4, 4, 4, 4))

    def _slot_document(self) -> str:
        return self._told(self._digits(10), (2, 2, 3, 3))

    def _slot_number(self) -> str:
        return self._told(self._digits(self._rng.randint(5, 12)), (3, 3, 2, 2, 2))

    def _slot_pin(self) -> str:
        return self._told(self._digits(self._choice([3, 4, 4, 6])), (2, 2, 2))

    def _slot_code(self) -> str:
        letters = "".join(self._choice(_LETTERS + "ABCDEFKLMNPRT") for _ in range(self._rng.randint(1, 3)))
        digits = self._digits(self._rng.randint(3, 7))
        return self._choice(
            [f"{letters}-{digits}", f"{letters}{digits}", f"№{digits}", digits, f"{letters} {digits}"]
        )

    def _slot_password(self) -> str:
        return self._choice([f"{self._choice(self._words)}{self._digits(3)}", self._choice(self._words)])

    def _slot_email(self) -> str:
        first, last = self._given(self._gender()), self._family(MALE, "nomn")
        sign = self._choice([".", "_", "", "-"])
        number = self._digits(self._rng.randint(0, 2))
        written = f"{_latin(first)}{sign}{_latin(last)}{number}@{self._choice(_HOSTS)}"
        told_sign = {".": " точка ", "_": " подчёркивание ", "": " ", "-": " дефис "}[sign]
        told = f"{first}{told_sign}{last} собака {self._choice(_TOLD_HOSTS)}"
        return self._choice([written, told])

    # Not personal

    def _slot_company(self) -> str:
        return self._choice(self._companies) if self._rng.random() < 0.3 else self._choice(THINGS["brand"])

    def _slot_amount(self) -> str:
        number = self._rng.randint(1, 990)
        thousands = self._choice(["тысяч рублей", "рублей", "руб.", "тысяч", "₽"])
        return f"{self._choice([str(number), say(number)])} {thousands}"

    def _slot_quantity(self) -> str:
        return self._small(30)

    def _slot_time(self) -> str:
        hour = self._rng.randint(1, 23)
        return self._choice(
            [f"{hour}:{self._choice(['00', '15', '30'])}", f"{say(hour)} часов", f"{hour} часов"]
        )

    def _slot_date(self) -> str:
        day, month = self._rng.randint(1, 31), self._rng.randint(1, 12)
        written = f"{day:02d}.{month:02d}.{self._rng.randint(1950, 2025)}"
        return self._choice([written, f"{day} {self._choice(THINGS['month'])}"])

    def _small(self, most: int) -> str:
        number = self._rng.randint(1, most)
        return str(number) if self._rng.random() < 0.6 else say(number)

    def _told(self, digits: str, groups: Sequence[int]) -> str:
        if self._rng.random() < 0.5:
            return self._said(digits, groups)
        return self._choice([digits, " ".join(_cut(digits, groups)), " ".join(digits)])

    def _said(self, digits: str, groups: Sequence[int]) -> str:
        groups = groups if self._rng.random() < 0.7 else [1] * len(digits)
        return " ".join(_said_group(part) for part in _cut(digits, groups))

    def _digits(self, size: int) -> str:
        return "".join(self._choice("0123456789") for _ in range(size))

    def _choice(self, values: Sequence[_T]) -> _T:
        return self._rng.choice(values)

    def _weighted(self, shapes: Sequence[tuple[int, str]]) -> str:
        return self._rng.choices([text for _, text in shapes], [weight for weight, _ in shapes])[0]


def without_dots(conversation: Conversation) -> Conversation:
    """With "е" for "ё", as most people write."""
    return spell(conversation, lambda word: word.text.replace("ё", "е").replace("Ё", "Е"))


def say(number: int) -> str:
    """A number from 0 to 999 in words."""
    if number < 10:
        return _UNITS[number]
    if number < 20:
        return _TEENS[number - 10]
    if number < 100:
        rest = number % 10
        return f"{_TENS[number // 10 - 2]} {_UNITS[rest]}" if rest else _TENS[number // 10 - 2]
    rest = number % 100
    return f"{_HUNDREDS[number // 100 - 1]} {say(rest)}" if rest else _HUNDREDS[number // 100 - 1]


def _said_group(digits: str) -> str:
    if len(digits) > 3:
        return " ".join(_said_group(part) for part in _cut(digits, (2, 2)))
    zeros = len(digits) - len(digits.lstrip("0"))
    rest = digits.lstrip("0")
    return " ".join([_UNITS[0]] * zeros + ([say(int(rest))] if rest else []))


def _cut(digits: str, groups: Sequence[int]) -> list[str]:
    parts, at = [], 0
    for size in groups:
        parts.append(digits[at : at + size])
        at += size
    return [part for part in [*parts, digits[at:]] if part]


def _capital(name: str) -> str:
    return str(_INITIAL.sub(lambda match: match.group().upper(), name))


def _latin(name: str) -> str:
    return "".join(_LATIN.get(letter, "") for letter in name.lower())


def _is_place(word: str) -> bool:
    form = form_of(word, (PLACE,))
    return form is not None and not form.plural


def _pool(make: Callable[[], str], size: int) -> list[str]:
    made = {make() for _ in range(size)}
    return sorted(name.lower() for name in made if regex.fullmatch(r"[\p{Cyrillic}\- ]+", name))


def _given_names() -> dict[str, list[str]]:
    names = [name for name in _list("first") if len(name) > 2]
    genders = {name: gender_of(name) for name in names}
    return {gender: [name for name in names if genders[name] == gender] for gender in (MALE, FEMALE)}


def _surnames() -> list[str]:
    """Men's surnames, foreign ones too."""
    return [
        name
        for name in _list("last")
        if len(name) > 2 and not name.endswith(_WOMENS_OR_WORDS) and not is_other_word(name)
    ]


def _list(name: str) -> list[str]:
    text = files("natasha").joinpath("data", "dict", f"{name}.txt").read_text(encoding="utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if regex.fullmatch(r"\p{Cyrillic}+", line)]
