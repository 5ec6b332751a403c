"""With which letters the matches of an expression begin, read off the expression itself."""

from dataclasses import dataclass, replace

import regex

LONGEST = 3
"""So many letters tell nearly all words of a text apart from those that an expression begins with."""

_LETTER = regex.compile(r"[\p{Latin}\p{Cyrillic}]")
_HAN = regex.compile(r"\p{Han}")
_GROUP = regex.compile(r"\((?:\?(?:P?<\w+>|:|>|-?[a-z]+:))?(?!\?)")
_LOOK = regex.compile(r"\(\?<?[=!]")
# What ends a word, and what must stand before a letter for a word to begin there.
_END = regex.compile(r"\(\?!(?:\\w|\[\\p\{Latin\}\\p\{Cyrillic\}(?:\\d'?)?\])\)|\\b")
_GUARD = regex.compile(r"\(\?<!(?:\\w|\[(?:\\w|\\p\{Latin\}\\p\{Cyrillic\})[^\]]*\])\)")
_CLASS = regex.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_FEW_LETTERS = regex.compile(r"\[([^\W\d_]+)\]")
_ANY_LETTER = regex.compile(r"\.|\\[wDS]|\\[pP]\{|\[\^|\[.*(?:\\[wpPDS]|\p{L})", regex.DOTALL)
_ATOM = regex.compile(r"\\[pP]\{\w+\}|\\.|.", regex.DOTALL)
_REPEAT = regex.compile(r"(?<times>[?*+]|\{[\d,]*\})[+?]?")


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first letters of a word in lower case; ``goes_on`` tells that any other may follow them.

    ``is_guarded`` tells that no letter can stand before them; for Han characters it means nothing.
    """

    letters: str = ""
    goes_on: bool = True
    is_guarded: bool = False
    is_open: bool = True
    """Used while reading: whether the next letter is still to come."""

    @property
    def is_han(self) -> bool:
        """Whether it is one Han character instead."""
        return _HAN.match(self.letters) is not None


_Ways = frozenset[Beginning]
_NOTHING: _Ways = frozenset({Beginning()})
_GUARDED: _Ways = frozenset({Beginning(is_guarded=True)})
_ANYTHING: _Ways = frozenset({Beginning(is_open=False)})
_NO_LETTER: _Ways = frozenset({Beginning(goes_on=False, is_open=False)})


def beginnings(expression: str) -> frozenset[Beginning]:
    """How the words begin at which a match of ``expression`` can begin: at most ``LONGEST`` letters of each.

    It knows the syntax that our rules use. Raises ``ValueError`` when a match can begin inside a word of
    Latin or Cyrillic letters, or with anything but certain letters.
    """
    ways, end = _alternatives(expression, 0)
    if end < len(expression) or not all(way.letters and (way.is_guarded or way.is_han) for way in ways):
        raise ValueError(f"begins with other than certain letters of a word: {expression[:80]}")
    return ways


def _alternatives(expression: str, at: int) -> tuple[_Ways, int]:
    """What the alternatives from an offset on begin with, and where they end: at a bracket or at the end."""
    found: _Ways = frozenset()
    ways = _NOTHING
    while at < len(expression) and expression[at] != ")":
        if expression[at] == "|":
            found, ways, at = found | ways, _NOTHING, at + 1
        else:
            ways, at = _longer(ways, expression, at)
    return found | ways, at


def _longer(ways: _Ways, expression: str, at: int) -> tuple[_Ways, int]:
    """The ways with the part of the expression that begins at an offset, and where that part ends."""
    if end := _END.match(expression, at):
        return frozenset(_ended(way) for way in ways), end.end()
    part, at = _part(expression, at)
    return frozenset(_joined(way, more) for way in ways for more in part), at


def _part(expression: str, at: int) -> tuple[_Ways, int]:
    if guard := _GUARD.match(expression, at):
        return _GUARDED, guard.end()
    if look := _LOOK.match(expression, at):
        return _NOTHING, _alternatives(expression, look.end())[1] + 1
    if group := _GROUP.match(expression, at):
        part, end = _alternatives(expression, group.end())
        return _repeated(part, expression, end + 1)
    atom = _CLASS.match(expression, at) or _ATOM.match(expression, at)
    return _repeated(_one_of(atom.group()), expression, atom.end())


def _one_of(atom: str) -> _Ways:
    """One character: a letter, one of a few letters, any letter or none."""
    few = _FEW_LETTERS.fullmatch(atom)
    letters = few[1] if few else atom
    if all(_LETTER.match(letter) for letter in letters):
        return frozenset(Beginning(letter.lower()) for letter in letters)
    if all(_HAN.match(letter) for letter in letters):
        return frozenset(Beginning(letter, is_open=False) for letter in letters)
    return _ANYTHING if _ANY_LETTER.match(atom) else _NO_LETTER


def _repeated(part: _Ways, expression: str, at: int) -> tuple[_Ways, int]:
    times = _REPEAT.match(expression, at)
    if times is None:
        return part, at
    if times["times"] != "?":
        part = frozenset(_joined(way, more) for way in part for more in _ANYTHING)
    may_be_none = times["times"][0] in "?*" or times["times"][1:2] in ("0", ",")
    return part | _NOTHING if may_be_none else part, times.end()


def _ended(way: Beginning) -> Beginning:
    return replace(way, goes_on=False, is_open=False) if way.letters and way.is_open else way


def _joined(way: Beginning, more: Beginning) -> Beginning:
    if not way.is_open:
        return way
    if not way.letters:
        return replace(more, is_guarded=way.is_guarded or more.is_guarded)
    if more.is_han:
        return _ended(way)
    letters = way.letters + more.letters
    if len(letters) >= LONGEST:
        return replace(way, letters=letters[:LONGEST], goes_on=False, is_open=False)
    return replace(way, letters=letters, goes_on=more.goes_on, is_open=more.is_open)
