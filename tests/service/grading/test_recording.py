"""Recording what a model answers, and replaying it."""

import asyncio
import json

import pytest

from service.domain.errors import ModelAway, ModelRejected, PromptTooLong
from service.grading.port import ChatAnswer, ChatRequest, TokenChoice
from service.grading.recording import (
    AnswerStore,
    BrokenRecording,
    NotRecorded,
    RecordingAway,
    RecordingModel,
    ReplayingModel,
)
from service.grading.scripted import ScriptedModel

REQUEST = ChatRequest("Grade.", "Добрый день 您好 👋", {"type": "object"}, seed=7, temperature=0.7)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "recording"


def counting():
    numbers = iter(range(1000))
    return ScriptedModel(lambda _request: f"answer {next(numbers)}", name="m1")


def recording(model, folder, **more):
    return RecordingModel(model, AnswerStore(folder), **more)


def replaying(folder, name="m1", **more):
    return ReplayingModel(name, AnswerStore(folder), **more)


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def test_a_replay_gives_the_whole_answer_without_asking(folder):
    token = TokenChoice("да", -0.1234567890123, (("да", -0.1), ("нет", -2.5)))
    given = ChatAnswer("да", "m1-2026", "stop", None, 10, 2, 4, "ab" * 32, 7, (token,), 0.000123)
    model = ScriptedModel(lambda _request: given, name="m1")
    answer = await recording(model, folder).complete(REQUEST)
    assert await replaying(folder).complete(REQUEST) == answer == given
    assert len(model.requests) == 1


async def test_what_was_asked_stands_beside_the_answer_for_a_person_to_read(folder):
    await recording(counting(), folder).complete(REQUEST)
    (path,) = files(folder)
    stored = json.loads(path.read_text("utf-8"))
    assert stored["request"]["user"] == REQUEST.user
    assert path.parent.name == path.name[:2] == stored["request_sha256"][:2]


@pytest.mark.parametrize(
    "other",
    [
        {"system": "Grade!"},
        {"user": "?"},
        {"schema": {}},
        {"schema_name": "x"},
        {"seed": 8},
        {"temperature": 0.0},
    ],
)
async def test_whatever_differs_in_a_request_was_not_recorded(folder, other):
    await recording(counting(), folder).complete(REQUEST)
    fields = {name: getattr(REQUEST, name) for name in ChatRequest.__dataclass_fields__}
    with pytest.raises(NotRecorded):
        await replaying(folder).complete(ChatRequest(**{**fields, **other}))
    with pytest.raises(NotRecorded):
        await replaying(folder, name="m2").complete(REQUEST)


async def test_who_asks_the_same_again_gets_another_answer_and_in_the_replay_the_same_ones(folder):
    model = recording(counting(), folder)
    asked = [(await model.complete(REQUEST)).text for _ in range(3)]
    assert asked == ["answer 0", "answer 1", "answer 2"]
    replay = replaying(folder)
    assert [(await replay.complete(REQUEST)).text for _ in range(3)] == asked
    with pytest.raises(NotRecorded):
        await replay.complete(REQUEST)


async def test_different_askers_of_the_same_share_one_answer_however_they_run(folder):
    names = iter("abcdefgh")
    inner = counting()
    model = recording(inner, folder, asker=lambda: next(names))
    answers = await asyncio.gather(*(model.complete(REQUEST) for _ in range(8)))
    assert {answer.text for answer in answers} == {"answer 0"}
    assert len(inner.requests) == 1


async def test_what_is_in_the_folder_is_not_asked_again_unless_it_shall_be(folder):
    await recording(counting(), folder).complete(REQUEST)
    again = ScriptedModel(lambda _request: "new", name="m1")
    model = recording(again, folder)
    assert (await model.complete(REQUEST)).text == "answer 0"
    assert (again.requests, model.found) == ([], 1)
    assert (await recording(again, folder, anew=True).complete(REQUEST)).text == "new"
    assert (await replaying(folder).complete(REQUEST)).text == "new"


async def test_that_a_request_was_too_long_is_replayed(folder):
    model = ScriptedModel([PromptTooLong("too long for 'm1'")], name="m1")
    with pytest.raises(PromptTooLong):
        await recording(model, folder).complete(REQUEST)
    with pytest.raises(PromptTooLong, match="too long for 'm1'"):
        await replaying(folder).complete(REQUEST)


@pytest.mark.parametrize("failure", [ModelAway("away at noon"), ModelRejected("no such model")])
async def test_a_model_that_was_away_is_away_in_the_replay_and_asked_again_when_recording(folder, failure):
    model = ScriptedModel([failure, "here"], name="m1")
    for attempt in (recording(model, folder), replaying(folder)):
        with pytest.raises(type(failure), match=failure.detail):
            await attempt.complete(REQUEST)
    assert (await recording(model, folder).complete(REQUEST)).text == "here"
    assert (await replaying(folder).complete(REQUEST)).text == "here"


async def test_a_packed_recording_gives_the_same_answers_and_can_be_added_to(folder):
    token = TokenChoice("да\u2028", -0.1, (("да", -0.1),))
    replies = [ChatAnswer("да\u2028", "m1", tokens=(token,)), ModelAway("away"), "third"]
    requests = [ChatRequest("s", f"u{number}", {}) for number in range(3)]
    model = recording(ScriptedModel(replies, name="m1"), folder)
    first = await model.complete(requests[0])
    with pytest.raises(ModelAway):
        await model.complete(requests[1])
    AnswerStore(folder).pack()
    assert [path.name for path in files(folder)] == ["answers.jsonl"]
    assert (await model.complete(requests[2])).text == "third"
    replay = replaying(folder)
    assert await replay.complete(requests[0]) == first
    with pytest.raises(ModelAway):
        await replay.complete(requests[1])
    assert (await replay.complete(requests[2])).text == "third"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "other"}', "\x00", '{"a": NaN}'])
async def test_a_file_that_is_something_else_is_named(folder, content):
    await recording(counting(), folder).complete(REQUEST)
    (path,) = files(folder)
    path.write_text(content, "utf-8")
    with pytest.raises(BrokenRecording, match=path.name):
        await replaying(folder).complete(REQUEST)


async def test_an_answer_under_the_name_of_another_request_is_refused(folder):
    model = recording(counting(), folder)
    await model.complete(REQUEST)
    (first,) = files(folder)
    await model.complete(ChatRequest("other", "other", {}))
    (second,) = [path for path in files(folder) if path != first]
    first.write_bytes(second.read_bytes())
    with pytest.raises(BrokenRecording, match="another request"):
        await replaying(folder).complete(REQUEST)


async def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x")
    with pytest.raises(RecordingAway, match="cannot be written"):
        await recording(counting(), in_the_way).complete(REQUEST)


def test_a_file_is_written_whole_or_not_at_all(folder):
    asyncio.run(recording(counting(), folder).complete(REQUEST))
    assert [path.suffix for path in files(folder)] == [".json"]
