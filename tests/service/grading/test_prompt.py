import os
from pathlib import Path

import pytest

from service.domain.grade import UngradedReason
from service.grading.evidence import Fault
from service.grading.facts import FactProblem
from service.grading.material import Material
from service.grading.pieces import Piece
from service.grading.problem import Problem, RejectedQuote
from service.grading.prompt import Prompts
from tests.service.grading.building import ORDINAL, a_card, a_conversation, a_dimension, three_dimensions

GOLDEN = Path(__file__).parent / "golden"
UPDATE = "UPDATE_GOLDEN=1 .venv/bin/python -m pytest tests/service/grading/test_prompt.py"
PROMPTS = Prompts()


def golden_card():
    return a_card(
        a_dimension("greeting", guidance="Any greeting counts.\n\nA name alone does not."),
        a_dimension(
            "needs",
            scale=ORDINAL,
            about="conversation",
            examples=[
                {"quote": "So it is\nthe blue one?", "level": 3, "comment": "Says it back."},
                {"quote": "Hm.", "level": 1},
            ],
        ),
        a_dimension("mood", about="customer", not_applicable="The customer says nothing."),
    )


def golden_conversation():
    return a_conversation(
        external_id="secret-id",
        agent={"id": "secret-agent", "name": "Secret Name", "team": "secret-team"},
        metadata={"note": "secret-note"},
        metrics={"secret_metric": 7},
        call_type="secret-type",
        context=[{"title": "Prices", "text": "Delivery: 5\nReturn: 0"}],
    )


def assert_golden(name, text):
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    assert text == expected, f"The prompt has changed. If that is meant, run: {UPDATE}"


def rendered(prompt):
    return f"##### system\n{prompt.system}\n\n##### user\n{prompt.user}\n"


def test_the_prompt_is_the_one_that_was_agreed():
    assert_golden("grade_prompt.txt", rendered(PROMPTS.grade(golden_conversation(), golden_card())))


def test_the_repair_prompt_is_the_one_that_was_agreed():
    first = PROMPTS.grade(golden_conversation(), golden_card())
    quotes = (
        RejectedQuote(1, 'I have\n"never" said ' + "so " * 200, Fault.NOT_SAID),
        RejectedQuote(None, "", Fault.NO_TURN),
    )
    problems = [
        Problem("greeting", UngradedReason.NO_EVIDENCE, quotes),
        Problem("mood", UngradedReason.BAD_LEVEL),
    ]
    facts = [FactProblem("outcome", quotes[:1])]
    again = PROMPTS.repair(first, problems, facts, quotes[:1])
    assert again.system == first.system
    assert again.user.startswith(first.user)
    assert_golden("repair_prompt.txt", again.user[len(first.user) :].lstrip("\n") + "\n")


def test_the_prompt_over_what_was_found_in_windows_is_the_one_that_was_agreed():
    material = Material((Piece(1, 0, 22), Piece(2, 0, 31)), ("part 1, turns 0 to 2: A late\nparcel.",), 2)
    card = golden_card()
    prompt = PROMPTS.grade(golden_conversation(), card, list(card.dimensions)[1:], material, facts=False)
    assert_golden("long_prompt.txt", rendered(prompt))


def test_the_model_is_told_of_silences_where_all_times_are_known():
    conversation = a_conversation()
    times = [(0, 2), (3, 4), (30, 31), (32, 33)]
    turns = tuple(
        turn.model_copy(update={"start_s": start, "end_s": end})
        for turn, (start, end) in zip(conversation.turns, times, strict=True)
    )
    user = PROMPTS.grade(conversation.model_copy(update={"turns": turns}), golden_card()).user
    assert "Silences of 5 seconds" in user
    assert "agent after 26 s: Let me look." in user
    assert "Silences" not in PROMPTS.grade(conversation, golden_card()).user


def test_the_prompt_that_reads_a_window_is_the_one_that_was_agreed():
    prompt = PROMPTS.collect(golden_conversation(), golden_card(), (Piece(0, 0, 12), Piece(1, 0, 22)), 1, 2)
    assert_golden("collect_prompt.txt", rendered(prompt))


def test_nothing_but_turns_and_reference_texts_of_a_conversation_is_shown():
    prompt = PROMPTS.grade(golden_conversation(), golden_card())
    assert "secret" not in (prompt.system + prompt.user).lower()


def test_all_before_the_conversation_is_the_same_for_every_conversation_of_a_card():
    card = golden_card()
    one = PROMPTS.grade(a_conversation(), card)
    other = PROMPTS.grade(a_conversation(("customer", "Something else.")), card)
    assert one.system == other.system
    assert one.user.split("=== transcript")[0] == other.user.split("=== transcript")[0]
    assert one.code not in one.user.split("=== transcript")[0]


@pytest.mark.parametrize(("language", "name"), [("en", "English"), ("ru", "Russian"), ("zh", "Chinese")])
def test_the_rationale_is_asked_for_in_the_language_of_the_card(language, name):
    prompt = PROMPTS.grade(a_conversation(), a_card(a_dimension(), language=language))
    assert f"in {name}" in prompt.system


def test_a_card_may_hold_what_looks_like_a_template():
    card = a_card(a_dimension(question="Is {{ code }} or {% raw %} said?"))
    assert "Is {{ code }} or {% raw %} said?" in PROMPTS.grade(a_conversation(), card).user


def test_the_reference_names_the_prompt_and_its_content():
    assert PROMPTS.reference.startswith("grade@2:")
    assert len(PROMPTS.reference) == len("grade@2:") + 12


def test_levels_are_written_as_the_answer_has_to_write_them():
    user = PROMPTS.grade(a_conversation(), three_dimensions()).user
    assert '- "no": It was not done.' in user
    assert "- 3 (fully): Fully." in user
