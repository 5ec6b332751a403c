"""A recording in one file."""

import pytest

from service.grading.port import ChatAnswer, ChatRequest, TokenChoice
from service.grading.recording import PACKED, AnswerStore, BrokenRecording, RecordingModel, ReplayingModel
from service.grading.scripted import ScriptedModel

REQUESTS = [ChatRequest("Grade.", f"Разговор {n} 您好", {"type": "object"}) for n in range(5)]
SEPARATED = ChatAnswer("a\u2028b", "m1", tokens=(TokenChoice("a\u2028", -0.1), TokenChoice("b", 0.0)))


async def record(folder, answers):
    model = ScriptedModel(lambda request: answers[REQUESTS.index(request)], name="m1")
    recording = RecordingModel(model, AnswerStore(folder))
    return [await recording.complete(request) for request in REQUESTS[: len(answers)]]


async def replay(folder, count):
    model = ReplayingModel("m1", AnswerStore(folder))
    return [await model.complete(request) for request in REQUESTS[:count]]


async def test_a_packed_recording_gives_the_same_answers_from_one_file(tmp_path):
    given = [SEPARATED, ChatAnswer("without tokens", "m1"), ChatAnswer("", "m1", refusal="no")]
    recorded = await record(tmp_path, given)
    AnswerStore(tmp_path).pack()
    assert [path.name for path in tmp_path.iterdir()] == [PACKED]
    assert await replay(tmp_path, 3) == recorded
    assert [answer.text for answer in recorded] == [answer.text for answer in given]


async def test_packing_again_adds_what_was_recorded_since(tmp_path):
    given = [ChatAnswer(f"answer {n}", "m1") for n in range(4)]
    await record(tmp_path, given[:2])
    store = AnswerStore(tmp_path)
    store.pack()
    recorded = await record(tmp_path, given)
    store.pack()
    assert [path.name for path in tmp_path.iterdir()] == [PACKED]
    assert await replay(tmp_path, 4) == recorded


async def test_packing_the_same_answers_gives_the_same_bytes(tmp_path):
    given = [ChatAnswer(f"answer {n}", "m1") for n in range(5)]
    for name in ("a", "b"):
        await record(tmp_path / name, given)
        AnswerStore(tmp_path / name).pack()
    assert (tmp_path / "a" / PACKED).read_bytes() == (tmp_path / "b" / PACKED).read_bytes()


async def test_a_broken_line_is_named(tmp_path):
    await record(tmp_path, [ChatAnswer("answer", "m1")])
    AnswerStore(tmp_path).pack()
    with (tmp_path / PACKED).open("a") as file:
        file.write("{}\n")
    with pytest.raises(BrokenRecording, match="line 2"):
        await replay(tmp_path, 1)
