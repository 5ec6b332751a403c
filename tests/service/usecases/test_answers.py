import asyncio
import types
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import BaseModel

from redaction import Policy
from service.domain.evaluation import Assessment, Provenance, RedactionSummary
from service.domain.facts import ContactFacts, KindFact, StatedFact
from service.domain.grade import (
    Absence,
    Coaching,
    CoachingPoint,
    Evidence,
    Flag,
    Grade,
    NotApplicable,
    Verdict,
)
from service.domain.scorecard import ScorecardRevision
from service.domain.transcript import Conversation
from service.grading.llm_grader import LlmGrader
from service.grading.scripted import ScriptedModel, well_formed_answer
from service.grading.signals.grader import SignalsGrader
from service.usecases.answers import RedactAnswer, redact_texts, rewritten, words_of
from service.usecases.assess import Graders
from service.usecases.grade import GradeConversation
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from service.usecases.redact import RedactConversation
from tests.service.cards import conversation, dimension, make_card, make_redacted

CARD = make_card(dimension("greeting"), dimension("mood", not_applicable="Nobody speaks."))
PERSONAL = "John Smith, card 4111 1111 1111 1111. Mail j.smith@example.com or call +1 212 555 0142."
LEFT = ("John", "Smith", "4111", "example.com", "0142")


def assessment(words=PERSONAL, evidence=(), grader="llm"):
    greeting, mood = CARD.dimensions
    absence = Absence(searched=((0, 1),), looked_for=words)
    verdict = Verdict(level="yes", rationale=words, evidence=tuple(evidence), absence=absence)
    point = CoachingPoint(dimension="greeting", text=words, evidence=tuple(evidence))
    return Assessment(
        grades=(
            Grade.of(greeting, "all", verdict, grader),
            Grade.of(mood, "all", NotApplicable(reason=words), grader),
        ),
        coaching=Coaching(strengths=(point,), improvements=(point,)),
        facts=ContactFacts(
            kind=KindFact(value="question", evidence=tuple(evidence)),
            outcome=StatedFact(text=words, evidence=tuple(evidence)),
            agent_promises=(StatedFact(text=words), StatedFact(text=words)),
            unproved=("customer_liked",),
        ),
        flags=(Flag(kind="suspected_instruction", turn=0, quote=words),),
        provenance=Provenance(grader=grader, redactor=""),
    )


def redacted(given, conversation=None, policy=None, names=(), tenant="a"):
    redact = RedactAnswer(WorkPool(0), Policies(policy))
    return asyncio.run(redact(given, conversation or make_redacted(), tenant, names))


def test_every_word_of_a_model_is_redacted_and_what_was_taken_out_is_counted():
    done = redacted(assessment())
    said = done.model_dump_json()
    assert [piece for piece in LEFT if piece in said] == []
    assert {"CREDIT_CARD", "EMAIL_ADDRESS", "PERSON", "PHONE_NUMBER"} <= done.taken_out.keys()
    assert done.grades[0].level == "yes"


def test_a_verified_quote_stays_as_it_is_even_where_redaction_would_change_it():
    # The redactor missed this name in the transcript; the span must hold all the same.
    conversation = make_redacted("Hello, this is <PERSON_1>.", "Ask Mary Jones about it.")
    quote = Evidence(turn=1, speaker="customer", quote="Mary Jones", start=4, end=14)
    done = redacted(assessment("Fine.", [quote]), conversation)
    assert done.grades[0].evidence == (quote,)
    assert done.coaching.strengths[0].evidence == (quote,)
    assert done.facts.kind.evidence == done.facts.outcome.evidence == (quote,)


def test_a_quote_that_does_not_stand_where_it_says_is_no_quote():
    quote = Evidence(turn=1, speaker="customer", quote=PERSONAL, start=0, end=10)
    done = redacted(assessment("Fine.", [quote]))
    assert [piece for piece in LEFT if piece in done.model_dump_json()] == []


def test_placeholders_stay_and_no_number_of_theirs_is_issued_again():
    conversation = make_redacted(
        "Hello, this is <PERSON_1>.", "I am <PERSON_2>.", metadata={"x": "<PERSON_3>"}
    )
    done = redacted(assessment("<PERSON_1> should have asked Mary Jones."), conversation)
    assert done.grades[0].rationale == "<PERSON_1> should have asked <PERSON_4>."


def test_redacting_a_second_time_changes_nothing():
    once = redacted(assessment())
    assert redacted(once).model_copy(update={"taken_out": once.taken_out}) == once


def test_names_that_are_known_are_taken_out_in_any_case_and_form():
    texts = ["zorblax quint greeted nicely.", "Well done, Zorblax."]
    done = redact_texts(Policy(), "en", texts, [], names=["Zorblax Quint"])
    assert done.texts == ["<PERSON_1> greeted nicely.", "Well done, <PERSON_1>."]


def test_an_agents_name_that_the_policy_keeps_is_kept():
    keeping = Policy(keep_agent_names=True)
    assert redact_texts(keeping, "en", ["Well done, Ann Lee."], [], names=["Ann Lee"]).texts == [
        "Well done, Ann Lee."
    ]


def test_the_policy_of_the_tenant_decides():
    policies = Policies(own={"acme": Policy(entities={"EMAIL_ADDRESS": "keep"})})
    redact = RedactAnswer(WorkPool(0), policies)
    given = assessment("Mail a.b@example.com.")
    for tenant, kept in (("acme", True), ("other", False)):
        done = asyncio.run(redact(given, make_redacted(), tenant))
        assert ("example.com" in done.model_dump_json()) is kept


def test_rules_write_their_own_words_and_are_left_alone():
    given = assessment(grader="signals")
    assert redacted(given) is given


def test_texts_have_nothing_to_do_with_each_other():
    texts = [
        "an account number",
        "Three of 4",
        "12 turns",
        "Does the agent ask for the name?",
        "Politely done",
    ]
    assert redact_texts(Policy(), "en", texts, []).texts == texts


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["The agent greets in turn 0 and closes in turns 21, 22, 24 and 25.", "Two of 12 questions."]),
        (
            "ru",
            ["Агент поздоровался и уточнил, чем помочь.", "Нет итога перед прощанием, реплики 10, 12, 14."],
        ),
        ("zh", ["坐席在开头问候了客户。", "结束前没有总结，见第10、12、14、16轮。"]),
    ],
)
def test_words_without_personal_data_stay_as_they_are(language, texts):
    assert redact_texts(Policy(), language, texts, [], turns=40).texts == texts


def test_what_the_scorecard_says_is_not_the_models():
    assert words_of(assessment("wording"), make_redacted().turns) == ["wording"] * 9


def test_on_the_command_line_the_agents_name_is_known_and_taken_out():
    pool, policies = WorkPool(0), Policies()
    words = "zorblax quint was polite"
    answer = well_formed_answer(
        {"greeting": ("yes", 0, "Hello")}, strengths=[("greeting", words, 0, "Hello")]
    )
    graders = Graders({"llm": LlmGrader(ScriptedModel([answer]))}, 30, RedactAnswer(pool, policies))
    grade = GradeConversation(RedactConversation(pool, policies), graders, "llm")
    said = Conversation.model_validate(conversation(agent={"id": "a-1", "name": "Zorblax Quint"}))
    card = ScorecardRevision(scorecard=make_card(dimension("greeting")), revision=1)
    done = asyncio.run(grade(said, [card], "e1"))
    assert done.coaching.strengths[0].text == "<PERSON_1> was polite"
    assert done.redaction.answers == {"PERSON": 1}


# What is no model's own word: names and values of our own lists, the scorecard's words, the rules' words.
NO_MODELS_WORDS = {
    "grades.dimension",
    "grades.section",
    "grades.outcome",
    "grades.level",
    "grades.label",
    "grades.ungraded_reason",
    "grades.disposition",
    "grades.disposition_reason",
    "grades.grader",
    "grades.evidence.speaker",
    "coaching.strengths.dimension",
    "coaching.strengths.evidence.speaker",
    "coaching.improvements.dimension",
    "coaching.improvements.evidence.speaker",
    "facts.unproved",
    "flags.kind",
}


def is_no_models_word(path: str) -> bool:
    # What people say in a review is redacted where that is stored; no grader writes it.
    own = ("observations.", "provenance.", "signals.", "usage.", "taken_out.", "grades.review.")
    values = path.startswith("facts.") and path.endswith((".value", ".speaker"))
    return path in NO_MODELS_WORDS or path.startswith(own) or values


SIMPLE = {
    str: st.text(min_size=1, max_size=5),
    int: st.integers(1, 9),
    float: st.floats(0, 1),
    bool: st.booleans(),
    types.NoneType: st.none(),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that the domain models use."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return anything(arguments[0])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of(*(anything(one) for one in arguments))
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(anything(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(anything(one) for one in arguments))
    if origin is dict:
        return st.dictionaries(anything(arguments[0]), anything(arguments[1]), max_size=1)
    if issubclass(kind, BaseModel):
        fields = {name: anything(field.annotation) for name, field in kind.model_fields.items()}
        return st.fixed_dictionaries(fields).map(kind.model_validate)
    return SIMPLE[kind]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield from leaves(inner, f"{path}.{name}".strip("."))
    for inner in value if isinstance(value, list | tuple) else ():
        yield from leaves(inner, path)


@for_all(anything(Assessment))
def test_every_text_that_may_hold_a_models_words_passes_the_redactor(assessment):
    # Nothing stands in a conversation without turns, so that no quote is verified.
    done = rewritten(assessment, (), lambda _: "\0redacted")
    kept = {path for path, text in leaves(done.model_dump()) if text != "\0redacted"}
    assert {path for path in kept if not is_no_models_word(path)} == set()


@for_all(anything(Assessment))
def test_what_is_no_text_stays_as_it_was(assessment):
    assert rewritten(assessment, (), lambda text: text) == assessment
    assert len(words_of(assessment, ())) == len(words_of(rewritten(assessment, (), str.upper), ()))


def test_a_result_tells_the_policy_and_the_rules_that_redacted_it():
    summary = RedactionSummary(entities={}, policy="house-rules", version="3")
    graders = Graders({"signals": SignalsGrader()}, 30, RedactAnswer(WorkPool(0), Policies()))
    card = make_card(dimension("greeting", signals=["greeting"]))
    done = asyncio.run(graders.grade("signals", make_redacted(), card, summary, "a"))
    assert (done.provenance.policy, done.provenance.redactor) == ("house-rules", "3")
