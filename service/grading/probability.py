"""How probable the model itself held the level that it wrote, where its server gives log probabilities."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from service.domain.scorecard import Scale
from service.grading.answer import thoughts_end
from service.grading.port import ChatAnswer, TokenChoice

_LEVEL = re.compile(r'"level"\s*:\s*')
_DECODER = json.JSONDecoder()
_AROUND = ' \t\r\n":'


def level_probability(answer: ChatAnswer, dimension: str, scale: Scale) -> float | None:
    """Return the probability, 0 to 1, of the level (or null) that `answer` gives the dimension.

    It is the product over the tokens that write the value. The first token is weighed against those of its
    alternatives that begin another level, so that other ways to write JSON take nothing away. None where the
    server gave no probabilities or the level cannot be found.
    """
    span = _level_span(answer.text, dimension) if answer.tokens else None
    if span is None:
        return None
    chosen = list(_tokens_of(answer.tokens, *span))
    if not chosen:
        return None
    tails = sum(min(token.logprob, 0.0) for token in chosen[1:])
    return round(_first(chosen[0], scale) * math.exp(tails), 4)


def _level_span(text: str, dimension: str) -> tuple[int, int] | None:
    """Return where in `text` the value of the dimension's level stands, without quotation marks."""
    key = re.compile(rf"{re.escape(json.dumps(dimension))}\s*:\s*(?=\{{)")
    for begin in key.finditer(text, thoughts_end(text)):
        try:
            _, end = _DECODER.raw_decode(text, begin.end())
            found = list(_LEVEL.finditer(text, begin.end(), end))
            _, value_end = _DECODER.raw_decode(text, found[-1].end())
        except (ValueError, IndexError, RecursionError):
            continue
        start = found[-1].end()
        quoted = text[start] == '"'
        return (start + 1, value_end - 1) if quoted else (start, value_end)
    return None


def _tokens_of(tokens: Sequence[TokenChoice], start: int, end: int) -> Iterator[TokenChoice]:
    """Yield the tokens that write code points `start` to `end` of their joined text."""
    ends = accumulate(len(token.text) for token in tokens)
    for token, token_end in zip(tokens, ends, strict=True):
        if token_end > start and token_end - len(token.text) < end:
            yield token


def _first(token: TokenChoice, scale: Scale) -> float:
    own = math.exp(min(token.logprob, 0.0))
    if not token.others:
        return own
    values = [str(level.level) for level in scale.levels] + ["null"]
    written = token.text.strip(_AROUND)
    others = {
        text.strip(_AROUND): math.exp(min(logprob, 0.0))
        for text, logprob in token.others
        if text.strip(_AROUND) and text.strip(_AROUND) != written
    }
    rivals = sum(p for text, p in others.items() if any(value.startswith(text) for value in values))
    return own / (own + rivals) if own + rivals else 0.0
