"""The constructed judge, asked over HTTP as a language model would be."""

import json

import pytest

from evals.example.judge import VERSIONS, ConstructedJudge
from evals.example.make import entry
from evals.example.reading import read_request
from evals.example.scale import card
from evals.example.script import scripts
from evals.model_server import NOTHING_JUDGED, ModelServer, RecordedRequest
from service.domain.transcript import RedactedConversation, Turn
from service.grading.llm_grader import LlmGrader
from service.grading.openai_model import OpenAIModel
from service.grading.prompt import Prompts
from service.grading.schema import answer_schema

NEVER_WRITTEN = [("agent", "The moon is made of cheese."), ("customer", "Then bring me a slice of it.")]


def masked(script) -> RedactedConversation:
    """The conversation with all that was planted taken out, without the time that redaction takes."""
    given = entry(script)["conversation"]
    turns = []
    for turn, line in zip(given["turns"], script.lines, strict=True):
        text = line.text
        for number, piece in enumerate(line.planted):
            text = text.replace(piece.text, f"<{piece.type}_{number}>")
        turns.append({**turn, "text": text})
    return RedactedConversation.model_validate({**given, "turns": turns})


def requested(conversation) -> dict:
    """The body of a request that asks for every dimension."""
    asked = Prompts().grade(conversation, card()).asking(answer_schema(card().dimensions))
    schema = {"type": "json_schema", "json_schema": {"name": "grades", "schema": asked.schema}}
    messages = [{"role": "system", "content": asked.system}, {"role": "user", "content": asked.user}]
    return {"messages": messages, "response_format": schema, "logprobs": True}


async def graded(version, conversation):
    with ModelServer(answerer=ConstructedJudge(version)) as server:
        model = OpenAIModel("constructed", base_url=server.url)
        return (await LlmGrader(model).grade(conversation, card())).grades


def test_every_conversation_is_recognised_by_its_turns():
    assert all(read_request(requested(masked(one))).script == one for one in scripts())


def test_a_conversation_is_recognised_when_a_part_of_it_was_left_out():
    script = scripts()[0]
    whole = masked(script)
    part = whole.model_copy(update={"turns": whole.turns[: len(whole.turns) // 2]})
    assert read_request(requested(part)).script == script


async def test_a_conversation_of_somebody_else_is_not_judged():
    turns = [Turn(speaker=speaker, text=text) for speaker, text in NEVER_WRITTEN]
    grades = await graded("base", RedactedConversation(language="en", turns=turns))
    assert {grade.rationale for grade in grades if grade.outcome == "graded"} == {NOTHING_JUDGED}


@pytest.mark.parametrize("number", range(0, 78, 13))
async def test_every_grade_has_a_real_quote_and_says_that_it_was_constructed(number):
    conversation = masked(scripts()[number])
    for grade in await graded("base", conversation):
        assert grade.outcome != "ungraded"
        if grade.outcome == "graded":
            assert "onstructed" in grade.rationale
            assert all(one.quote in conversation.turns[one.turn].text for one in grade.evidence)


async def test_the_probability_of_a_level_reaches_the_grade():
    grades = await graded("base", masked(scripts()[0]))
    known = [g.confidence_parts.level_probability for g in grades if g.outcome == "graded"]
    assert all(0.1 < probability < 1 for probability in known)
    assert len(set(known)) > 3


def levels(version) -> dict[tuple[str, str], object]:
    """Every level that a version of the judge gives."""
    judge, found = ConstructedJudge(version), {}
    for script in scripts():
        answer = json.loads(judge(_received(requested(masked(script)))).text)
        found |= {(script.id, name): entry["level"] for name, entry in answer["dimensions"].items()}
    return found


def _received(body):
    return RecordedRequest("/v1/chat/completions", {}, b"", body, 0.0)


@pytest.fixture(scope="module")
def given():
    return {version: levels(version) for version in VERSIONS}


def test_the_worse_judge_differs_in_what_it_spoils_and_nowhere_else(given):
    flipped = {key[1] for key, level in given["base"].items() if given["worse"][key] != level}
    assert flipped == set(VERSIONS["worse"].spoils)


def test_the_same_judge_in_other_words_wavers_a_little(given):
    flips = sum(given["same"][key] != level for key, level in given["base"].items())
    assert 0 < flips < 0.05 * len(given["base"])


def test_only_the_broken_floor_of_the_worse_judge_is_broken(given):
    order = {d.id: [level.level for level in d.scale.levels] for d in card().dimensions}
    floors = [(one.id, name, level) for one in scripts() for name, level in one.floors.items()]
    broken = {
        version: [at for *at, least in floors if order[at[1]].index(said[*at]) < order[at[1]].index(least)]
        for version, said in given.items()
    }
    assert broken == {"base": [], "same": [], "worse": [["en-18-utilities", "information"]]}


def test_the_same_request_gets_the_same_answer():
    judge, body = ConstructedJudge("base"), requested(masked(scripts()[5]))
    first, second = (judge(_received(body)) for _ in range(2))
    assert first == second


def test_a_request_that_is_no_grading_is_answered_by_the_stand_in():
    body = {"messages": [{"role": "user", "content": "Hello"}]}
    assert ConstructedJudge("base")(_received(body)).text is None
