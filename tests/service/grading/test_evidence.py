import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.grade import Absence, Evidence
from service.domain.transcript import RedactedConversation
from service.grading.evidence import EvidenceCheck, Fault, may_speak
from tests.service.grading.building import a_conversation

SPEAKERS = ("agent", "customer", "bot", "system")


def test_a_quote_comes_back_as_it_stands_with_its_span():
    check = EvidenceCheck(a_conversation())
    assert check.quote(1, "my PARCEL has not come, and", "customer") == Evidence(
        turn=1, speaker="customer", quote="My parcel has not come,\nand", start=0, end=27
    )


@pytest.mark.parametrize(
    ("turn", "quote", "about", "fault"),
    [
        (9, "Good morning", "agent", Fault.NO_TURN),
        (-1, "Good morning", "agent", Fault.NO_TURN),
        (None, "Good morning", "agent", Fault.NO_TURN),
        (2, "Good morning", "agent", Fault.NOT_SAID),
        (1, "My parcel", "agent", Fault.WRONG_SPEAKER),
        (0, "Good morning", "customer", Fault.WRONG_SPEAKER),
        (0, "Good afternoon", "conversation", Fault.NOT_SAID),
        (0, "", "conversation", Fault.NOT_SAID),
    ],
)
def test_a_wrong_quote_is_named(turn, quote, about, fault):
    assert EvidenceCheck(a_conversation()).quote(turn, quote, about) == fault


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_about_the_conversation_anybody_may_be_quoted_else_only_the_one_it_is_about(speaker):
    assert may_speak("conversation", speaker)
    assert may_speak("agent", speaker) == (speaker == "agent")
    assert may_speak("customer", speaker) == (speaker == "customer")


@pytest.mark.parametrize("first_last", [(0, 4), (-1, 2), (2, 1), (None, 1), (0, None)])
def test_an_absence_has_to_name_turns_that_exist(first_last):
    assert EvidenceCheck(a_conversation()).absence("an apology", *first_last) == Fault.NO_RANGE


def test_an_absence_has_to_say_what_was_looked_for():
    assert EvidenceCheck(a_conversation()).absence("  ", 0, 3) == Fault.NO_RANGE


def test_a_valid_absence_is_kept():
    found = EvidenceCheck(a_conversation()).absence("an apology", 0, 3)
    assert found == Absence(searched=((0, 3),), looked_for="an apology")


def test_an_opening_is_the_first_searched_turn_by_the_right_speaker():
    check = EvidenceCheck(
        a_conversation(("agent", "Hello."), ("customer", "  "), ("customer", f" {'é' * 300}"))
    )
    opening = check.opening(Absence(searched=((0, 2),), looked_for="x"), "customer")
    assert (opening.turn, opening.quote, opening.start, opening.end) == (2, "é" * 200, 1, 201)
    assert check.opening(Absence(searched=((0, 1),), looked_for="x"), "customer") is None


def test_an_opening_does_not_end_inside_a_character():
    check = EvidenceCheck(a_conversation(("agent", "e\u0301" * 150 + "x")))
    assert check.opening(Absence(searched=((0, 0),), looked_for="x"), "agent").end == 200
    check = EvidenceCheck(a_conversation(("agent", "x" + "e\u0301" * 150)))
    assert check.opening(Absence(searched=((0, 0),), looked_for="x"), "agent").end == 199


_TURNS = st.lists(st.tuples(st.sampled_from(SPEAKERS), st.text(max_size=40)), min_size=1, max_size=5)


@given(
    _TURNS,
    st.integers(-2, 7),
    st.text(max_size=40),
    st.sampled_from(["agent", "customer", "conversation"]),
    st.data(),
)
def test_all_evidence_is_verbatim_in_its_turn_and_by_the_right_speaker(turns, number, quote, about, data):
    turns = [*turns, ("agent", "x")]
    conversation = RedactedConversation.model_validate(
        {"language": "en", "turns": [{"speaker": s, "text": t} for s, t in turns]}
    )
    if 0 <= number < len(turns) and data.draw(st.booleans()):
        quote = conversation.turns[number].text[:10]
    found = EvidenceCheck(conversation).quote(number, quote, about)
    if isinstance(found, Evidence):
        turn = conversation.turns[found.turn]
        assert turn.text[found.start : found.end] == found.quote
        assert turn.speaker == found.speaker
        assert may_speak(about, found.speaker)
        assert found.turn == number
