import json
import re

import pytest

from service.domain.errors import ModelAway, PromptTooLong
from service.domain.grade import UngradedReason
from service.grading.asking import all_of
from service.grading.llm_grader import LlmGrader
from service.grading.port import ChatAnswer
from service.grading.scripted import ScriptedModel, well_formed_answer
from service.grading.tokens import TokenCounter
from tests.service.grading.building import GOOD_GRADES, a_conversation, three_dimensions

CARD = three_dimensions()
NEEDLE = "I promise that the blue parcel leaves tonight"


def three_hours(needle_at=700, turns=1_400):
    """A call of about 27,000 words."""
    said = []
    for number in range(turns):
        speaker = ("agent", "customer")[number % 2]
        text = f"number {number} " + "and so we went on talking about the delivery of the parcels " * 2
        said.append((speaker, NEEDLE if number == needle_at else text))
    return a_conversation(*said)


class Reader:
    """Answers like a model that reads with care: it finds the needle in a window, and grades by it."""

    def __init__(self, grades, spoil=None):
        self.windows = 0
        self.grades = grades
        self.spoil = spoil or {}

    def __call__(self, request):
        if "contact" not in request.schema["properties"]:
            return well_formed_answer(self.grades)
        self.windows += 1
        if self.windows in self.spoil:
            return self.spoil[self.windows]
        at = [line for line in request.user.splitlines() if NEEDLE in line]
        quotes = [{"turn": int(at[0].split()[0]), "quote": NEEDLE}] if at else []
        dimensions = dict.fromkeys(request.schema["properties"]["dimensions"]["properties"], quotes)
        return json.dumps({"dimensions": dimensions, "contact": [], "summary": f"Part {self.windows}."})


GRADES = dict.fromkeys(("greeting",), ("yes", 700, NEEDLE)) | {
    "needs": (3, 700, NEEDLE),
    "mood": ("yes", 699, "talking about the delivery"),
}


async def graded(reader, conversation, limit=6_500):
    model = ScriptedModel(reader)
    assessment = await LlmGrader(model, max_prompt_tokens=limit).grade(conversation, CARD)
    return {g.dimension: g for g in assessment.grades}, assessment, model


async def test_a_call_of_three_hours_is_read_in_windows_and_graded_once_over_what_was_found():
    grades, assessment, model = await graded(Reader(GRADES), three_hours())
    assert grades["needs"].evidence[0].turn == 700
    assert [g.outcome for g in grades.values()] == ["graded"] * 3
    assert assessment.usage.windows == len(model.requests) - 1 > 5
    final = model.requests[-1].user
    assert NEEDLE in final
    assert "Part 1." in final
    assert f"read in {assessment.usage.windows} parts" in final


async def test_every_turn_is_shown_to_some_reader_and_no_request_is_over_the_limit():
    conversation = three_hours()
    _, _, model = await graded(Reader(GRADES), conversation)
    shown = "\n".join(request.user for request in model.requests)
    assert all(f" {turn.speaker}: {turn.text.strip()[:12]}" in shown for turn in conversation.turns)
    for request in model.requests:
        sent = (request.system, request.user, json.dumps(request.schema))
        assert sum(map(TokenCounter().count, sent)) <= 6_500


async def test_a_turn_that_is_longer_than_a_window_is_read_in_parts():
    text = "so it went " * 4_000 + NEEDLE + " and so on" * 4_000
    conversation = a_conversation(
        ("customer", "Hello"), ("agent", text), ("customer", "talking about the delivery")
    )
    grades = {"greeting": ("yes", 1, NEEDLE), "needs": (3, 1, NEEDLE), "mood": ("yes", 2, "the delivery")}
    found, assessment, model = await graded(Reader(grades), conversation)
    assert found["needs"].evidence[0].quote == NEEDLE
    assert assessment.usage.windows > 3
    assert "… " in model.requests[1].user


async def test_a_short_conversation_is_one_window():
    _, assessment, model = await graded(Reader(GOOD_GRADES), a_conversation())
    assert assessment.usage.windows == len(model.requests) == 1


@pytest.mark.parametrize("spoilt", [ChatAnswer("", "m", refusal="no"), "not an answer"])
async def test_a_window_that_cannot_be_read_leaves_nothing_graded_rather_than_something_missing(spoilt):
    reader = Reader(GRADES, spoil={2: spoilt, **dict.fromkeys(range(8, 40), spoilt)})
    grades, _, model = await graded(reader, three_hours())
    assert {g.ungraded_reason for g in grades.values()} == {UngradedReason.UNREAD_PART}
    assert all("contact" in request.schema["properties"] for request in model.requests)


async def test_a_window_is_read_a_second_time_when_the_first_answer_was_none():
    grades, assessment, model = await graded(Reader(GRADES, spoil={2: "Well…"}), three_hours())
    assert grades["needs"].outcome == "graded"
    assert len(model.requests) == assessment.usage.windows + 2


async def test_a_model_that_goes_away_while_windows_are_read_is_away():
    with pytest.raises(ModelAway):
        await graded(Reader(GRADES, spoil={3: ModelAway("gone")}), three_hours())


async def test_a_server_that_takes_less_than_it_was_said_to_is_asked_for_less_and_remembered():
    reader = Reader(GRADES)

    def stingy(request):
        size = len((request.system + request.user + json.dumps(request.schema)).encode())
        return PromptTooLong("too long") if size > 40_000 else reader(request)

    grader = LlmGrader(model := ScriptedModel(stingy), max_prompt_tokens=10_000_000)
    for expected in (1, 0):
        before = len(model.requests)
        assessment = await grader.grade(three_hours(), CARD)
        assert [g.outcome for g in assessment.grades] == ["graded"] * 3
        too_long = [r for r in model.requests[before:] if len(r.user) > 39_000]
        assert len(too_long) >= expected if expected else not too_long


async def test_a_server_that_finds_everything_too_long_leaves_the_limit_as_it_was():
    replies = iter([PromptTooLong("too long")] * 7)
    model = ScriptedModel(lambda request: next(replies, None) or Reader(GOOD_GRADES)(request))
    grader = LlmGrader(model)
    first = await grader.grade(a_conversation(), CARD)
    assert {g.outcome for g in first.grades} == {"ungraded"}
    list(replies)
    second = await grader.grade(a_conversation(), CARD)
    assert [g.outcome for g in second.grades] == ["graded"] * 3


async def test_evidence_that_does_not_fit_into_one_request_is_read_again():
    conversation = three_hours()

    def greedy(request):
        if "contact" not in request.schema["properties"]:
            return well_formed_answer(GRADES)
        numbers = [
            int(line.split()[0]) for line in request.user.splitlines() if re.match(r"\d+ [a-p]{2} ", line)
        ]
        told = [n for n in numbers if n % 3 == 0 or n in (699, 700)]
        per_dimension = {
            name: [{"turn": n, "quote": ""} for n in told[at::3]]
            for at, name in enumerate(request.schema["properties"]["dimensions"]["properties"])
        }
        return json.dumps({"dimensions": per_dimension, "contact": [], "summary": "s"})

    grades, assessment, model = await graded(greedy, conversation, limit=6_000)
    assert len(model.requests) > assessment.usage.windows + 1
    assert grades["needs"].outcome == "graded"


async def test_readers_who_find_nothing_telling_leave_nothing_to_grade_but_their_notes():
    def silent(request):
        if "contact" not in request.schema["properties"]:
            return well_formed_answer(GRADES)
        names = request.schema["properties"]["dimensions"]["properties"]
        return json.dumps(
            {"dimensions": {key: [] for key in names}, "contact": [], "summary": "Talk. " * 400}
        )

    grades, _, model = await graded(silent, three_hours())
    assert grades["needs"].outcome == "graded"
    assert "Talk. Talk." in model.requests[-1].user


async def test_nothing_is_paid_for_where_the_grading_could_not_be_asked_in_the_end():
    for limit in range(700, 2_500, 200):
        _, assessment, model = await graded(Reader(GRADES), three_hours(), limit=limit)
        assert model.requests == [] or assessment.grades[0].outcome == "graded"


async def test_a_card_that_leaves_no_room_for_words_says_so():
    grades, assessment, model = await graded(Reader(GRADES), three_hours(), limit=700)
    assert {g.ungraded_reason for g in grades.values()} == {UngradedReason.NO_ROOM}
    assert model.requests == []
    assert assessment.provenance.sent_sha256 is None


async def test_the_first_error_ends_the_rest():
    ended = []

    async def fails():
        raise ModelAway("gone")

    async def waits():
        import asyncio

        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    with pytest.raises(ModelAway):
        await all_of([waits(), fails()])
    assert ended == [True]
