"""Numbers that a state gives to a person or a firm: insurance, tax, passport, residence, registration."""

from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.recognizers import checksums
from redaction.recognizers.shapes import ALONE_AFTER, ALONE_BEFORE, GAP, ShapeRecognizer

_USCC = "[0-9A-HJ-NPQRTUWXY]"
_DATE8 = r"(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"


def recognizers(language: str) -> list[EntityRecognizer]:
    """The numbers of all supported countries, whatever the language of the conversation."""
    return [
        *_american(language),
        *_british(language),
        *_russian(language),
        *_chinese(language),
        _passport(language),
    ]


def _american(language: str) -> list[EntityRecognizer]:
    return [
        ShapeRecognizer(
            kinds.US_SSN,
            {
                r"(?<![\d-])\d{3}[ -]\d{2}[ -]\d{4}(?![\d-])": 0.7,
                rf"(?<!\d)\d(?:{GAP}\d){{8}}(?!\d)": 0.25,
                r"(?<!\d)\d{4}(?!\d)": 0.2,
            },
            language=language,
            context=("ssn", "social", "social security", "ssa", "ssid", "ss"),
        )
    ]


def _british(language: str) -> list[EntityRecognizer]:
    nino = (
        rf"{ALONE_BEFORE}[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{{2}} ?\d{{2}} ?\d{{2}} ?[A-D]{ALONE_AFTER}"
    )
    return [
        ShapeRecognizer(
            kinds.UK_NINO,
            {nino: 0.6, rf"{ALONE_BEFORE}[A-Z]{{2}} ?\d{{2}} ?\d{{2}} ?\d{{2}} ?[A-Z]{ALONE_AFTER}": 0.3},
            language=language,
            context=("insurance", "national insurance", "nino", "ni"),
        ),
        ShapeRecognizer(
            kinds.UK_NHS,
            {r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)": 0.4},
            language=language,
            context=("nhs", "health service", "nhs number"),
        ),
    ]


def _russian(language: str) -> list[EntityRecognizer]:
    return [
        ShapeRecognizer(
            kinds.RU_SNILS,
            {
                r"(?<!\d)\d{3}-\d{3}-\d{3}[ -]\d{2}(?!\d)": 0.8,
                r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{3}[ -]?\d{2}(?!\d)": 0.35,
            },
            language=language,
            context=("снилс", "страховой", "snils"),
        ),
        ShapeRecognizer(
            kinds.RU_INN,
            {r"(?<!\d)\d{12}(?!\d)": 0.4, r"(?<!\d)\d{10}(?!\d)": 0.4},
            language=language,
            context=("инн", "inn", "налогоплательщик"),
        ),
        ShapeRecognizer(
            kinds.RU_OGRN,
            {r"(?<!\d)[125]\d{12}(?!\d)": 0.4, r"(?<!\d)3\d{14}(?!\d)": 0.4},
            language=language,
            context=("огрн", "огрнип", "ogrn"),
        ),
    ]


def _chinese(language: str) -> list[EntityRecognizer]:
    return [
        ShapeRecognizer(
            kinds.CN_RESIDENT_ID,
            {
                rf"{ALONE_BEFORE}[1-9]\d{{5}} ?{_DATE8} ?\d{{3}}[\dX]{ALONE_AFTER}": 0.75,
                rf"{ALONE_BEFORE}\d{{17}}[\dX]{ALONE_AFTER}": 0.35,
            },
            language=language,
            context=("身份证", "证件", "resident", "id card", "id number"),
            checksum=checksums.resident_id,
        ),
        ShapeRecognizer(
            kinds.CN_USCC,
            {rf"{ALONE_BEFORE}[0-9ANY]{_USCC}\d{{6}}{_USCC}{{10}}{ALONE_AFTER}": 0.4},
            language=language,
            context=("信用代码", "统一社会", "税号", "营业执照"),
            checksum=checksums.credit_code,
        ),
    ]


def _passport(language: str) -> EntityRecognizer:
    return ShapeRecognizer(
        kinds.PASSPORT,
        {
            rf"{ALONE_BEFORE}(?:E[A-HJ-NP-Z]\d{{7}}|[EGDSP]\d{{8}}){ALONE_AFTER}": 0.5,
            r"(?<!\d)\d{2} \d{2} \d{6}(?!\d)": 0.55,
            rf"(?<!\d)\d{{2}} ?\d{{2}}[ ,]{{0,2}}(?:№|номер|#|n)? ?{GAP}\d{{6}}(?!\d)": 0.35,
            rf"{ALONE_BEFORE}[A-Z]{{0,2}}\d{{6,9}}{ALONE_AFTER}": 0.25,
            r"(?<!\d)\d{4}(?!\d)": 0.16,
        },
        language=language,
        context=("passport", "паспорт", "паспортный", "серия", "загранпаспорт", "护照", "通行证"),
    )
