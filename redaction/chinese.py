"""Chinese word segmentation with part-of-speech tags, by jieba and without its shared cache file."""

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from math import inf, log
from threading import Lock
from typing import Any

import regex

_loading = Lock()


# Small words that are no part of a name; the text is cut at them before the slow guess at unknown words.
_FUNCTION_CHARACTERS = frozenset(
    "的了吗呢吧啊呀我你您他她它们是在有和跟与就都也还不没要想请问这那个一二两三几什么怎哪为给把被对从到去来说看查用"
)
# So many characters in a row without a word are no Chinese, and each would take a third of a millisecond.
_LONGEST_GUESS = 200


def tagged_words(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and tag of every word of the dictionary and of every guessed word, in order.

    Guessing (a hidden Markov model) takes nearly all of the segmenter's time, so it is asked only about
    neighbouring characters that form no word and could hold a name.
    """
    loose: list[int] = []
    for start, end, tag in _dictionary_words(text):
        if end - start == 1 and text[start] not in _FUNCTION_CHARACTERS:
            loose.append(start)
            continue
        yield from _guessed(text, loose)
        loose = []
        yield start, end, tag
    yield from _guessed(text, loose)


def is_word(text: str) -> bool:
    """Whether the dictionary has this word."""
    return bool(_tagger().tokenizer.FREQ.get(text))


def is_name(text: str) -> bool:
    """Whether the dictionary has this word as somebody's name."""
    return _tagger().word_tag_tab.get(text) in ("nr", "nrfg", "nrt")


def _guessed(text: str, loose: list[int]) -> Iterator[tuple[int, int, str]]:
    if 1 < len(loose) <= _LONGEST_GUESS:
        yield from _placed(_guess(text[loose[0] : loose[-1] + 1]), loose[0])


@lru_cache(maxsize=5_000)
def _guess(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((word, tag) for word, tag in _tagger().cut(text))


def _dictionary_words(text: str) -> Iterator[tuple[int, int, str]]:
    """The likeliest way to cut a text into words of the dictionary; other characters are left alone."""
    if not _COMMON.fullmatch(text):
        yield from _placed(_tagger().cut(text, HMM=False), 0)
        return
    tags = _tagger().word_tag_tab
    ends = _likeliest_ends(text)
    start = 0
    while start < len(text):
        end = ends[start]
        yield start, end, tags.get(text[start:end], "x")
        start = end


_COMMON = regex.compile("[\u4e00-\u9fd5]+")


def _likeliest_ends(text: str) -> list[int]:
    """Where the word ends that begins at each character, in the likeliest cut of all that follows.

    It is the segmenter's own, in a third of its time: that looks each word up twice and keeps them all.
    """
    counts, everything = _tagger().tokenizer.FREQ, log(_tagger().tokenizer.total)
    size = len(text)
    best = [0.0] * (size + 1)
    ends = list(range(1, size + 1))
    for start in range(size - 1, -1, -1):
        top = -inf
        stop = start + 1
        # The dictionary holds the beginnings of its words, too, with a count of zero.
        while stop <= size and (count := counts.get(text[start:stop])) is not None:
            if count and (value := log(count) - everything + best[stop]) >= top:
                top, ends[start] = value, stop
            stop += 1
        best[start] = top if top > -inf else best[start + 1] - everything
    return ends


def _placed(words: Iterable[tuple[str, str]], at: int) -> Iterator[tuple[int, int, str]]:
    for word, tag in words:
        yield at, at + len(word), tag
        at += len(word)


def _tagger() -> Any:
    with _loading:
        return _load()


@cache
def _load() -> Any:
    # jieba keeps a marshalled dictionary in the shared temporary folder, where anybody could plant
    # another and two processes could write at once. The dictionary is read from the package instead, which
    # takes half a second longer.
    import jieba
    import jieba.posseg

    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return jieba.posseg.POSTokenizer(tokenizer)
