"""Letters of one alphabet written with those of another: "Jоhn" with a Cyrillic о is still John."""

from collections import Counter
from functools import cache

import regex

_MIXED = regex.compile(
    r"\p{Latin}[\p{Cyrillic}\p{Greek}]|\p{Cyrillic}[\p{Latin}\p{Greek}]|\p{Greek}[\p{Latin}\p{Cyrillic}]"
)
_WORD = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}]+")
_SCRIPTS = {
    "Latin": regex.compile(r"\p{Latin}"),
    "Cyrillic": regex.compile(r"\p{Cyrillic}"),
    "Greek": regex.compile(r"\p{Greek}"),
}
# Letters that look the same in Latin, Cyrillic and Greek; a space where an alphabet has none.
_LATIN = "aceopxyijsvhkABCEHIJKMOPSTXYZN"
_CYRILLIC = "асеорхуіјѕѵһкАВСЕНІЈКМОРЅТХУ  "
_GREEK = "α εορχγιϳ ν κΑΒ ΕΗΙ ΚΜΟΡ ΤΧΥΖΝ"


def plain_scripts(text: str) -> str:
    """As many characters, words that mix alphabets written in the one that all their letters can be in.

    Words that no single alphabet can spell stay as they are.
    """
    return _WORD.sub(lambda match: _plain_word(match.group()), text) if _MIXED.search(text) else text


def _plain_word(word: str) -> str:
    if not _MIXED.search(word):
        return word
    counts = Counter({name: len(script.findall(word)) for name, script in _SCRIPTS.items()})
    for name, _ in counts.most_common(2):
        spelled = word.translate(_into(name))
        if len(_SCRIPTS[name].findall(spelled)) == len(word):
            return spelled
    return word


@cache
def _into(script: str) -> dict[int, str]:
    alphabets = {"Latin": _LATIN, "Cyrillic": _CYRILLIC, "Greek": _GREEK}
    wanted = alphabets[script]
    return {
        ord(letter): plain
        for alphabet in alphabets.values()
        if alphabet is not wanted
        for letter, plain in zip(alphabet, wanted, strict=True)
        if letter != " " and plain != " "
    }
