"""The file that learned models are kept in: JSON, checked in full before anything is made of it.

    qalibrate-learned@1 SHA-256-of-the-rest
    {"formula": 1, "ngrams": {...}, "idf": {...}, "centre": "…", "spread": "…", "heads": {...}}

The first line is ASCII. Arrays are base64 of little-endian 32-bit floats, row after row. Nothing is
compressed, so that a file is as large in memory as it looks, and nothing is code: it is data that anybody may
have written. The digest finds damage, not ill will.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Annotated, NoReturn

import numpy as np
from pydantic import Field, ValidationError

from service.domain.base import Model
from service.domain.errors import FieldProblem, InvalidInput, field_problems
from service.domain.scorecard import Scale
from service.grading.learned.corpus import MAX_FEATURES
from service.grading.learned.head import MAX_RESIDUALS, Head
from service.grading.learned.linear import Line
from service.grading.learned.ngrams import BLOCKS, FORMULA, LONGEST_TOKEN, MEASURES, Block
from service.grading.learned.space import Floats, Space

FORMAT = b"qalibrate-learned@1"
MAX_BYTES = 32_000_000
"""Of a file; a card of ten dimensions takes about two million."""

MAX_HEADS = 500

Ngram = Annotated[str, Field(min_length=1, max_length=4 * LONGEST_TOKEN)]
Array = Annotated[str, Field(max_length=MAX_BYTES)]


class InvalidLearnedModels(InvalidInput):
    """A file of learned models cannot be read; the sentence says why."""

    type = "invalid-learned-models"
    title = "The learned models cannot be read"


class _Line(Model):
    weights: Array
    intercepts: Array


class _Head(Model):
    scale: Scale
    labels: Annotated[int, Field(ge=1)]
    line: _Line
    cutoffs: Array
    residuals: Array
    absence: _Line | None


class _File(Model):
    formula: int
    ngrams: dict[Block, Annotated[tuple[Ngram, ...], Field(max_length=MAX_FEATURES)]]
    idf: dict[Block, Array]
    centre: Array
    spread: Array
    heads: Annotated[dict[str, _Head], Field(max_length=MAX_HEADS)]


def pack(space: Space, heads: Mapping[str, Head]) -> bytes:
    """Return the file of these models. Raises InvalidLearnedModels when it is larger than may be read."""
    content = _File(
        formula=FORMULA,
        ngrams=space.ngrams,
        idf={block: _text(space.idf[block]) for block in BLOCKS},
        centre=_text(space.centre),
        spread=_text(space.spread),
        heads={name: _packed(head) for name, head in sorted(heads.items())},
    )
    body = content.model_dump_json().encode()
    data = b"%s %s\n%s" % (FORMAT, hashlib.sha256(body).hexdigest().encode(), body)
    return data if len(data) <= MAX_BYTES else _refuse(f"they take {len(data):,} bytes; {MAX_BYTES:,} may be")


def unpack(data: bytes) -> tuple[Space, dict[str, Head]]:
    """Return what is in a file. Raises InvalidLearnedModels for anything that `pack` cannot have written."""
    content = _read(_body(data))
    if content.formula != FORMULA:
        _refuse(f"they count words by formula {content.formula}, this version by {FORMULA}; fit them again")
    space = _space(content)
    return space, {name: _head(name, head, space.size) for name, head in content.heads.items()}


def _body(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        _refuse(f"the file has {len(data):,} bytes; {MAX_BYTES:,} may be")
    first, _, body = data.partition(b"\n")
    name, _, digest = first[:100].partition(b" ")
    if not name.startswith(FORMAT.partition(b"@")[0] + b"@"):
        _refuse("this is no file of learned models")
    if name != FORMAT:
        _refuse(
            f"this version reads {FORMAT.decode()}, not {name.decode('ascii', 'replace')}; fit them again"
        )
    if digest != hashlib.sha256(body).hexdigest().encode():
        _refuse("the file is damaged or cut off: its digest does not fit")
    return body


def _read(body: bytes) -> _File:
    try:
        return _File.model_validate_json(body, strict=True)
    except ValidationError as error:
        problems = field_problems(error.errors(include_url=False, include_input=False, include_context=False))
        raise InvalidLearnedModels(problems[:5]) from None


def _space(content: _File) -> Space:
    for block in BLOCKS:
        ngrams = content.ngrams.get(block, ())
        if block not in content.ngrams or block not in content.idf or len(set(ngrams)) < len(ngrams):
            _refuse(f"the n-grams of {block!r} are missing or repeated")
    idf = {block: _floats(content.idf[block], len(content.ngrams[block]), "idf") for block in BLOCKS}
    centre = _floats(content.centre, len(MEASURES), "centre")
    spread = _floats(content.spread, len(MEASURES), "spread")
    if spread.min() <= 0 or any(weights.min(initial=1) <= 0 for weights in idf.values()):
        _refuse("idf and spread have to be above 0")
    return Space(content.ngrams, idf, centre, spread)


def _head(name: str, head: _Head, size: int) -> Head:
    levels = len(head.scale.levels)
    outputs = 1 if head.scale.type == "ordinal" else levels
    cutoffs, residuals = _floats(head.cutoffs, None, name), _floats(head.residuals, None, name)
    fixed = levels - 1 if outputs == 1 else 1 if levels == 2 else 0
    if len(cutoffs) != fixed and (outputs == 1 or len(cutoffs)):
        _refuse(f"{name!r} has {len(cutoffs)} cut-offs for {levels} levels")
    if (
        np.any(np.diff(cutoffs) < 0)
        or len(residuals) > MAX_RESIDUALS
        or (outputs == 1) != bool(len(residuals))
    ):
        _refuse(f"{name!r} has cut-offs out of order, or too many residuals or none")
    absence = None if head.absence is None else _line(name, head.absence, size, 2)
    return Head(head.scale, head.labels, _line(name, head.line, size, outputs), cutoffs, residuals, absence)


def _line(name: str, line: _Line, size: int, outputs: int) -> Line:
    weights = _floats(line.weights, size * outputs, name).reshape(size, outputs)
    return Line(weights, _floats(line.intercepts, outputs, name))


def _packed(head: Head) -> _Head:
    return _Head(
        scale=head.scale,
        labels=head.labels,
        line=_packed_line(head.line),
        cutoffs=_text(head.cutoffs),
        residuals=_text(head.residuals),
        absence=head.absence and _packed_line(head.absence),
    )


def _packed_line(line: Line) -> _Line:
    return _Line(weights=_text(line.weights), intercepts=_text(line.intercepts))


def _text(numbers: Floats) -> str:
    return base64.b64encode(numbers.astype("<f4").tobytes()).decode()


def _floats(text: str, length: int | None, where: str) -> Floats:
    """Return an array of `length` finite numbers; None: of any length."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        _refuse(f"an array of {where!r} is not base64")
    if len(data) % 4 or (length is not None and len(data) != 4 * length):
        _refuse(f"an array of {where!r} has {len(data)} bytes where it should have another number")
    numbers = np.frombuffer(data, dtype="<f4").astype(np.float64)
    if not np.all(np.isfinite(numbers)):
        _refuse(f"an array of {where!r} holds something that is no number")
    return numbers


def _refuse(sentence: str) -> NoReturn:
    raise InvalidLearnedModels(
        [FieldProblem("", sentence)], f"The learned models cannot be read: {sentence}."
    )
