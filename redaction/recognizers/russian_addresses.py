"""Russian addresses: street, house, flat, town; and places somebody lives in."""

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.brands import is_brand
from redaction.numerals import word_pattern
from redaction.recognizers.shapes import CaptureRecognizer
from redaction.russian import look_up

_LANGUAGE = "ru"
_KIND = (
    r"(?:улиц[аеуы]|ул\.?|проспект[аеу]?|просп\.?|пр-т|пр-кт|переул[а-я]{2,4}|пер\.|шоссе|ш\.|бульвар[аеу]?|бул\.|б-р|площад[ьи]|"
    r"пл\.|"
    r"набережн[а-я]{2}|наб\.|проезд[аеу]?|тупик[аеу]?|микрорайон[аеу]?|мкр\.?|квартал[аеу]?)"
)
_STREET = (
    r"(?:\d{1,3}(?:-[а-я]{1,2})? )?(?:(?!дом\b|квартир|корпус|"
    r"город)[\p{Cyrillic}\-.]{2,30})(?: (?!дом\b|д\.|кв|квартир|корпус|номер|и\b|в\b|"
    r"на\b)[\p{Cyrillic}\-]{3,30}(?= ?,? ?(?:дом|д\.|\d)))?"
)
_SPOKEN = rf"(?:{word_pattern('ru')})(?: (?:{word_pattern('ru')})){{0,3}}(?!\w)"
_NUMBER = rf"(?:№? ?\d{{1,4}} ?(?:[а-я](?![а-я]))?(?:[/\-]\d{{1,4}}[а-я]?)?|{_SPOKEN})"
_PART = (
    rf"(?:[, ]{{1,3}}(?:дом[а-я]?|д\.?|корпус[а-я]?|корп\.?|к\.?|строение|стр\.?|квартир[а-я]|"
    rf"кв\.?|подъезд|офис|оф\.?|этаж)? ?{_NUMBER})"
)
_HOUSE = (
    r"(?:дом[а-я]?|д\.) ?\d{1,4}[а-я]?(?:[, ]{1,3}(?:корпус|корп\.?|к\.|строение|"
    r"стр\.) ?\d{1,3})?(?:[, ]{1,3}(?:квартир[а-я]|кв\.?) ?\d{1,4})?"
)
_TOWN = r"(?:город[аеу]?|г\.|пос[её]лок|пос\.|п\.|деревн[яеи]|дер\.|сел[оае]|с\.|станиц[аеы])"


def recognizers() -> list[EntityRecognizer]:
    """Addresses and home towns in text with Cyrillic letters."""
    return [_addresses(), _towns(), _homes(), _postcodes()]


def _addresses() -> EntityRecognizer:
    return CaptureRecognizer(
        kinds.ADDRESS,
        {
            rf"(?<!\w)(?<value>{_KIND} ?{_STREET}{_PART}{{0,4}})(?!\w)": 0.7,
            rf"(?<!\w)(?<value>(?:\d{{1,3}}-[а-я]{{1,2}} )?"
            rf"[\p{{Cyrillic}}\-]{{3,30}}(?:ая|ой|ую|ий|ом|ого|ский|"
            rf"ском) {_KIND}(?!\w){_PART}{{0,4}})": 0.7,
            # The town ends with the street's first word and so becomes one with the street.
            rf"(?<!\w)(?<value>(?:\d{{6}},? )?{_TOWN} ?\p{{Cyrillic}}[\p{{Cyrillic}}\-]{{2,30}},? "
            rf"{_KIND})(?!\w)": 0.65,
            rf"(?<!\w)(?<value>{_HOUSE})(?!\w)": 0.6,
            r"(?<!\w)(?<value>(?!дом|кв)\p{Cyrillic}[\p{Cyrillic}\-]{2,30},? \d{1,4}[а-я]?(?:/\d{1,3})?,? "
            r"(?:кв\.?|квартир[аы]) ?\d{1,4})(?!\w)": 0.65,
            rf"(?<!\w)(?<value>дом[а-я]? {_SPOKEN}(?: (?:корпус|"
            rf"строение) {_SPOKEN})? квартир[а-я] {_SPOKEN})": 0.6,
            r"(?<!\w)(?<value>(?:квартир[ауеы]|кв\.) ?№? ?\d{1,4})(?!\w)": 0.6,
        },
        language=_LANGUAGE,
        accept=_has_detail,
    )


_VAGUE = regex.compile(
    r"(?:на |по )?(?:улиц[аеуы]|площад[ьи]|квартал\w*|проезд\w*|шоссе|"
    r"проспект\w*) ?(?:как\w*|котор\w*|не|и|так\w*|эт\w+|ваш\w*|указан\w*|находит\w*|сейчас|"
    r"там|очень|был\w*|за|в|с|для|по|на)?",
    regex.I,
)


def _has_detail(value: str) -> bool:
    return _VAGUE.fullmatch(value) is None


def _towns() -> EntityRecognizer:
    return CaptureRecognizer(
        kinds.LOCATION,
        {
            rf"(?<!\w){_TOWN} ?(?<value>\p{{Cyrillic}}[\p{{Cyrillic}}\-]{{2,30}})(?!\w)": 0.6,
            rf"(?<!\w)(?<value>\p{{Cyrillic}}[\p{{Cyrillic}}\-]{{2,30}}),? (?={_KIND}(?!\w)|"
            rf"[\p{{Cyrillic}}\-]{{3,30}},? \d{{1,4}},? кв)": 0.6,
        },
        language=_LANGUAGE,
        accept=_is_town,
    )


def _homes() -> EntityRecognizer:
    return CaptureRecognizer(
        kinds.LOCATION,
        {
            r"(?<!\w)(?:жив[уеёи][а-я]{0,3}|прожива[а-я]{1,4}|наход[а-я]{1,4}|прописан[аы]?|"
            r"род[оа]м|адрес[а-я]{0,2}|достав[а-я]{2,6}|родил[а-я]{2,3}|"
            r"приехал[аи]?|(?:по|у|вы|до|при|за)?(?:еде[мт]|еду|едут|ехал[аи]?|езжа\w{1,4}|"
            r"лет[аеи]\w{1,4}|лечу))[ :]"
            r"(?:в |во |из |до |по )?(?<value>\p{Cyrillic}[\p{Cyrillic}\-]{2,30}"
            r")": 0.6,
        },
        language=_LANGUAGE,
        accept=_is_town,
    )


def _postcodes() -> EntityRecognizer:
    return CaptureRecognizer(
        kinds.ADDRESS,
        {r"(?<!\w)индекс[а-я]{0,2}[ :\-]{1,3}(?<value>\d{6})(?!\d)": 0.8},
        language=_LANGUAGE,
    )


def _is_town(value: str) -> bool:
    reading = look_up(value.lower())
    if is_brand(value):
        return False
    return reading.place_share >= 0.3 or (value[0].isupper() and not reading.known)
