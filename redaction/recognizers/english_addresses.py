"""Addresses as English texts write them: number and street, flat, box, city and postcode."""

from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.anchored import word_starts
from redaction.lexicon import words
from redaction.numerals import word_pattern
from redaction.ordinary import ordinary_pattern
from redaction.recognizers.shapes import DIGIT, CaptureRecognizer, ShapeRecognizer, places_of
from redaction.tokens import Places

_LANGUAGE = "en"
_SUFFIX = (
    r"street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|"
    r"square(?! (?:met|f|k|y))|sq(?!\.? (?:m|f|k))|terrace|way|parkway|pkwy|circle|cir|"
    r"highway|hwy|"
    "close|crescent|grove|gardens|mews|trail|alley|plaza|loop|row|walk|quay|wharf|strasse|straße|gasse|weg|straat|laan|gata|vägen|gatan|utca|út"
)
_STREET_WORD = r"[\p{Latin}\p{Mn}.'\-]{1,30}"
_NO_STREET = (
    r"(?!(?:minutes?|hours?|days?|weeks?|months?|years?|times?|dollars?|items?|people|percent|am|"
    r"pm|o'clock|of|and|or|to|in|on|at|the)\b)"
)
_SPOKEN = word_pattern("en")
# Only words that mean a street and little else: "two minutes walk" and "one way" are no addresses.
_SPOKEN_SUFFIX = (
    "street|avenue|road|lane|drive|boulevard|court|terrace|crescent|parkway|highway|gardens|grove|square"
)
_SPOKEN_SUFFIXES = frozenset(_SPOKEN_SUFFIX.split("|"))

_UNIT = (
    r"(?:(?:apartment|apt|suite|ste|unit|flat|room|floor|building|bldg)(?:\.? ?#|"
    r"\.? )(?:no\.? ?)?|# ?)(?:\d[\dA-Z\-]{0,6}|[A-Z]-?\d{1,4})(?!\w)"
)
_STATE = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|"
    "T[NX]|UT|V[AT]|W[AIVY]|A[AEP]"
)
_CITY = (
    r"[\p{Lu}][\p{Latin}\p{Mn}'\-]{1,24}(?: (?:[\p{Lu}][\p{Latin}\p{Mn}'\-]{0,24}|de|la|del|of|"
    r"upon|am|u)){0,3}"
)
_UK_POSTCODE = (
    r"(?<![A-Z0-9])(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d|[A-HK-Y]\d\d|\d[A-HJKPS-UW]|"
    r"[A-HK-Y]\d[ABEHMNPRV-Y])) ?\d[ABD-HJLNP-UW-Z]{2}(?![A-Z0-9])"
)


def recognizers() -> list[EntityRecognizer]:
    """Street addresses in any case, the lines that follow them, postcodes, and homes ("I live in ...")."""
    return [_street(), _spoken_street(), *_tails(), _postcode(), _asked(), _home()]


def _street() -> EntityRecognizer:
    number = r"(?<![\d.,\w$€£])\d{1,6}[a-z]?(?:[-/]\d{1,4})?"
    name = rf"{_NO_STREET}{_STREET_WORD}(?: {_NO_STREET}{_STREET_WORD}| \d{{1,3}}(?:st|nd|rd|th)?){{0,3}}?"
    return ShapeRecognizer(
        kinds.ADDRESS,
        {
            rf"{number} (?:{name} |\d{{1,3}}(?:st|nd|rd|"
            rf"th) )(?:{_SUFFIX})(?!\w)\.?(?:,? (?:n|s|e|w|north|south|east|west|nw|ne|sw|"
            rf"se)(?!\w))?(?:[, \n]{{1,3}}{_UNIT})?": 0.7,
            rf"(?<!\w){_UNIT}": 0.4,
            r"(?<!\w)(?:p\.? ?o\.? ?)?box \d{1,7}(?!\d)|(?<!\w)(?:unit|psc|"
            r"cmr) \d{3,5},? box \d{1,5}(?!\d)": 0.7,
            r"(?<!\w)(?:apartment|apt|suite|ste|flat)\.? ?#?\d{1,5}[a-z]?(?!\w)": 0.6,
        },
        language=_LANGUAGE,
        context=("address", "live", "deliver", "ship", "street", "send", "delivery", "shipping", "located"),
    )


def _spoken_street() -> EntityRecognizer:
    """Streets whose number is told in words, with the flat and the town that follow."""
    number = rf"(?:{_SPOKEN})(?:[ -](?:{_SPOKEN})){{0,5}}"
    name = rf"(?!(?:{ordinary_pattern()})(?!\w))[\p{{Latin}}'\-]{{2,24}}"
    unit = (
        rf",? (?:apartment|apt|flat|unit|suite|number) (?:"
        rf"(?:{_SPOKEN})(?:[ -](?:{_SPOKEN})){{0,3}}|\d{{1,5}})?(?: ?[a-z](?!\w))?"
    )
    return CaptureRecognizer(
        kinds.ADDRESS,
        {
            rf"(?<!\w)(?<value>{number} (?:{name} ){{1,3}}(?:{_SPOKEN_SUFFIX})(?!\w)(?:{unit})?"
            rf"(?:,? (?:in )?{name}(?: {name})?(?=\W|$)(?! (?:is|was)))?)": 0.7
        },
        language=_LANGUAGE,
        near=_spoken_suffixes,
    )


def _spoken_suffixes(text: str) -> list[int]:
    return word_starts(text).of(_SPOKEN_SUFFIXES)


def _tails() -> list[EntityRecognizer]:
    """City, state and postcode, which need their capitals."""
    return [
        _tail(
            {
                rf"(?<!\w)(?<value>{_CITY},? (?:{_STATE}),? \d{{5}}(?:-\d{{4}})?)(?!\d)": 0.8,
                rf"(?<!\w)(?<value>\d{{1,6}}[a-z]?,? {_CITY}(?:, ?{_UNIT})?, ?{_CITY})(?!\w)": 0.6,
            },
            near=DIGIT,
        ),
        _tail(
            {
                rf"(?:{_UNIT}|(?i:{_SUFFIX})\.?|\d{{1,4}})[,\n] ?(?<value>{_CITY}[,\n ] ?(?:"
                rf"{_CITY} )?\d{{4,6}})(?!\d)": 0.6,
            },
            near=_FOUR_DIGITS,
            lines_before=2,
        ),
        _tail(
            {
                rf"(?<!\w)(?:corner of|address(?: is|"
                rf":)) {{1,5}}(?<value>{_CITY}(?: \d{{1,5}}[a-z]?)?(?: and {_CITY}(?: \d{{1,5}})?"
                rf")?)(?!\w)": 0.6,
            },
        ),
    ]


_FOUR_DIGITS = places_of(r"\d{4}")


def _tail(
    expressions: dict[str, float], near: Places | None = None, lines_before: int = 0
) -> EntityRecognizer:
    return CaptureRecognizer(
        kinds.ADDRESS,
        expressions,
        language=_LANGUAGE,
        ignore_case=False,
        near=near,
        lines_before=lines_before,
    )


def _postcode() -> EntityRecognizer:
    return ShapeRecognizer(
        kinds.ADDRESS,
        {
            _UK_POSTCODE: 0.45,
            rf"(?-i:{_UK_POSTCODE})": 0.5,
            r"(?<![\d$.,-])\d{5}(?:-\d{4})?(?![\d.,%-])": 0.2,
        },
        language=_LANGUAGE,
        context=("zip", "zipcode", "zip code", "postcode", "postal", "postal code", "address", "postcode is"),
    )


def _asked() -> EntityRecognizer:
    return CaptureRecognizer(
        kinds.ADDRESS,
        {
            r"(?<!\w)(?:(?:my|the|our|home|shipping|billing|delivery|mailing) (?:home |"
            r"shipping |billing |delivery |mailing )?address is|(?:i|we|they|he|"
            r"she) (?:still )?lives? (?:at|on)|moved to|"
            r"(?:deliver|ship|send) (?:it |this |that )?to|"
            r"address:) (?<value>\d{1,6}[a-z]?(?:[ ,]{1,2}(?!(?:today|tomorrow|now|"
            r"please|and|thanks|thank|ok|okay|"
            r"is|for|but|by|with|so|my|i|it|when|at|if|that|because|instead|can|could|"
            r"you)\b)[\p{Latin}\d.'#\-]{1,24}){1,8})": 0.6,
        },
        language=_LANGUAGE,
    )


def _home() -> EntityRecognizer:
    return CaptureRecognizer(
        kinds.LOCATION,
        {
            r"(?<!\w)(?:i(?:'m| am)? (?:live|living|reside|based|located|"
            r"calling)(?: here)? (?:in|from)|i'm from|i am from|moved (?:here )?(?:from|to)|"
            r"city(?: is|:)|town(?: is|:)|born in|resident of) "
            r"(?:the )?(?:city of |state of )?(?<value>\p{Latin}[\p{Latin}\p{Mn}'\-]{1,30}(?:"
            r",? (?-i:\p{Lu})[\p{Latin}\p{Mn}'\-]{1,30})?)": 0.6,
        },
        language=_LANGUAGE,
        accept=_is_place,
    )


def _is_place(value: str) -> bool:
    parts = [part.strip(",") for part in value.split()]
    known = parts[0].lower() in words("en_places") or all(part[0].isupper() for part in parts)
    return known and parts[0].lower() not in words("no_homes")
