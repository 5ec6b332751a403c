"""The built-in scorecards and the thresholds say the same: a case at the border gets the level whose anchor
describes it.
"""

from pathlib import Path

import pytest
import yaml

from service.domain.advice import SIGNAL_BORDERS
from service.domain.scorecard import Scorecard
from service.grading.signals.forbidden import SPARED_PHRASES
from service.grading.signals.grader import SignalsGrader
from service.grading.signals.questions import ENOUGH_QUESTIONS
from service.grading.signals.timing import LONG_SILENCE_S, SHORT_SILENCE_S

FOLDER = Path(__file__).parents[4] / "prompts" / "scorecards"
CARDS = [
    Scorecard.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    for path in sorted(FOLDER.glob("*.yaml"))
]

WORD = {"en": "word ", "ru": "слово ", "zh": "字字字"}
"""One word; in Chinese three characters, which count as two."""

FILLER = {"en": "um ", "ru": "ну ", "zh": "呃，"}
YES = {"en": "Yes.", "ru": "Да.", "zh": "是。"}
QUESTION = {"en": "When did it stop?", "ru": "Когда это началось?", "zh": "什么时候开始的？"}
OFFER = {"en": "How can I help you?", "ru": "Чем могу помочь?", "zh": "请问有什么可以帮您？"}
RUDE = {"en": "You idiot!", "ru": "Вы идиот!", "zh": "你这个白痴！"}
GREETING = {"en": "Good morning!", "ru": "Добрый день!", "zh": "您好！"}
NAME = {"en": "My name is <PERSON_1>.", "ru": "Меня зовут <PERSON_1>.", "zh": "我叫<PERSON_1>。"}
BYE = {"en": "Goodbye!", "ru": "До свидания!", "zh": "再见！"}
THANKS = {"en": "Thank you for waiting.", "ru": "Спасибо за ожидание.", "zh": "谢谢您的等待。"}
SORRY = {"en": "I am sorry about the delay.", "ru": "Приносим извинения.", "zh": "非常抱歉。"}
SORROW = {
    "en": "I understand how frustrating this is.",
    "ru": "Понимаю, как это неприятно.",
    "zh": "我非常理解您的心情。",
}

HOLD = {
    "en": "Just a moment, I will check that with the warehouse.",
    "ru": "Минуту, уточню у коллег.",
    "zh": "稍等，我核实一下。",
}
BARE_HOLD = {"en": "One moment, please.", "ru": "Минуту, пожалуйста.", "zh": "请稍等。"}


def _silence(say, language, seconds):
    filler = WORD[language]
    return say(f"c: {filler}", f"a: {filler}", language=language, times=[(0, 1), (1 + seconds, 99)])


def _fillers(say, language, count, words):
    # In Chinese the filler is one of the characters: 45 of them are 30 words.
    said = "字" * (words * 3 // 2 - count) if language == "zh" else WORD[language] * (words - count)
    return say(f"a: {FILLER[language] * count}{said}", language=language, channel="call")


def _bare(say, language, bare, full):
    lines = ["c: 1", f"a: {YES[language]}"] * bare + ["c: 1", f"a: {WORD[language] * 2}"] * full
    return say(*lines, f"a: {WORD[language] * 2}", language=language)


def _questions(say, language, count):
    asked = [f"a: {QUESTION[language]}"] * count
    return say(f"a: {OFFER[language]}", *asked, language=language, channel="call")


def _share(say, language, agent, customer):
    word = "字" if language == "zh" else WORD[language]
    rest = [f"a: {word}", f"c: {word}"] * 2
    return say(f"a: {word * (agent - 2)}", f"c: {word * (customer - 2)}", *rest, language=language)


def _says(words):
    return lambda say, language: say(f"a: {words[language]}", language=language)


def _case(make, *figures):
    return lambda say, language: make(say, language, *figures)


CASES = {
    "dead_air": [
        (_case(_silence, 10), 3), (_case(_silence, 10.1), 2),
        (_case(_silence, 30), 2), (_case(_silence, 30.1), 1),
    ],
    "filler_words": [
        (_case(_fillers, 1, 32), 3), (_case(_fillers, 1, 30), 2),
        (_case(_fillers, 1, 12), 2), (_case(_fillers, 1, 10), 1),
    ],
    "one_word_answers": [
        (_case(_bare, 0, 3), 3), (_case(_bare, 1, 2), 3), (_case(_bare, 1, 1), 3),
        (_case(_bare, 2, 3), 2), (_case(_bare, 2, 2), 1),
    ],
    "questions_asked": [
        (_case(_questions, 2), 3), (_case(_questions, 1), 2), (_case(_questions, 0), None),
    ],
    "talk_share": [
        (_case(_share, 5, 95), 3), (_case(_share, 60, 30), 3), (_case(_share, 61, 30), 2),
        (_case(_share, 80, 20), 2), (_case(_share, 81, 20), 1),
    ],
    "rude_words": [(_says(RUDE), "no"), (_says(GREETING), "yes")],
    "greeting": [(_says(GREETING), "yes"), (_says(NAME), None)],
    "self_introduction": [(_says(NAME), "yes"), (_says(GREETING), None)],
    "closing": [(_says(BYE), "yes"), (_says(GREETING), None)],
    "thanks": [(_says(THANKS), "yes"), (_says(NAME), "no")],
    "apology": [(_says(SORRY), "yes"), (_says(NAME), "no")],
    "empathy": [(_says(SORROW), "yes"), (_says(NAME), None)],
    "hold_etiquette": [(_says(HOLD), "yes"), (_says(BARE_HOLD), "no")],
}  # fmt: skip
"""For each signal, conversations with the level that the anchors give; None where only a reader can tell the
lowest level from "not applicable".
"""


def _graded():
    for card in CARDS:
        for dimension in card.dimensions:
            for signal in dimension.signals:
                for place, (make, level) in enumerate(CASES[signal]):
                    name = f"{card.name} {dimension.id} {place}"
                    yield pytest.param(card, dimension, make, level, id=name)


@pytest.mark.parametrize(("card", "dimension", "make", "level"), list(_graded()))
async def test_a_case_at_the_border_gets_the_level_whose_anchor_describes_it(
    say, card, dimension, make, level
):
    assessment = await SignalsGrader().grade(make(say, card.language), card)
    grade = next(grade for grade in assessment.grades if grade.dimension == dimension.id)
    assert grade.level == level
    assert (grade.ungraded_reason == "needs a language model") is (level is None)


def test_the_numbers_that_advice_knows_are_those_at_which_the_signals_weigh():
    assert {
        "dead_air": {SHORT_SILENCE_S, LONG_SILENCE_S},
        "questions_asked": set(range(ENOUGH_QUESTIONS + 1)),
        "forbidden_words": set(range(SPARED_PHRASES + 2)),
    } == SIGNAL_BORDERS


def test_every_dimension_that_can_be_counted_has_three_levels_with_even_points():
    counted = {"dead_air", "filler_words", "one_word_answers", "questions_asked", "talk_share"}
    for card in CARDS:
        for dimension in card.dimensions:
            if counted & {*dimension.signals}:
                assert [level.points for level in dimension.scale.levels] == [0, 0.5, 1]
