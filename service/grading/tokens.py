"""How many tokens a text has, without ever waiting for the network while serving.

`tiktoken` fetches an encoding when it is first asked for one, with no time limit. So it is asked once, at
start-up, in a thread of its own; what is not there after a few seconds is done without. The encoding's file
is taken from `TIKTOKEN_CACHE_DIR` when that is set.
"""

import contextlib
import math
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tiktoken

_ENCODING = "o200k_base"

# Runs of one character cost tiktoken more than linear time; in pieces of this length that does not show.
_PIECE = 2_000

_LETTERS = re.compile(r"[A-Za-z \n]+")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]+")
_ASCII = re.compile(r"[\x00-\x7f]+")

_DEAREST = 1.4
"""What the estimate gives for a character at most."""

PER_MESSAGE = 8
"""Tokens that a message costs beside its text; more than any known chat format needs."""


@dataclass(frozen=True)
class TokenCounter:
    """Counts tokens, with an encoding or, without one, by an estimate that errs upwards (see `estimate`)."""

    encoding: tiktoken.Encoding | None = None

    @property
    def estimated(self) -> bool:
        """Whether counts are estimates."""
        return self.encoding is None

    @classmethod
    def load(
        cls, limit_s: float = 3.0, fetch: Callable[[], tiktoken.Encoding] | None = None
    ) -> "TokenCounter":
        """Return a counter, with an encoding if one could be had within `limit_s` seconds."""
        found: list[tiktoken.Encoding] = []
        thread = threading.Thread(
            target=_put, args=(fetch or _fetch, found), name="load-token-encoding", daemon=True
        )
        thread.start()
        thread.join(limit_s)
        return cls(found[0] if found else None)

    def count(self, text: str) -> int:
        """Return the number of tokens of `text`, or an estimate."""
        if self.encoding is None:
            return estimate(text)
        pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
        return sum(len(self.encoding.encode_ordinary(piece)) for piece in pieces)

    def count_request(self, texts: tuple[str, ...]) -> int:
        """Return the number of tokens of a request with these texts, or an estimate."""
        return sum(map(self.count, texts)) + PER_MESSAGE * len(texts)

    def exceeds(self, texts: tuple[str, ...], limit: int) -> bool:
        """Whether messages with these texts have more than `limit` tokens; they are counted only near it."""
        bound = most_estimated if self.encoding is None else upper_bound
        if sum(map(bound, texts)) + PER_MESSAGE * len(texts) <= limit:
            return False
        return self.count_request(texts) > limit


def estimate(text: str) -> int:
    """Return more tokens than ordinary text has: 0.3 for each ASCII letter or space, 0.65 for each Cyrillic
    letter, 1 for any other ASCII character, 1.4 for all else.

    On dialogues in English, Russian news, Chinese dialogues, prompts and schemas this is 1.0 to 1.8 times
    what `o200k_base` and `cl100k_base` count. Text made to be expensive may have more: a server that finds
    a request too long is asked for less.
    """
    letters = len(text) - len(_LETTERS.sub("", text))
    cyrillic = len(text) - len(_CYRILLIC.sub("", text))
    ascii_ = len(text) - len(_ASCII.sub("", text))
    rest = len(text) - cyrillic - ascii_
    return math.ceil(0.3 * letters + 0.65 * cyrillic + (ascii_ - letters) + _DEAREST * rest)


def most_estimated(text: str) -> int:
    """Return no less than the estimate for a text of this length, without reading it."""
    return math.ceil(_DEAREST * len(text))


def upper_bound(text: str) -> int:
    """Return the number of UTF-8 bytes of `text`."""
    return len(text.encode("utf-8", "replace"))


def _fetch() -> tiktoken.Encoding:
    return tiktoken.get_encoding(_ENCODING)


def _put(fetch: Callable[[], Any], found: list[tiktoken.Encoding]) -> None:
    # A disk, a proxy, a name server: whatever fails, we do without.
    with contextlib.suppress(Exception):
        found.append(fetch())
