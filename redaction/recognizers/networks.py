"""The trained network of each language, loaded when first asked for, and which lines it can read."""

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from threading import Lock

import regex

from redaction.knowledge import knowledge_of
from redaction.network import WEIGHTS, Tagger

_STRANGE = {
    "en": regex.compile(r"[\p{L}--\p{Latin}]", regex.V1),
    "ru": regex.compile(r"[\p{L}--\p{Cyrillic}]", regex.V1),
}
_folders = [WEIGHTS]
_loading = Lock()


def tagger(language: str) -> Tagger:
    """The network of a language, ``en`` or ``ru``."""
    with _loading:
        return _load(_folders[0] / f"{language}.npz", language)


def use_weights(folder: Path) -> None:
    """Read weights from another folder from now on, in this process: to measure them before they ship."""
    _folders[:] = [folder]


def parts(language: str, text: str) -> Iterator[tuple[int, str]]:
    """The lines that are mostly in the network's script, neighbours together: it has read nothing else.

    A line without letters goes with the line before it, at the beginning with the one after.
    """
    if not _STRANGE[language].search(text):
        yield 0, text
        return
    lines = text.splitlines(keepends=True)
    own = _settled([_is_own(language, line) for line in lines])
    at = 0
    for is_own, group in groupby(zip(own, lines, strict=True), key=lambda pair: pair[0]):
        part = "".join(line for _, line in group)
        if is_own:
            yield at, part
        at += len(part)


def _settled(own: list[bool | None]) -> list[bool]:
    last = next((answer for answer in own if answer is not None), False)
    settled: list[bool] = []
    for answer in own:
        last = last if answer is None else answer
        settled.append(last)
    return settled


def _is_own(language: str, line: str) -> bool | None:
    """Whether a line is mostly in the network's script; ``None`` when it holds no letter."""
    letters = sum(map(str.isalpha, line))
    return letters > 2 * len(_STRANGE[language].findall(line)) if letters else None


@cache
def _load(path: Path, language: str) -> Tagger:
    return Tagger.load(path, knowledge_of(language))
