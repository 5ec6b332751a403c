"""On public conversations, where they are at hand: what was said is found, what was not said is not."""

import itertools
import json
import os
import random
from pathlib import Path

import pytest

from evals.model_server import stand_in_answer
from service.domain.transcript import RedactedConversation
from service.grading.evidence import EvidenceCheck, Fault
from service.grading.fence import turn_line
from service.grading.folding import tears_word
from service.grading.llm_grader import LlmGrader
from service.grading.port import ChatRequest
from service.grading.scripted import ScriptedModel
from tests.service.grading.building import three_dimensions

DATA = Path(os.environ.get("QALIBRATE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "conversations"
FILES = ["star.jsonl", "tau_airline.jsonl", "crosswoz_zh.jsonl"]


@pytest.fixture(params=FILES)
def conversations(request):
    path = DATA / request.param
    if not path.exists():
        pytest.skip(f"no {request.param}: the public conversations are not on this machine")
    with path.open(encoding="utf-8") as lines:
        found = [
            RedactedConversation.model_validate(json.loads(line)) for line in itertools.islice(lines, 60)
        ]
    return [conversation for conversation in found if len(conversation.turns) > 1]


def test_every_part_of_a_turn_is_found_as_the_prompt_shows_it_and_only_there(conversations):
    chance = random.Random(7)
    found = elsewhere = asked = 0
    for conversation in conversations:
        check = EvidenceCheck(conversation)
        for number, turn in enumerate(conversation.turns):
            line = turn_line(number, turn.speaker, turn.text, "0000")
            words = line.split(": ", 1)[1]
            start = chance.randrange(max(1, len(words) - 20))
            end = min(start + 40, len(words))
            while tears_word(words, start):
                start -= 1
            while tears_word(words, end):
                end += 1
            quote = words[start:end]
            if sum(c.isalnum() for c in quote) < 12:
                continue
            asked += 1
            found += not isinstance(check.quote(number, quote.upper(), "conversation"), Fault)
            other = (number + 1) % len(conversation.turns)
            elsewhere += not isinstance(check.quote(other, quote, "conversation"), Fault)
    assert found == asked > 100
    assert elsewhere < asked / 50


async def test_real_conversations_are_graded_with_verified_evidence(conversations):
    def reply(request: ChatRequest) -> str:
        form = {"type": "json_schema", "json_schema": {"schema": request.schema}}
        messages = [{"role": "user", "content": request.user}]
        return stand_in_answer({"messages": messages, "response_format": form})

    model = ScriptedModel(reply)
    grader = LlmGrader(model)
    for conversation in conversations:
        assessment = await grader.grade(conversation, three_dimensions())
        assert {grade.outcome for grade in assessment.grades} == {"graded"}
    assert len(model.requests) == len(conversations)
