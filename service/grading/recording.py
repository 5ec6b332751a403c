"""Keeps a model's answers in a folder, and gives them again later without asking anybody.

An answer is found by its request: `ab/abcdef….json`, the SHA-256 of the canonical JSON of everything that was
asked and of the configured model's name. Requests hold redacted text only, and stand in the file so that a
person can read what was asked. A recording that is kept for long can be packed into one file without them.
"""

import asyncio
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from service.atomic import write_atomically
from service.domain.base import Model
from service.domain.errors import (
    ModelAway,
    ModelMisconfigured,
    ModelRefusesKey,
    ModelRejected,
    PromptTooLong,
    QalibrateError,
    Unavailable,
    field_problems,
)
from service.grading.port import ChatAnswer, ChatModel, ChatRequest, TokenChoice

ANSWER_FORMAT: Literal["qalibrate-answer@1"] = "qalibrate-answer@1"
HEADER = "recording.json"
PACKED = "answers.jsonl"

Failed = ModelAway | ModelRejected
"""What a model may raise instead of an answer: a part of what happened, and replayed too."""

_KINDS = (ModelAway, ModelRejected, PromptTooLong, ModelMisconfigured, ModelRefusesKey)
_FAILURES: dict[str, type[Failed]] = {kind.type: kind for kind in _KINDS}


class BrokenRecording(QalibrateError):
    """A file of a recording cannot be read, or is something else."""

    type = "broken-recording"
    title = "The recording cannot be read"


class NotRecorded(QalibrateError):
    """A replayed run asked for something that was never recorded."""

    type = "not-recorded"
    title = "There is no recorded answer"


class RecordingAway(Unavailable):
    """An answer could not be written: no space, or no permission."""

    type = "recording-away"
    title = "The recording cannot be written"


class RecordingHeader(Model):
    """What a recording was made with: where one of these has changed, requests have changed too."""

    format: Literal["qalibrate-recording@1"] = "qalibrate-recording@1"
    created_at: datetime
    model: str
    prompt: str
    scorecard: str
    redactor: str
    dataset_sha256: str
    repeats: int


class _Token(NamedTuple):
    text: str
    logprob: float
    others: tuple[tuple[str, float], ...] = ()


class _Answer(Model):
    """`ChatAnswer` as it is stored."""

    text: str
    model: str
    finish_reason: str
    refusal: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int
    payload_sha256: str
    seed: int | None
    tokens: tuple[_Token, ...]
    cost_usd: float | None


class _Failure(Model):
    type: str
    detail: str


class _Stored(Model):
    """One file: the request, and its answer or why there was none.

    In a packed recording it is one line, without the request, and without the answer's text where that is
    its tokens joined.
    """

    format: Literal["qalibrate-answer@1"] = ANSWER_FORMAT
    request_sha256: str
    asked: int
    configured_model: str
    request: dict[str, Any] | None = None
    answer: _Answer | None = None
    failure: _Failure | None = None


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """A request, and how often the same asker had asked it before."""

    digest: str
    asked: int


class AnswerStore:
    """The folder of a recording. Several tasks, and processes, may write to it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def header(self) -> RecordingHeader | None:
        """Return what the recording was made with, None where there is none. Raises BrokenRecording."""
        path = self._folder / HEADER
        return _read(path, RecordingHeader) if path.exists() else None

    def write_header(self, header: RecordingHeader) -> None:
        """Write down what the recording is made with. Raises RecordingAway."""
        self._write(self._folder / HEADER, header)

    def get(self, key: AnswerKey) -> ChatAnswer | Failed | None:
        """Return the answer or why there was none, None where nothing is known. Raises BrokenRecording."""
        path = self._path(key)
        stored = _read(path, _Stored) if path.exists() else self._packed.get(key)
        if stored is None:
            return None
        if stored.request_sha256 != key.digest:
            raise BrokenRecording(f"{path} holds the answer to another request; restore it or record again")
        if stored.failure is not None and stored.failure.type in _FAILURES:
            return _FAILURES[stored.failure.type](stored.failure.detail)
        if stored.answer is None:
            raise BrokenRecording(f"{path} holds no answer; delete it and record again")
        return _chat_answer(stored.answer)

    def put(self, key: AnswerKey, model: str, request: ChatRequest, answer: ChatAnswer | Failed) -> None:
        """Keep an answer. Raises RecordingAway."""
        stored = _Stored(
            request_sha256=key.digest,
            asked=key.asked,
            configured_model=model,
            request=_parts(request),
            answer=_Answer(**_fields(answer)) if isinstance(answer, ChatAnswer) else None,
            failure=None if isinstance(answer, ChatAnswer) else _failure(answer),
        )
        self._write(self._path(key), stored)

    def pack(self) -> None:
        """Move all answers into one file, ordered by their digests. Raises BrokenRecording, RecordingAway.

        Nobody may be recording meanwhile.
        """
        loose = {path: _read(path, _Stored) for path in self._folder.glob("??/*.json")}
        every = {**self._packed, **{AnswerKey(one.request_sha256, one.asked): one for one in loose.values()}}
        ordered = sorted(every.values(), key=lambda one: (one.request_sha256, one.asked))
        try:
            write_atomically(self._folder / PACKED, "".join(f"{_packed_line(one)}\n" for one in ordered))
            for path in loose:
                path.unlink()
            for folder in {path.parent for path in loose}:
                folder.rmdir()
        except OSError as error:
            raise RecordingAway(f"{self._folder} cannot be packed: {error.strerror}") from None
        self.__dict__.pop("_packed", None)

    @cached_property
    def _packed(self) -> dict[AnswerKey, _Stored]:
        """The answers of a packed recording."""
        path = self._folder / PACKED
        if not path.exists():
            return {}
        # Not `splitlines`: words may hold other line breaks than these.
        lines = enumerate(_text(path).split("\n"), 1)
        stored = [_checked(line, _Stored, f"{path}, line {number}") for number, line in lines if line]
        return {AnswerKey(one.request_sha256, one.asked): one for one in stored}

    def _path(self, key: AnswerKey) -> Path:
        again = f".{key.asked}" if key.asked else ""
        return self._folder / key.digest[:2] / f"{key.digest}{again}.json"

    def _write(self, path: Path, content: Model) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, _lines(content))
        except OSError as error:
            raise RecordingAway(f"{path} cannot be written: {error.strerror}") from None


class RecordingModel:
    """Asks `inner` and keeps every answer. What is in the folder already is not asked again, unless `anew`
    or the model was away then.

    `asker` names who asks: the second time that one asks the same, it is a request of its own, with an answer
    of its own. Different askers of the same get the same answer, however they come to run side by side.
    """

    def __init__(
        self,
        inner: ChatModel,
        store: AnswerStore,
        *,
        asker: Callable[[], str] = str,
        anew: bool = False,
    ) -> None:
        self._inner = inner
        self._store = store
        self._keys = _Keys(inner.name, asker)
        self._anew = anew
        self._done: set[AnswerKey] = set()
        self._locks: defaultdict[AnswerKey, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.found = 0
        """How many answers were in the folder already."""

    @property
    def name(self) -> str:
        """The model as it was configured."""
        return self._inner.name

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the model's answer. Raises what the model raises, BrokenRecording and RecordingAway."""
        key = self._keys.next(request)
        async with self._locks[key]:
            if not self._anew or key in self._done:
                known = await asyncio.to_thread(self._store.get, key)
                if isinstance(known, PromptTooLong):
                    raise known
                if isinstance(known, ChatAnswer):
                    self.found += key not in self._done
                    return known
            answer = await self._ask(request, key)
            self._done.add(key)
        return answer

    async def _ask(self, request: ChatRequest, key: AnswerKey) -> ChatAnswer:
        try:
            answer = await self._inner.complete(request)
        except (ModelAway, ModelRejected) as error:
            # Without it, a replay would go another way than what is replayed.
            await asyncio.to_thread(self._store.put, key, self.name, request, error)
            raise
        await asyncio.to_thread(self._store.put, key, self.name, request, answer)
        return answer


class ReplayingModel:
    """Answers from a recording and never asks anybody. `name` is the model that was recorded."""

    def __init__(self, name: str, store: AnswerStore, *, asker: Callable[[], str] = str) -> None:
        self.name = name
        self._store = store
        self._keys = _Keys(name, asker)

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the recorded answer. Raises NotRecorded, BrokenRecording, and what the model raised then."""
        key = self._keys.next(request)
        answer = await asyncio.to_thread(self._store.get, key)
        if answer is None:
            raise NotRecorded(f"no answer to request {key.digest[:12]} was recorded")
        if not isinstance(answer, ChatAnswer):
            raise answer
        return answer


class _Keys:
    """Counts how often each asker asked the same."""

    def __init__(self, model: str, asker: Callable[[], str]) -> None:
        self._model = model
        self._asker = asker
        self._asked: Counter[tuple[str, str]] = Counter()

    def next(self, request: ChatRequest) -> AnswerKey:
        """Return the key of a request that is asked now."""
        digest = request_digest(request, self._model)
        one = (self._asker(), digest)
        self._asked[one] += 1
        return AnswerKey(digest, self._asked[one] - 1)


def request_digest(request: ChatRequest, model: str) -> str:
    """Return the SHA-256, in hexadecimal, of the canonical JSON of a request to the model of that name."""
    content = {"model": model, **_parts(request)}
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def answer_as_json(answer: ChatAnswer) -> str:
    """Return an answer in the form in which recordings hold it."""
    return _Answer(**_fields(answer)).model_dump_json()


def answer_from_json(text: str) -> ChatAnswer | None:
    """Return the answer that `answer_as_json` was given, None for anything else."""
    try:
        return _chat_answer(_Answer.model_validate_json(text))
    except ValidationError:
        return None


def _parts(request: ChatRequest) -> dict[str, Any]:
    """Return all parts of a request by name. Not `asdict`: it would copy the schema, value by value."""
    return {part.name: getattr(request, part.name) for part in fields(request)}


def _read(path: Path, kind: type[Any]) -> Any:
    return _checked(_text(path), kind, str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BrokenRecording(f"{path} cannot be read: {why}") from None


def _checked(text: str, kind: type[Any], where: str) -> Any:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        found = field_problems(error.errors(include_url=False, include_input=False))[0]
        what = f"{found.pointer or 'the document'}: {found.detail}"
        raise BrokenRecording(
            f"{where} is no file of a recording ({what}); restore it or record again"
        ) from None


def _chat_answer(stored: _Answer) -> ChatAnswer:
    answer = ChatAnswer(**_fields(stored))
    tokens = tuple(TokenChoice(*token) for token in stored.tokens)
    return replace(answer, tokens=tokens, text=answer.text or "".join(token.text for token in tokens))


def _failure(error: Failed) -> _Failure:
    return _Failure(type=error.type, detail=error.detail)


def _fields(answer: ChatAnswer | _Answer) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in _Answer.model_fields}


def _packed_line(stored: _Stored) -> str:
    answer = stored.answer
    if answer is not None and answer.text == "".join(token.text for token in answer.tokens):
        stored = stored.model_copy(update={"answer": answer.model_copy(update={"text": ""})})
    left_out = {"request"} if stored.failure else {"request", "failure"}
    return stored.model_dump_json(exclude=left_out)


def _lines(content: Model) -> str:
    """Return JSON with a line for each key: easy to compare, and not a line for each of a thousand tokens."""
    fields = content.model_dump(mode="json").items()
    lines = (f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields)
    return "{\n" + ",\n".join(lines) + "\n}\n"
