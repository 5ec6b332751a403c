"""How many tokens a text has, without ever waiting for the network while serving.

`tiktoken` fetches an encoding when it is first asked for one, with no time limit. So it is asked once, at
start-up, in a thread of its own; what is not there after a few seconds is done without. The encoding's file
is taken from `TIKTOKEN_CACHE_DIR` when that is set.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tiktoken

_ENCODING = "o200k_base"

# Runs of one character cost tiktoken more than linear time; in pieces of this length that does not show.
_PIECE = 2_000

PER_MESSAGE = 8
"""Tokens that a message costs beside its text; more than any known chat format needs."""


@dataclass(frozen=True)
class TokenCounter:
    """Counts tokens, with an encoding or, without one, by an upper bound.

    The bound is the number of UTF-8 bytes: byte-level tokenizers, which all current models use, make at most
    one token of each byte. It is about 4 times too high for English, 2 for Russian, 2.5 for Chinese.
    """

    encoding: tiktoken.Encoding | None = None

    @property
    def estimated(self) -> bool:
        """Whether counts are upper bounds."""
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
        """Return the number of tokens of `text`, or an upper bound."""
        if self.encoding is None:
            return upper_bound(text)
        pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
        return sum(len(self.encoding.encode_ordinary(piece)) for piece in pieces)

    def exceeds(self, texts: tuple[str, ...], limit: int) -> bool:
        """Whether messages with these texts have more than `limit` tokens; exact counting is done only near
        it.
        """
        limit -= PER_MESSAGE * len(texts)
        if sum(map(upper_bound, texts)) <= limit:
            return False
        return sum(map(self.count, texts)) > limit


def upper_bound(text: str) -> int:
    """Return the number of UTF-8 bytes of `text`."""
    return len(text.encode("utf-8", "replace"))


def _fetch() -> tiktoken.Encoding:
    return tiktoken.get_encoding(_ENCODING)


def _put(fetch: Callable[[], Any], found: list[tiktoken.Encoding]) -> None:
    # A disk, a proxy, a name server: whatever fails, we do without.
    with contextlib.suppress(Exception):
        found.append(fetch())
