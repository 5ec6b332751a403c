"""Codes of things, not of people: versions, builds, models and errors, by the word right before them."""

import regex

_REACH = 32
_LINK = r"(?: ?(?:number|no\.?|code|is|was|says|номер\w?|код\w?|это|号码?|是|为|№|#|:|：|=|-|—|–))*"
_NAMED = regex.compile(
    r"(?:(?<![\p{L}\p{N}])(?:versions?|builds?|firmware|releases?|models?|errors?|верси[яиюей]{1,2}|"
    r"ошибк\w{1,3}|модел[ьиюей]{1,3}|прошивк\w{1,3})|版本|型号|错误(?:代码)?)"
    rf"{_LINK}[ \"'«(]{{0,2}}$",
    regex.IGNORECASE,
)
_ERROR_IN_HEX = regex.compile(r"0x[0-9a-f]{4,8}", regex.IGNORECASE)
_LONG = regex.compile(r"\d(?:[ .\-]?\d){6}")


def is_of_a_product(text: str, start: int, end: int) -> bool:
    """Whether what stands there is a version, a model or an error; not seven digits, but "0x80070005"."""
    if _LONG.search(text, start, end) and not _ERROR_IN_HEX.fullmatch(text, start, end):
        return False
    return _NAMED.search(text, max(start - _REACH, 0), start) is not None
