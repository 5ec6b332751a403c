"""Dates of birth: any date that the words before it say somebody was born on."""

from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.recognizers.shapes import ShapeRecognizer

_EN_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_RU_MONTH = "январ|феврал|март|апрел|ма|июн|июл|август|сентябр|октябр|ноябр|декабр"
_YEAR = r"(?:18|19|20)\d{2}"


def recognizers(language: str) -> list[EntityRecognizer]:
    """Written dates in the usual orders, with context words in every language."""
    return [
        ShapeRecognizer(
            kinds.DATE_OF_BIRTH,
            {
                rf"(?<!\d)\d{{1,2}}[-/. ]\d{{1,2}}[-/. ](?:{_YEAR}|\d{{2}})(?!\d)": 0.3,
                rf"(?<!\d){_YEAR}[-/. ]\d{{1,2}}[-/. ]\d{{1,2}}(?!\d)": 0.3,
                rf"(?<!\w)\d{{1,2}}(?:st|nd|rd|th)?(?: of)?[ -](?:{_EN_MONTH})\.?,?[ -](?:"
                rf"{_YEAR}|\d{{2}})(?!\w)": 0.3,
                rf"(?<!\w)(?:{_EN_MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:{_YEAR}|'?\d{{2}})(?!\w)": 0.3,
                rf"(?<!\w)(?:{_EN_MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?(?!\w)": 0.2,
                rf"(?<!\w)\d{{1,2}}(?:-?го|-?е)? (?:{_RU_MONTH})[а-я]{{0,2}} {_YEAR}(?!\d)": 0.3,
                rf"(?:{_YEAR}|\d{{2}})年\d{{1,2}}月\d{{1,2}}[日号]?": 0.3,
                r"(?<!\d)\d{1,2}月\d{1,2}[日号]": 0.2,
                r"(?<!\d)(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)": 0.25,
            },
            language=language,
            context=(
                "born", "birth", "dob", "birthday", "birthdate", "date of birth",
                "рождение", "родиться", "рождённый", "рожденный", "родился",
                "出生", "生日", "生于",
            ),
        )
    ]  # fmt: skip
