"""What the English templates' slots are filled with: made-up people, places, numbers and things."""

import random
import string
from collections.abc import Callable, Sequence
from importlib.resources import files

import regex
from faker import Faker
from wordfreq import top_n_list

from redaction import kinds
from redaction.lexicon import lines
from redaction.training.things import THINGS

LABELS = {
    "person": kinds.PERSON,
    "first": kinds.PERSON,
    "last": kinds.PERSON,
    "spelled": kinds.PERSON,
    "city": kinds.LOCATION,
    "country": kinds.LOCATION,
    "state": kinds.LOCATION,
    "address": kinds.ADDRESS,
    "zip": kinds.ADDRESS,
    "phone": kinds.PHONE_NUMBER,
    "email": kinds.EMAIL_ADDRESS,
    "card": kinds.CREDIT_CARD,
    "ssn": kinds.US_SSN,
    "last4": kinds.US_SSN,
    "number": kinds.ACCOUNT_NUMBER,
    "iban": kinds.ACCOUNT_NUMBER,
    "code": kinds.REFERENCE_CODE,
    "password": kinds.SECRET,
    "username": kinds.SECRET,
}

_LOCALES = [
    "en_US",
    "en_GB",
    "en_IN",
    "en_AU",
    "en_CA",
    "en_IE",
    "de_DE",
    "fr_FR",
    "es_ES",
    "es_MX",
    "it_IT",
    "pt_BR",
    "nl_NL",
    "pl_PL",
    "sv_SE",
    "no_NO",
    "da_DK",
    "fi_FI",
    "hu_HU",
    "cs_CZ",
    "tr_TR",
    "ro_RO",
    "hr_HR",
    "id_ID",
    "vi_VN",
    "et_EE",
    "sl_SI",
    "lt_LT",
    "sk_SK",
    "fr_CA",
    "de_AT",
    "nl_BE",
    "pt_PT",
    "fr_CH",
    "es_CO",
]
_LATIN = regex.compile(r"[\p{Latin}\p{M}\p{N}\p{P}\s+#]+")
_DIGIT_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred"]
_NUMBER_WORDS = [*_DIGIT_WORDS[1:], "ten", "eleven", "twelve", "fifteen", "eighteen", "nineteen", *_TENS]
_FIRMS = [
    "Bank",
    "Insurance",
    "Telecom",
    "Airlines",
    "Hotel",
    "Energy",
    "Broadband",
    "Media",
    "Group",
    "Mutual",
    "Foods",
    "Motors",
    "Stores",
]
_TYPES = sorted({*LABELS.values()})
_COMMON_WORDS = 12_000
_COMMON_SURNAMES = 1000
_EVERYDAY_WORDS = 20_000
_OFTEN = 1000
_FREQUENT_NAMES = 500
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_STREETS = [
    "Street",
    "St",
    "Avenue",
    "Ave",
    "Road",
    "Rd",
    "Lane",
    "Drive",
    "Dr",
    "Court",
    "Way",
    "Blvd",
    "Boulevard",
    "Circle",
    "Place",
    "Terrace",
    "Close",
    "Square",
    "Parkway",
    "Highway",
    "Nagar",
    "Colony",
    "Cross",
]
_UNITS = ["Apt", "Apt.", "apartment", "Suite", "unit", "flat", "#", "door"]
_PROVIDERS = ["gmail", "yahoo", "hotmail", "outlook", "mail", "live", "aol", "icloud", "proton"]
_ENDINGS = ["com", "com", "com", "net", "org", "co.uk", "in", "de", "ru", "io"]
_ENGLISH_SHARE = 0.45


class English:
    """Makes values for the slots; the same seed makes the same values in the same order."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._fakers = {locale: _faker(locale, seed) for seed, locale in enumerate(_LOCALES)}
        self._english = [locale for locale in _LOCALES if locale.startswith("en")]
        pool = self._pool
        self._first = {locale: pool(faker.first_name, 1200) for locale, faker in self._fakers.items()}
        self._last = {locale: pool(faker.last_name, 1200) for locale, faker in self._fakers.items()}
        self._addresses = {locale: pool(faker.address, 400) for locale, faker in self._fakers.items()}
        self._towns = {locale: pool(faker.city, 200) for locale, faker in self._fakers.items()}
        self._phones = {locale: pool(faker.phone_number, 200) for locale, faker in self._fakers.items()}
        american = self._fakers["en_US"]
        self._companies = pool(american.company, 800)
        self._words = pool(american.word, 3000)
        self._users = pool(american.user_name, 1500)
        self._countries = pool(american.country, 3000)
        self._states = pool(american.state, 500)
        everyday = set(top_n_list("en", _EVERYDAY_WORDS))
        self._census_first = _census("female.first", everyday) + _census("male.first", everyday)
        self._census_last = _census("all.last", everyday)
        self._cities = [
            name.title() for name in (*lines("places_large_cities"), *lines("places_small_cities"))
        ]
        self._common = self._common_words()

    def slots(self) -> dict[str, Callable[[], str]]:
        """What fills each slot of a template."""
        own = {
            name.removeprefix("_slot_"): getattr(self, name)
            for name in dir(self)
            if name.startswith("_slot_")
        }
        things = {name: self._choice_of(values) for name, values in THINGS.items()}
        return own | things

    def first(self) -> str:
        """A given name, a third of them from the United States' census."""
        if self._rng.random() < 0.35:
            return self._choice(self._census_first)
        return self._choice(self._first[self._locale()])

    def last(self) -> str:
        """A surname, half of them from the United States' census."""
        if self._rng.random() < 0.5:
            return self._choice(self._census_last)
        return self._choice(self._last[self._locale()])

    def _slot_first(self) -> str:
        return self.first()

    def _slot_last(self) -> str:
        return self.last()

    def _slot_person(self) -> str:
        first, last = self._full_name()
        shapes = (
            (30, first),
            (58, f"{first} {last}"),
            (3, f"{first} {self._choice(string.ascii_uppercase)}. {last}"),
            (3, f"{first} {self.first()} {last}"),
            (3, f"{last}, {first}"),
            (3, f"{self._choice(['Mr.', 'Mrs.', 'Ms.', 'Dr.', 'Mr', 'Mrs', 'Miss'])} {first} {last}"),
        )
        return self._weighted(shapes)

    def _slot_spelled(self) -> str:
        return self._choice([" ", "-", ", "]).join(self.last().lower()[:9].replace(" ", ""))

    def _slot_phone(self) -> str:
        if self._rng.random() < 0.6:
            return self._choice(self._phones[self._locale()])
        written = (
            self._groups(3, 3, 4),
            self._groups(3, 4),
            self._groups(10),
            f"({self._digits(3)}) {self._groups(3, 4)}",
        )
        return self._told(self._choice(written))

    def _slot_card(self) -> str:
        return self._told(self._choice([self._groups(4, 4, 4, 4), self._groups(4, 6, 5), self._digits(16)]))

    def _slot_ssn(self) -> str:
        return self._told(self._choice([self._groups(3, 2, 4), self._digits(9), self._digits(4)]))

    def _slot_last4(self) -> str:
        return self._told(self._digits(4))

    def _slot_number(self) -> str:
        return self._told(self._digits(self._rng.randint(5, 14)))

    def _slot_iban(self) -> str:
        return f"{self._choice(['DE', 'GB', 'FR', 'NL'])}{self._groups(2, 4, 4, 4, 4)}"

    def _slot_code(self) -> str:
        size = self._rng.randint(3, 9)
        code = "".join(self._choice(string.ascii_uppercase + 2 * string.digits) for _ in range(size))
        cut = self._rng.randint(1, size - 1)
        prefix = self._choice(["PN", "CL", "A", "INS", "MB", "GH", "ORD", "T"])
        shapes = (
            (50, code),
            (25, " ".join(code)),
            (15, f"{code[:cut]}{self._choice(' -')}{code[cut:]}"),
            (10, f"{prefix}{self._choice(['-', '', ' '])}{self._digits(size)}"),
        )
        return self._weighted(shapes)

    def _slot_email(self) -> str:
        user = self._mailbox()
        host = self._choice([*_PROVIDERS, *(self._choice(self._words) for _ in range(3))])
        end = self._choice(_ENDINGS)
        squashed = f"{host}{end}".replace(".", "")
        plain = regex.sub("[._]", "", user)
        told = f"{user} at {host} dot {end}".replace(".", " dot ").replace("_", " underscore ")
        shapes = (
            (45, f"{user}@{host}.{end}"),
            (30, f"{plain}{squashed}"),
            (10, f"{regex.sub('[._]', ' ', user)} {squashed}"),
            (15, told),
        )
        return self._weighted(shapes)

    def _slot_password(self) -> str:
        letters = "".join(self._choice(string.ascii_letters + string.digits) for _ in range(9))
        word, other = self._choice(self._words), self._choice(self._words)
        return self._choice([f"{word}{self._digits(3)}", self._digits(6), letters, f"{word}{other}"])

    def _slot_username(self) -> str:
        return self._choice(self._users)

    def _slot_address(self) -> str:
        address = (
            self._house() if self._rng.random() < 0.25 else self._choice(self._addresses[self._locale()])
        )
        if self._rng.random() < 0.15:
            address += f"{self._choice([', ', ' '])}{self._slot_country()}"
        return address.replace("\n", self._choice([", ", " ", "\n"]))

    def _slot_city(self) -> str:
        if self._cities and self._rng.random() < 0.85:
            return self._choice(self._cities)
        return self._choice(self._towns[self._locale()])

    def _slot_country(self) -> str:
        return self._choice(self._countries)

    def _slot_state(self) -> str:
        return self._choice(self._states)

    def _slot_zip(self) -> str:
        return self._choice([self._digits(5), self._digits(6), f"SW{self._digits(1)}A {self._digits(1)}AA"])

    def _slot_company(self) -> str:
        return self._choice(self._companies) if self._rng.random() < 0.5 else self._choice(THINGS["brand"])

    def _slot_firm(self) -> str:
        return f"{self.last()} {self._choice(_FIRMS)}"

    def _slot_road(self) -> str:
        return self.last()

    def _slot_typed(self) -> str:
        return f"<{self._choice(_TYPES)}_{self._rng.randint(1, 20)}>"

    def _slot_month(self) -> str:
        return self._choice(_MONTHS)

    def _slot_weekday(self) -> str:
        return self._choice(_WEEKDAYS)

    def _slot_date(self) -> str:
        day, month, year = self._rng.randint(1, 28), self._rng.randint(1, 12), self._rng.randint(1940, 2025)
        name = _MONTHS[month - 1]
        written = (
            f"{month}/{day}/{year}",
            f"{name} {day}",
            f"{day}th of {name}",
            f"{month}/{day}",
            f"{name} {day} {year}",
            f"{month:02d}{day:02d}{year}",
            f"{month:02d}{day:02d}{year % 100:02d}",
        )
        return self._choice(written)

    def _slot_expiry(self) -> str:
        return f"{self._rng.randint(1, 12):02d}{self._choice(['/', ' '])}{self._rng.randint(24, 31)}"

    def _slot_time(self) -> str:
        hour = self._rng.randint(1, 12)
        return self._choice(
            [f"{hour} {self._choice(['am', 'pm'])}", f"{hour}:{self._choice(['00', '15', '30'])}", "noon"]
        )

    def _slot_amount(self) -> str:
        whole = self._rng.randint(1, 5000)
        told = self._choice(_DIGIT_WORDS[1:])
        return self._choice(
            [f"${whole}.{self._digits(2)}", f"{whole} dollars", f"{told} dollars", f"£{whole}"]
        )

    def _slot_quantity(self) -> str:
        return self._choice([str(self._rng.randint(1, 60)), self._choice(_DIGIT_WORDS[1:])])

    def common(self) -> str:
        """An English word that is no name; half of them from the most frequent thousand."""
        often = self._rng.random() < 0.5
        return self._choice(self._common[:_OFTEN] if often else self._common)

    def _slot_common(self) -> str:
        return self.common()

    def _slot_said(self) -> str:
        return " ".join(self._choice(_NUMBER_WORDS) for _ in range(self._rng.randint(1, 4)))

    def _slot_year(self) -> str:
        return str(self._rng.randint(1950, 2030))

    def _slot_miles(self) -> str:
        return str(self._rng.randint(1000, 120_000))

    def _slot_gadget(self) -> str:
        model = f"{self._choice(string.ascii_uppercase)}{self._digits(self._rng.randint(2, 4))}"
        return f"{self._choice(THINGS['brand'])} {model}"

    def _slot_version(self) -> str:
        return f"{self._rng.randint(1, 20)}.{self._rng.randint(0, 9)}"

    def _slot_seat(self) -> str:
        return f"{self._rng.randint(1, 40)}{self._choice('ABCDEFK')}"

    def _common_words(self) -> list[str]:
        """The most frequent English words without those that are names or stand in names of places."""
        people = (*self._census_first, *self._census_last[:_COMMON_SURNAMES])
        places = " ".join((*self._cities, *self._countries, *self._states))
        names = {name.lower() for name in (*people, *places.split())}
        return [word for word in top_n_list("en", _COMMON_WORDS) if word.isalpha() and word not in names]

    def _full_name(self) -> tuple[str, str]:
        if self._rng.random() < 0.3:
            return self._choice(self._census_first), self._choice(self._census_last)
        locale = self._locale()
        return self._choice(self._first[locale]), self._choice(self._last[locale])

    def _mailbox(self) -> str:
        first, last = self.first(), self.last()
        shapes = [
            f"{first}{last}",
            f"{first}.{last}",
            f"{first}{self._digits(self._rng.randint(1, 4))}",
            f"{last}_{first[:1]}",
            self._choice(self._users),
        ]
        return str(regex.sub("[ ']", "", self._choice(shapes).lower()))

    def _house(self) -> str:
        parts = [f"{self._rng.randint(1, 9999)} {self._choice(self._census_last)} {self._choice(_STREETS)}"]
        if self._rng.random() < 0.3:
            parts.append(f"{self._choice(_UNITS)} {self._digits(self._rng.randint(1, 3))}")
        parts += [self._slot_city()] * (self._rng.random() < 0.5)
        parts += [self._slot_state()] * (self._rng.random() < 0.3)
        parts += [self._slot_zip()] * (self._rng.random() < 0.4)
        return self._choice([", ", " "]).join(parts)

    def _told(self, number: str) -> str:
        """A number as it is, digit by digit, or in words."""
        digits = [character for character in number if character.isdigit()]
        said = " ".join(_DIGIT_WORDS[int(digit)] for digit in digits)
        return self._weighted(((72, number), (18, said), (10, " ".join(digits))))

    def _groups(self, *sizes: int) -> str:
        return self._choice([" ", "-", ""]).join(self._digits(size) for size in sizes)

    def _digits(self, size: int) -> str:
        return "".join(self._choice(string.digits) for _ in range(size))

    def _locale(self) -> str:
        return self._choice(self._english if self._rng.random() < _ENGLISH_SHARE else _LOCALES)

    def _choice(self, values: Sequence[str]) -> str:
        return self._rng.choice(values)

    def _choice_of(self, values: Sequence[str]) -> Callable[[], str]:
        return lambda: self._rng.choice(values)

    def _weighted(self, shapes: Sequence[tuple[int, str]]) -> str:
        return self._rng.choices([text for _, text in shapes], [weight for weight, _ in shapes])[0]

    def _pool(self, make: Callable[[], str], size: int) -> list[str]:
        return sorted({value for value in (make() for _ in range(size)) if _LATIN.fullmatch(value)})


def _faker(locale: str, seed: int) -> Faker:
    faker = Faker(locale)
    faker.seed_instance(seed)
    return faker


def _census(name: str, everyday: set[str]) -> list[str]:
    """Names of the census, the frequent ones first; rare names that are everyday words are left out."""
    text = files("names").joinpath(f"dist.{name}").read_text(encoding="utf-8")
    names = [line.split()[0].lower() for line in text.splitlines()]
    kept = [*names[:_FREQUENT_NAMES], *(name for name in names[_FREQUENT_NAMES:] if name not in everyday)]
    return [name.capitalize() for name in kept]
