"""Codes of letters and digits, and spelled names: "h t nine r three z", "тэ как тамара семь"."""

from collections.abc import Iterator

import regex

from redaction import kinds
from redaction.digit_runs import is_alone
from redaction.recognizers.naming import NAMED_KINDS, Naming
from redaction.recognizers.product_codes import is_of_a_product
from redaction.recognizers.reader import Found
from redaction.spelling import MEASURES, SpelledRun, spelled_runs

_SCORE = 0.65
_NAME_SCORE = 0.7
_IN_CONTEXT_FROM = 4
_ANYWAY_FROM = 6
_SPELLED_FROM = 5
_ALONE_FROM = 5
_LEAST_BESIDE_GROUP = 2
_BESIDE_NO_WORD = 3
_CHANGES_FROM = 3
_NEXT_TO = 5
_ASKED_FROM = 3
_HOLDS_LETTERS = frozenset(NAMED_KINDS) - {
    kinds.DIGITS,
    kinds.DATE_OF_BIRTH,
    kinds.PHONE_NUMBER,
    kinds.US_SSN,
}
_ASKS_TO_SPELL = regex.compile(
    r"(?<!\w)(?:spell\w*|spelt|surname|(?:last |first |full |your )names?|name is|по буквам|фамили\w+|"
    r"имя|пишется)(?!\w)|"
    r"拼写|怎么拼|怎么写|字母|姓名|贵姓",
    regex.IGNORECASE,
)
# Short names of numbers look like the letters that a code begins with.
_CUE = regex.compile(
    r"(?:ssn|dob|mac|ip|fax|tel|nhs|nino|pin|cvv|iban|pnr|vin|ref|zip|id|no|инн|огрн|бик|р/с|омс)[ .:#№]+",
    regex.I,
)
_TURNS_BEFORE = 2
_HAN_PLATE = regex.compile("[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]$")


def told_codes(text: str, naming: Naming) -> Iterator[Found]:
    """Stretches of letters that spell a name or, with digits, are a code; the context names them."""
    for run in spelled_runs(text):
        if is_of_a_product(text, run.start, run.end):
            continue
        if not run.is_word:
            kind = _code_kind(run, naming, text)
            if kind is not None:
                yield kind, _start(run, kind, text), run.end, _SCORE
        else:
            yield from _spelled(run, naming, text)
    yield from _code_lines(text)


_CODE_LINE = regex.compile(
    r"^(?=[^\d\n]*\d[^\d\n]*\d)(?:[a-z]{1,3}(?: \d{1,7} [a-z]{1,3})+(?: \d{1,7})?|"
    r"(?:\d{1,7} [a-z]{1,3} )+\d{1,7}|"
    r"[a-z]{1,3}(?: \d{1,7} [a-z]{1,3})* \d{1,7}|\d{2,7} [a-z]{1,3})$",
    regex.IGNORECASE | regex.MULTILINE,
)
_LETTERS = regex.compile(r"[a-z]+", regex.IGNORECASE)
_SHORTEST_LINE = 5
_SHORT = (
    "in at on for to of is and the not but or by yes it its my i we he she you all any get got has had "
    "was are ok room gate row seat age day top max min ca win ps step unit size bus"
)
_SHORT_WORDS = frozenset(_SHORT.split())


def _code_lines(text: str) -> Iterator[Found]:
    """Turns that are short groups of letters and digits and nothing else: "nm 67 we"."""
    for match in _CODE_LINE.finditer(text):
        groups = [group.lower() for group in _LETTERS.findall(match.group())]
        size = sum(sign.isalnum() for sign in match.group())
        is_phrase = len(groups) == 1 and groups[0] in _SHORT_WORDS
        if size >= _SHORTEST_LINE and not is_phrase and MEASURES.isdisjoint(groups):
            yield kinds.REFERENCE_CODE, match.start(), match.end(), _SCORE


def _start(run: SpelledRun, kind: str, text: str) -> int:
    if kind == kinds.LICENSE_PLATE and _HAN_PLATE.search(text, 0, run.start):
        return run.start - 1
    cue = _CUE.match(text, run.start, run.end)
    return int(cue.end()) if cue else run.start


def _code_kind(run: SpelledRun, naming: Naming, text: str) -> str | None:
    """What a code is called; without a name it must be long and hold more than words and one number."""
    size = run.letters + run.digits
    if (
        size < _IN_CONTEXT_FROM
        or not run.sure_letters
        or (run.has_groups and run.digits < _LEAST_BESIDE_GROUP)
    ):
        return None
    name = naming.of(run.start, run.end, price_counts=False)
    if name is not None and name.kind in _HOLDS_LETTERS and not (run.has_groups and name.start >= run.end):
        return name.kind
    if name is not None and name.kind == kinds.DIGITS and name.end <= run.start <= name.end + _NEXT_TO:
        return kinds.REFERENCE_CODE
    return kinds.REFERENCE_CODE if _is_code_anyway(run, size, text) else None


def _is_code_anyway(run: SpelledRun, size: int, text: str) -> bool:
    """Whether a run is a code without being called one; groups beside numbers are words more often."""
    if run.has_groups:
        telling = run.digits >= _BESIDE_NO_WORD and run.looks_like_no_word(text)
        telling = telling or run.changes >= _CHANGES_FROM
        return telling or (size >= _ALONE_FROM and is_alone(text, run.start, run.end))
    if size >= _ANYWAY_FROM and run.digits > 1 and run.sure_letters > 1:
        return True
    return size >= _ALONE_FROM and run.digits >= _BESIDE_NO_WORD and is_alone(text, run.start, run.end)


def _spelled(run: SpelledRun, naming: Naming, text: str) -> Iterator[Found]:
    if run.has_groups:
        return
    asked = _ASKS_TO_SPELL.search(text, naming.line_before(run.start, _TURNS_BEFORE), run.start) is not None
    least = _ASKED_FROM if asked or run.is_explained else _SPELLED_FROM
    if len(run.symbols) >= least and 2 * run.sure_letters >= run.letters:
        yield kinds.PERSON, run.start, run.end, _NAME_SCORE
