"""What a server says instead of an answer, and what it means for us."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from openai import APIStatusError

from service.grading.retry_after import retry_after_s

_PASSING = frozenset({408, 409, 425, 429})
_BUSY = frozenset({429, 503, 529})
# An error code is stored as part of the reason: it may be a word, not a telephone number.
_CODE = re.compile(r"(?!.*[0-9]{5})[a-z0-9_.-]{1,60}", re.ASCII)
_FILTER_CODES = frozenset({"content_filter", "content_policy_violation"})
# The model wrote something that does not fit the schema, and the server says so in place of sending it.
_GENERATED_BADLY = "json_validate_failed"
_QUOTA = "insufficient_quota"
_TOO_LONG = re.compile(r"context.(length|size|window)|prompt is too long|too many tokens")
_MOST_WORDS = 20_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status other than 2xx. `words` are for our own decisions only: they may repeat the request.
    `asked_s` is the pause that the server asks for.
    """

    status: int
    code: str
    words: str
    asked_s: float | None

    @classmethod
    def read(cls, error: APIStatusError) -> "Refusal":
        """Return what the server said."""
        said = error.body if isinstance(error.body, Mapping) else {}
        code = said.get("code") or said.get("type")
        return cls(
            status=error.status_code,
            code=code if isinstance(code, str) and _CODE.fullmatch(code) else "",
            words=_words(said, error.response.text),
            asked_s=retry_after_s(error.response.headers, datetime.now(UTC)),
        )

    @property
    def label(self) -> str:
        """What may be told of it: the status and the code."""
        return f"{self.status} ({self.code})" if self.code else str(self.status)

    @property
    def is_filter(self) -> bool:
        """Whether a filter in front of the model refused the content."""
        return self.code in _FILTER_CODES

    @property
    def is_bad_answer(self) -> bool:
        """Whether there was an answer, which the server did not like itself."""
        return self.code == _GENERATED_BADLY

    @property
    def is_quota(self) -> bool:
        """Whether the account has nothing left."""
        return self.code == _QUOTA

    @property
    def is_too_long(self) -> bool:
        """Whether the request does not fit into the model."""
        return self.status == 413 or bool(self.status < 500 and _TOO_LONG.search(self.words))

    @property
    def passes(self) -> bool:
        """Whether asking again later may help."""
        return self.status in _PASSING or self.status >= 500

    @property
    def busy_s(self) -> float:
        """How long the server wants to be left alone by everybody, in seconds."""
        return self.asked_s or 0.0 if self.status in _BUSY else 0.0

    @property
    def has_own_meaning(self) -> bool:
        """Whether it says something else than that a part of the request is not supported."""
        return self.is_filter or self.is_bad_answer or self.is_quota or self.is_too_long

    @property
    def is_of_the_key(self) -> bool:
        """Whether it is the key that is refused."""
        return self.status in (401, 403)

    @property
    def is_of_the_settings(self) -> bool:
        """Whether any request would be refused like that, because the address or the model is wrong."""
        return 300 <= self.status < 400 or self.status in (404, 405)

    @property
    def advice(self) -> str:
        """What a person should look at."""
        if 300 <= self.status < 400:
            return "OPENAI_BASE_URL is redirected, which is not followed; set the address that it leads to"
        if self.is_of_the_key:
            return "check OPENAI_API_KEY, and that it may use the model in QALIBRATE_MODEL"
        if self.status in (404, 405):
            return "check QALIBRATE_MODEL, and OPENAI_BASE_URL, which usually ends in /v1"
        return (
            "check QALIBRATE_MODEL and OPENAI_BASE_URL: the model or its server does not take such requests"
        )


def _words(said: Mapping[str, Any], text: str) -> str:
    """Return what the server complains of, in lower case; not the request, which some servers repeat."""
    own = [said[key] for key in ("message", "param", "code", "type") if isinstance(said.get(key), str)]
    return (" ".join(own) or text)[:_MOST_WORDS].lower()
