"""The trained network of each language, loaded when first asked for, and which lines it can read."""

from collections.abc import Iterator
from functools import cache
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
    """The lines that are mostly in the network's script, neighbours together: it has read nothing else."""
    if not _STRANGE[language].search(text):
        yield 0, text
        return
    start = at = 0
    for line in text.splitlines(keepends=True):
        if not _is_own(language, line):
            yield from [(start, text[start:at])] * (at > start)
            start = at + len(line)
        at += len(line)
    yield from [(start, text[start:at])] * (at > start)


def _is_own(language: str, line: str) -> bool:
    strange = len(_STRANGE[language].findall(line))
    return 2 * strange < sum(map(str.isalpha, line))


@cache
def _load(path: Path, language: str) -> Tagger:
    return Tagger.load(path, knowledge_of(language))
