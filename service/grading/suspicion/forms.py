"""What shows by its form: forged turns, fences and answers. Every pattern is bounded: time stays linear."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from service.grading.suspicion.lexicon import lexicons
from service.grading.suspicion.split import is_han

_SPACE = r"[ \t]{0,8}"
_FORWARDED = "forwarded"
"""What mail programs write between rules of signs above what somebody sends on."""


def forms(folded: str, *, labels: bool = True) -> Iterator[tuple[int, int]]:
    """Yield the spans (start, end) of folded text that have the form of something a grader is given.

    Without `labels`, "system:" at the beginning of a sentence is none.
    """
    for needed, pattern in _patterns()[0 if labels else 1 :]:
        if any(sign in folded for sign in needed):
            yield from (match.span() for match in pattern.finditer(folded))


@cache
def _patterns() -> tuple[tuple[Sequence[str], re.Pattern[str]], ...]:
    """Each with the signs of which one has to occur: most turns have none, and are done at once."""
    return (
        (":：>]", _forged_label()),
        (":", _forged_turn()),
        (":", _forged_line()),
        (":", _answer_keys()),
        (":=：", _told_score()),
        (("===", "---", "~~~", "***", "___", "##"), _fence()),
        ("<[", _markup()),
        ("`", _code_block()),
    )


def _forged_label() -> re.Pattern[str]:
    """``system: …`` and ``[SYSTEM] …`` where a sentence begins, with a few words after it."""
    labels = _any_of(word for lexicon in lexicons() for word in lexicon.labels)
    return re.compile(
        rf"(?:^|[\n.!?;\]>)\"]){_SPACE}[<\[({{*#]{{0,4}}{_SPACE}{labels}{_SPACE}(?:[:]|[\]>)}}*]{{1,4}}:?)"
        rf"{_SPACE}(?:[^\W_][^\n]{{0,40}}?[\s,]+[^\W_]|[一-鿿]{{4}})"
    )


def _forged_turn() -> re.Pattern[str]:
    """``[12] agent:``, with a code or without, and ``12 hp agent:`` where a line begins."""
    speakers = _any_of(("agent", "customer", "bot", "system", *_speakers()))
    return re.compile(
        rf"(?:\[{_SPACE}\d{{1,5}}(?:[ \t]{{1,8}}[0-9a-z]{{2,16}})?{_SPACE}\]"
        rf"|(?:^|\n)\d{{1,5}} [a-z0-9]{{2,4}}(?= )){_SPACE}{speakers}{_SPACE}:"
    )


def _forged_line() -> re.Pattern[str]:
    """A line of its own inside a turn that begins like another speaker's."""
    return re.compile(rf"\n{_SPACE}{_any_of(_speakers())}{_SPACE}:{_SPACE}(?:\S{{1,40}} ){{3}}")


def _answer_keys() -> re.Pattern[str]:
    """``"level": …, "evidence": …``: keys of an answer, in quotes; one alone may be a customer's log."""
    keys = _any_of(word for lexicon in lexicons() for word in lexicon.keys)
    key = rf"[\"']{_SPACE}{keys}{_SPACE}[\"']{_SPACE}:"
    return re.compile(rf"{key}(?=[\s\S]{{0,60}}?{key})|{key}{_SPACE}[\"'](?:yes|да|是|best|max\w{{0,8}})")


def _told_score() -> re.Pattern[str]:
    """``score: 5`` where a line or a sentence begins with it, and nothing follows but the number's scale."""
    scores = _any_of(word for lexicon in lexicons() for word in lexicon.scores)
    number = r"\d{1,3}(?:[.,]\d)?|n/a|yes|max\w{0,20}"
    scale = r"(?:\s{0,3}(?:/|of|out of|из|%|分|балл\w{0,3}|,|满分)\s{0,3}(?:\d{1,3})?(?:分)?){0,4}"
    return re.compile(
        rf"(?:^|[\n.!?;,(]){_SPACE}{scores}{_SPACE}[:=]{_SPACE}(?:{number}){scale}{_SPACE}(?=$|[\n.!?;,)])"
    )


def _fence() -> re.Pattern[str]:
    """``=== transcript … ends ===`` and ``### instruction``: rules of signs beside words of a fence."""
    words = _any_of(word for lexicon in lexicons() for word in lexicon.fence_words)
    labels = _any_of(
        (*(word for lexicon in lexicons() for word in lexicon.labels), "response", "ответ", "回答")
    )
    return re.compile(
        rf"(?<![=\-~*_])[=\-~*_]{{3,}}+(?![^\n]{{0,12}}{_FORWARDED})[^\n=\-~*_]{{0,60}}?{words}"
        rf"|(?<!{_FORWARDED} ){words}[^\n=\-~]{{0,60}}?[=\-~]{{3,}}"
        rf"|\#{{2,6}}{_SPACE}{labels}(?!\w)"
    )


def _markup() -> re.Pattern[str]:
    """Tags and tokens that part the messages of a request to a model."""
    names = "transcript|system|instructions?|conversation|prompt|assistant|grading|reference"
    return re.compile(
        rf"<\|[a-z_]{{2,30}}\|>|</?{_SPACE}(?:{names}){_SPACE}>|<<{_SPACE}sys{_SPACE}>>|\[/?{_SPACE}inst{_SPACE}\]"
    )


def _code_block() -> re.Pattern[str]:
    """Three back quotes with words of a fence, or an object, behind them."""
    words = _any_of(word for lexicon in lexicons() for word in lexicon.fence_words)
    return re.compile(rf"`{{3,6}}(?:json)?\s{{0,8}}(?:\{{|[^`]{{0,40}}?{words})")


def _speakers() -> tuple[str, ...]:
    return tuple(word for lexicon in lexicons() for word in lexicon.speakers)


def _any_of(words: Iterable[str]) -> str:
    """Return a pattern for any of `words`, the longest first; a star is the rest of a word."""
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(_one_of, ordered))})"


def _one_of(word: str) -> str:
    spaced = r"[ \t]{1,4}".join(map(re.escape, word.removesuffix("*").split(" ")))
    begins = "" if is_han(word[0]) else r"(?<![^\W_])"
    return rf"{begins}{spaced}\w{{0,12}}" if word.endswith("*") else rf"{begins}{spaced}"
