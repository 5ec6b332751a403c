from typing import get_args

import pytest

from service.domain.evaluation import Provenance
from service.domain.scorecard import Scorecard, SignalName
from service.grading.signals.grader import SignalsGrader
from service.grading.signals.measures import measure
from service.grading.signals.registry import SIGNALS
from service.grading.signals.rude import INSULT_STRENGTH

YES_NO = {
    "type": "yes_no",
    "levels": [
        {"level": "no", "points": 0, "anchor": "Not."},
        {"level": "yes", "points": 1, "anchor": "Is."},
    ],
}
ORDINAL = {
    "type": "ordinal",
    "levels": [{"level": n, "points": (n - 1) / 4, "anchor": f"Level {n}."} for n in range(1, 6)],
}


def card(*dimensions: dict, language: str = "en") -> Scorecard:
    full = [{"title": d["id"], "question": "Is it?", "scale": YES_NO} | d for d in dimensions]
    return Scorecard.model_validate(
        {
            "name": "card", "title": "Card", "language": language, "languages": ["en", "ru", "zh"],
            "pass_mark": 50, "sections": [{"id": "all", "title": "All", "dimensions": full}],
        }
    )  # fmt: skip


def test_there_is_a_signal_for_every_name_a_scorecard_may_use():
    assert set(SIGNALS) == set(get_args(SignalName))


async def test_a_dimension_that_names_a_signal_is_graded_with_evidence(say):
    conversation = say("a: Good morning!", "c: Hi")
    assessment = await SignalsGrader().grade(conversation, card({"id": "g", "signals": ["greeting"]}))
    (grade,) = assessment.grades
    assert (grade.outcome, grade.level, grade.points, grade.section) == ("graded", "yes", 1, "all")
    assert grade.evidence[0].quote == "Good morning!"
    assert grade.absence is None
    assert grade.grader == "signals"
    assert (grade.confidence, grade.confidence_parts.evidence) == (0.9, 0.9)
    assert assessment.signals == measure(conversation)
    assert assessment.provenance == Provenance(grader="signals", redactor="")


@pytest.mark.parametrize("dimension", [{"id": "d"}, {"id": "d", "signals": ["thanks"], "about": "customer"}])
async def test_what_signals_do_not_measure_needs_a_language_model(say, dimension):
    assessment = await SignalsGrader().grade(say("a: Thank you", "c: Thanks"), card(dimension))
    (grade,) = assessment.grades
    assert (grade.outcome, grade.ungraded_reason) == ("ungraded", "needs a language model")
    assert (grade.confidence, grade.confidence_parts) == (None, None)


async def test_dead_air_without_timestamps_is_not_measurable(say):
    assessment = await SignalsGrader().grade(say("a: Hello"), card({"id": "d", "signals": ["dead_air"]}))
    assert assessment.grades[0].ungraded_reason == "not measurable on this transcript"


async def test_several_signals_give_the_level_nearest_to_the_mean_of_the_measurable_ones(say):
    dimension = {"id": "d", "signals": ["greeting", "closing", "dead_air"], "scale": ORDINAL}
    assessment = await SignalsGrader().grade(say("a: Hello", "c: x", "a: Nine pounds"), card(dimension))
    (grade,) = assessment.grades
    assert grade.level == 3
    assert grade.rationale == (
        "The agent greets the customer in turn 0. The agent's last turns (from turn 2) hold no farewell."
    )
    assert [piece.quote for piece in grade.evidence] == ["Hello"]
    assert grade.absence.searched == ((2, 2),)


async def test_what_was_looked_for_is_told_in_the_language_of_the_scorecard(say):
    conversation = say("a: 请提供订单号", "c: 好", language="zh")
    russian = card({"id": "d", "signals": ["apology", "empathy"]}, language="ru")
    (grade,) = (await SignalsGrader().grade(conversation, russian)).grades
    assert grade.absence.looked_for == "извинение оператора; слова сочувствия от оператора"
    assert grade.rationale == "客服没有道歉。 客服没有表示理解和同情。"


NOT_APPLICABLE = {"id": "d", "not_applicable": "There was no occasion."}


@pytest.mark.parametrize("signal", ["greeting", "empathy", "apology", "questions_asked", "closing"])
async def test_nothing_found_is_left_to_a_model_where_the_dimension_may_not_apply(say, signal):
    conversation = say("c: Wrong number", "a: This is a bank", "c: Bye", "a: Indeed")
    dimensions = [d | {"signals": [signal]} for d in (NOT_APPLICABLE, {"id": "e"})]
    unsure, sure = (await SignalsGrader().grade(conversation, card(*dimensions))).grades
    assert (unsure.outcome, unsure.ungraded_reason) == ("ungraded", "needs a language model")
    assert (sure.outcome, sure.level) == ("graded", "no")


async def test_nothing_found_stays_a_grade_where_that_is_good(say):
    dimension = NOT_APPLICABLE | {"signals": ["rude_words"]}
    (grade,) = (await SignalsGrader().grade(say("a: One moment"), card(dimension))).grades
    assert (grade.outcome, grade.level) == ("graded", "yes")


async def test_the_lowest_level_stays_where_words_prove_it(say):
    dimension = NOT_APPLICABLE | {"signals": ["rude_words"]}
    (grade,) = (await SignalsGrader().grade(say("a: You idiot"), card(dimension))).grades
    assert (grade.outcome, grade.level) == ("graded", "no")


@pytest.mark.parametrize("others", [[], ["greeting"]])
async def test_words_that_may_be_rude_are_left_to_a_model_and_accuse_nobody(say, others):
    dimension = {"id": "d", "signals": ["rude_words", *others]}
    (grade,) = (await SignalsGrader().grade(say("a: Hello", "a: Are you deaf?"), card(dimension))).grades
    assert (grade.outcome, grade.ungraded_reason) == ("ungraded", "needs a language model")


async def test_the_confidence_of_an_insult_is_lower_than_that_of_other_words(say):
    dimension = {"id": "d", "signals": ["rude_words"]}
    (grade,) = (await SignalsGrader().grade(say("a: You idiot!"), card(dimension))).grades
    assert (grade.level, grade.confidence) == ("no", INSULT_STRENGTH)


async def test_one_sentence_that_serves_several_signals_is_quoted_once(say):
    dimension = {"id": "d", "signals": ["greeting", "self_introduction", "closing"]}
    conversation = say("a: Good morning, my name is <PERSON_1>.", "c: x", "a: Goodbye")
    (grade,) = (await SignalsGrader().grade(conversation, card(dimension))).grades
    assert [piece.quote for piece in grade.evidence] == ["Good morning, my name is <PERSON_1>.", "Goodbye"]
