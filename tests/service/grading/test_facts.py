import json

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.grading.evidence import EvidenceCheck
from service.grading.facts import FACT_NAMES, FactsWork
from service.grading.llm_grader import LlmGrader
from service.grading.schema import answer_schema
from service.grading.scripted import ScriptedModel
from tests.service.grading.building import a_conversation, good_answer, three_dimensions

CARD = three_dimensions()
GOOD = {
    "kind": {"value": "complaint", "evidence": [{"turn": 1, "quote": "My parcel has not come"}]},
    "urgency": {"value": "high", "evidence": [{"turn": 1, "quote": "I am getting worried"}]},
    "resolved": {"value": "partly", "evidence": [{"turn": 3, "quote": "that is a relief"}]},
    "outcome": {"text": "It is on its way.", "evidence": [{"turn": 2, "quote": "It left on Monday."}]},
    "agent_promises": [{"text": "To look.", "evidence": [{"turn": 2, "quote": "Let me look."}]}],
    "customer_liked": [{"text": "The answer.", "evidence": [{"turn": 3, "quote": "a relief"}]}],
    "customer_asked_for": [],
}


def answered(**facts):
    return json.dumps({**json.loads(good_answer()), "facts": {**GOOD, **facts}})


async def facts_of(*replies):
    model = ScriptedModel(list(replies))
    assessment = await LlmGrader(model).grade(a_conversation(), CARD)
    return assessment.facts, model


async def test_facts_come_in_the_same_request_with_verified_words():
    facts, model = await facts_of(answered())
    assert len(model.requests) == 1
    assert (facts.kind.value, facts.urgency.value, facts.resolved.value) == ("complaint", "high", "partly")
    assert facts.outcome.text == "It is on its way."
    assert facts.agent_promises[0].evidence[0].quote == "Let me look."
    assert facts.customer_asked_for == ()
    assert facts.unproved == ()


async def test_an_invented_quote_is_asked_again_and_only_for_that_fact():
    wrong = {"value": "order", "evidence": [{"turn": 1, "quote": "I want to buy"}]}
    again = json.dumps({"dimensions": {}, "facts": {"kind": GOOD["kind"]}})
    facts, model = await facts_of(answered(kind=wrong), again)
    repair = model.requests[1]
    assert list(repair.schema["properties"]["facts"]["properties"]) == ["kind"]
    assert repair.schema["properties"]["dimensions"]["properties"] == {}
    assert '"I want to buy"' in repair.user
    assert facts.kind.value == "complaint"
    assert facts.urgency.value == "high"


async def test_what_is_invented_twice_is_left_out_and_named():
    wrong = [{"text": "A refund.", "evidence": [{"turn": 2, "quote": "You get your money back"}]}]
    said = answered(agent_promises=wrong + GOOD["agent_promises"])
    facts, _ = await facts_of(said, said)
    assert [promise.text for promise in facts.agent_promises] == ["To look."]
    assert facts.unproved == ("agent_promises",)


@pytest.mark.parametrize(
    "fact",
    [
        {"agent_promises": [{"text": "x", "evidence": [{"turn": 1, "quote": "My parcel"}]}]},
        {"customer_liked": [{"text": "x", "evidence": [{"turn": 0, "quote": "Good morning"}]}]},
        {"kind": {"value": "riddle", "evidence": [{"turn": 1, "quote": "My parcel"}]}},
        {"outcome": {"text": "x", "evidence": []}},
        {"outcome": {"text": "  ", "evidence": [{"turn": 1, "quote": "My parcel"}]}},
    ],
)
async def test_words_of_the_wrong_speaker_other_values_and_bare_claims_are_no_facts(fact):
    facts, _ = await facts_of(answered(**fact), answered(**fact))
    (name,) = fact
    assert facts.unproved == (name,)
    assert not getattr(facts, name)


async def test_a_repair_takes_no_promise_away_that_was_proved():
    wrong = [{"text": "A refund.", "evidence": [{"turn": 2, "quote": "You get your money back"}]}]
    first = answered(agent_promises=GOOD["agent_promises"] + wrong)
    left = [{"text": "It left.", "evidence": [{"turn": 2, "quote": "It left on Monday."}]}]
    facts, _ = await facts_of(first, json.dumps({"dimensions": {}, "facts": {"agent_promises": left}}))
    assert [promise.text for promise in facts.agent_promises] == ["To look.", "It left."]
    assert facts.unproved == ()
    facts, _ = await facts_of(first, json.dumps({"dimensions": {}, "facts": {}}))
    assert [promise.text for promise in facts.agent_promises] == ["To look."]
    assert facts.unproved == ("agent_promises",)


@pytest.mark.parametrize(
    "fact",
    [{"kind": "complaint"}, {"outcome": "solved"}, {"agent_promises": ["To look."]}, {"agent_promises": {}}],
)
async def test_facts_of_another_shape_are_asked_again_and_never_vanish(fact):
    facts, model = await facts_of(answered(**fact), answered(**fact))
    assert len(model.requests) == 2
    assert facts.unproved == tuple(fact)


async def test_an_answer_without_facts_has_none_and_is_not_asked_again():
    facts, model = await facts_of(good_answer())
    assert facts is None
    assert len(model.requests) == 1


async def test_what_was_not_said_is_null_without_a_second_request():
    facts, model = await facts_of(answered(kind=None, urgency=None, resolved=None, outcome=None))
    assert (facts.kind, facts.outcome, facts.unproved) == (None, None, ())
    assert len(model.requests) == 1


def test_the_schema_takes_good_facts_and_no_others():
    schema = jsonschema_rs.validator_for(answer_schema(CARD.dimensions, facts=FACT_NAMES))
    assert schema.is_valid({**json.loads(answered()), "strengths": [], "improvements": []})
    wrong = {"value": "riddle", "evidence": []}
    assert not schema.is_valid({**json.loads(answered(kind=wrong)), "strengths": [], "improvements": []})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "text", "evidence"]), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(FACT_NAMES), JSON))
def test_nothing_that_a_model_writes_breaks_the_reading(given_facts):
    work = FactsWork()
    work.take(given_facts, FACT_NAMES, EvidenceCheck(a_conversation()))
    assert work.result is not None
