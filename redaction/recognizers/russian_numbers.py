"""Numbers that Russia gives to a person or a firm: passport, insurance, tax, driving, health."""

from redaction import kinds
from redaction.recognizers import checksums
from redaction.recognizers.number_kind import NumberKind, grouped

_SERIES_AND_NUMBER = (
    r"(?<!\d)\d{2} ?\d{2}[ ,\-]{0,2}(?:№|номер|н|#|n)?[ \-]?\d{6}(?!\d)",
    r"(?<!\d)\d{2}[ ,]{0,2}(?:№|номер|#|n)?[ ]?\d{7}(?!\d)",
)

KINDS = (
    NumberKind(
        kinds.PASSPORT,
        (r"паспорт\w*", r"загранпаспорт\w*", r"загран\w?", r"сери[яиюей]{1,2}"),
        digits=r"\d{6}|\d{7}|\d{9,10}|(?!19|20)\d{4}",
        written=_SERIES_AND_NUMBER,
        telling=(grouped(2, 2, 6), grouped(4, 6, gap=" "), r"(?<!\d)\d{2} ?\d{2} ?№ ?\d{6}(?!\d)"),
    ),
    NumberKind(
        kinds.DRIVER_LICENSE,
        (r"водительск\w+", r"права(?:ми)?", r"ву", r"в/у"),
        digits=r"\d{10}",
        written=(r"(?<!\w)\d{2} ?[а-яa-z]{2} ?(?:№ ?)?\d{6}(?!\w)", *_SERIES_AND_NUMBER),
    ),
    NumberKind(
        kinds.RU_SNILS,
        (r"снилс\w*", r"страхов\w+ (?:свидетельств|номер)\w*", "snils"),
        digits=r"\d{11}",
        telling=(grouped(3, 3, 3, 2), r"(?<!\d)\d{3}-\d{3}-\d{3} ?\d{2}(?!\d)"),
        check=checksums.snils,
        checked=r"\d{11}",
        script=r"\p{Cyrillic}{2}",
    ),
    NumberKind(
        kinds.RU_INN,
        ("инн", "inn", r"налогоплательщик\w*"),
        digits=r"\d{10}|\d{12}",
        check=checksums.inn,
        checked=r"\d{10}|\d{12}",
        script=r"\p{Cyrillic}{2}",
    ),
    NumberKind(
        kinds.RU_OGRN,
        ("огрн(?:ип)?", "ogrn(?:ip)?", "егрюл", "егрип"),
        digits=r"\d{13}|\d{15}",
        check=checksums.ogrn,
        checked=r"[125]\d{12}|3\d{14}",
        script=r"\p{Cyrillic}{2}",
    ),
    NumberKind(
        kinds.RU_OMS,
        ("омс", r"полис\w* омс", r"медицинск\w+ полис\w*", r"полис\w*"),
        digits=r"\d{16}|\d{9,11}",
        script=r"\p{Cyrillic}{2}",
    ),
)
