import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.model_server import Behaviour, ModelServer, failing
from service.domain.errors import ModelAway, ModelRejected
from service.domain.grade import UngradedReason
from service.domain.scorecard_file import read_scorecard
from service.grading.evidence import may_speak
from service.grading.llm_grader import LlmGrader
from service.grading.openai_model import OpenAIModel
from service.grading.port import ChatAnswer
from service.grading.scripted import ScriptedModel, well_formed_answer
from service.grading.tokens import TokenCounter
from tests.service.grading.building import GOOD_GRADES, a_conversation, good_answer, three_dimensions

CARD = three_dimensions()
CARDS = sorted((Path(__file__).parents[3] / "prompts" / "scorecards").glob("*.yaml"))


async def grade(*replies, card=CARD, conversation=None, **options):
    """Return the grades by dimension, the assessment and the scripted model."""
    model = ScriptedModel(list(replies))
    assessment = await LlmGrader(model, **options).grade(conversation or a_conversation(), card)
    return {g.dimension: g for g in assessment.grades}, assessment, model


def altered(dimension, **changes):
    answer = json.loads(good_answer())
    answer["dimensions"][dimension].update(changes)
    return json.dumps(answer)


def only(dimension, level, turn, quote):
    return well_formed_answer({dimension: (level, turn, quote)})


async def test_a_good_answer_needs_one_request_and_gives_verbatim_evidence():
    grades, assessment, model = await grade(good_answer())
    assert [g.outcome for g in grades.values()] == ["graded"] * 3
    assert grades["needs"].level == 2
    assert grades["needs"].points == 0.5
    (evidence,) = grades["mood"].evidence
    assert (evidence.turn, evidence.speaker, evidence.quote) == (3, "customer", "that is a relief")
    assert assessment.usage.requests == len(model.requests) == 1
    assert [g.dimension for g in assessment.grades] == ["greeting", "needs", "mood"]


async def test_an_invented_quote_is_asked_again_and_only_for_that_dimension():
    bad = altered("greeting", evidence=[{"turn": 0, "quote": "Welcome to our shop"}])
    grades, assessment, model = await grade(bad, only("greeting", "yes", 0, "Good morning"))
    assert grades["greeting"].evidence[0].quote == "Good morning"
    repair = model.requests[1]
    assert list(repair.schema["properties"]["dimensions"]["properties"]) == ["greeting"]
    assert '"Welcome to our shop"' in repair.user
    assert repair.system == model.requests[0].system
    assert assessment.usage.requests == 2


async def test_a_quote_invented_twice_leaves_the_dimension_ungraded_and_the_others_graded():
    bad = altered("greeting", evidence=[{"turn": 0, "quote": "Welcome to our shop"}])
    grades, _, model = await grade(bad, only("greeting", "yes", 0, "Welcome, dear"), good_answer())
    assert grades["greeting"].ungraded_reason == UngradedReason.NO_EVIDENCE
    assert grades["needs"].outcome == grades["mood"].outcome == "graded"
    assert len(model.requests) == 2


async def test_one_bad_quote_among_good_ones_is_never_quietly_left_out():
    mixed = [{"turn": 0, "quote": "Good morning"}, {"turn": 2, "quote": "Good evening"}]
    grades, _, model = await grade(altered("greeting", evidence=mixed), "{}")
    assert grades["greeting"].ungraded_reason == UngradedReason.NO_EVIDENCE
    assert len(model.requests) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"level": "maybe"}, UngradedReason.BAD_LEVEL),
        ({"level": None}, UngradedReason.NO_ANSWER),
        ({"applies": False, "level": None}, UngradedReason.NA_NOT_ALLOWED),
        ({"applies": "so-so"}, UngradedReason.BAD_ANSWER),
        ({"evidence": []}, UngradedReason.NO_EVIDENCE),
        ({"evidence": [{"turn": 1, "quote": "My parcel"}]}, UngradedReason.NO_EVIDENCE),
        ({"evidence": [{"turn": 0, "quote": " "}]}, UngradedReason.NO_EVIDENCE),
        ({"absence": {"looked_for": "x", "from_turn": 0, "to_turn": 99}}, UngradedReason.NO_EVIDENCE),
    ],
)
async def test_what_stays_wrong_after_the_repair_is_ungraded_with_the_reason(changes, reason):
    bad = altered("greeting", **changes)
    grades, _, model = await grade(bad, bad)
    assert grades["greeting"].ungraded_reason == reason
    assert grades["needs"].outcome == "graded"
    assert len(model.requests) == 2


async def test_a_missing_dimension_is_asked_again():
    grades, _, _ = await grade(well_formed_answer({"greeting": GOOD_GRADES["greeting"]}), good_answer())
    assert [g.outcome for g in grades.values()] == ["graded"] * 3


async def test_a_malformed_answer_is_asked_again_whole_with_its_coaching():
    good = well_formed_answer(GOOD_GRADES, strengths=[("greeting", "A warm start.", 0, "Good morning")])
    grades, assessment, model = await grade("Sorry, here goes: {", good)
    assert [g.outcome for g in grades.values()] == ["graded"] * 3
    assert assessment.coaching.strengths[0].text == "A warm start."
    assert "strengths" in model.requests[1].schema["properties"]


async def test_a_grade_may_rest_on_absence_alone():
    absence = {"looked_for": "a greeting", "from_turn": 0, "to_turn": 3}
    grades, _, _ = await grade(altered("greeting", level="no", evidence=[], absence=absence))
    assert grades["greeting"].absence.searched == ((0, 3),)
    assert grades["greeting"].evidence == ()


async def test_not_applicable_keeps_its_reason_and_needs_no_words():
    said = {"applies": False, "level": None, "evidence": [], "rationale": "Nobody spoke."}
    grades, _, model = await grade(altered("mood", **said))
    assert grades["mood"].outcome == "not_applicable"
    assert grades["mood"].not_applicable_reason == "Nobody spoke."
    assert len(model.requests) == 1


async def test_an_invented_quote_for_not_applicable_is_asked_again():
    said = {"applies": False, "level": None, "evidence": [{"turn": 0, "quote": "I never speak"}]}
    grades, _, model = await grade(altered("mood", **said), altered("mood", **said))
    assert grades["mood"].ungraded_reason == UngradedReason.NO_EVIDENCE
    assert len(model.requests) == 2


async def test_a_refusal_is_not_asked_again():
    grades, _, model = await grade(ChatAnswer("", "m", refusal="no"))
    assert {g.ungraded_reason for g in grades.values()} == {UngradedReason.REFUSED}
    assert len(model.requests) == 1


async def test_an_answer_cut_off_twice_is_ungraded_as_cut_off():
    cut = ChatAnswer(good_answer()[:200], "m", finish_reason="length")
    grades, _, model = await grade(cut, cut)
    assert {g.ungraded_reason for g in grades.values()} == {UngradedReason.TRUNCATED}
    assert len(model.requests) == 2


async def test_a_complete_answer_counts_even_where_the_server_says_it_was_cut_off():
    grades, _, _ = await grade(ChatAnswer(good_answer() + "   ", "m", finish_reason="length"))
    assert grades["greeting"].outcome == "graded"


async def test_what_was_proved_stays_when_the_model_goes_away_before_the_repair():
    grades, assessment, _ = await grade(altered("greeting", level="maybe"), ModelAway("gone"))
    assert grades["greeting"].ungraded_reason == UngradedReason.BAD_LEVEL
    assert grades["needs"].outcome == "graded"
    assert assessment.usage.requests == 1


@pytest.mark.parametrize("error", [ModelAway("gone"), ModelRejected("wrong key")])
async def test_without_a_first_answer_the_error_is_the_callers(error):
    with pytest.raises(type(error)):
        await grade(error)


async def test_a_repair_that_would_not_fit_keeps_the_first_reason():
    invented = [{"turn": 0, "quote": f"{number} " * 100} for number in range(20)]
    bad = altered("greeting", evidence=invented)
    _, _, model = await grade(bad, good_answer())
    count = TokenCounter().count
    first, second = (count(r.system) + count(r.user) for r in model.requests)
    assert second > first + 1_000
    schema = count(json.dumps(model.requests[0].schema, ensure_ascii=False))
    grades, _, model = await grade(bad, good_answer(), max_prompt_tokens=first + schema + 100)
    assert len(model.requests) == 1
    assert grades["greeting"].ungraded_reason == UngradedReason.NO_EVIDENCE
    assert grades["needs"].outcome == "graded"


async def test_usage_is_added_up_over_both_requests():
    replies = [
        ChatAnswer(
            altered("greeting", level="x"), "m", prompt_tokens=100, completion_tokens=10, cached_tokens=5
        ),
        ChatAnswer(good_answer(), "m", prompt_tokens=120, completion_tokens=3, cached_tokens=90),
    ]
    _, assessment, _ = await grade(*replies)
    usage = assessment.usage
    assert (usage.requests, usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens) == (
        2,
        220,
        13,
        95,
    )
    assert not usage.estimated


async def test_usage_that_the_server_does_not_report_is_estimated_and_says_so():
    _, assessment, model = await grade(good_answer())
    sent = model.requests[0]
    assert assessment.usage.estimated
    assert assessment.usage.prompt_tokens >= TokenCounter().count(sent.system + sent.user)
    assert assessment.usage.completion_tokens == TokenCounter().count(good_answer())


async def test_provenance_names_prompt_model_and_what_was_sent_first():
    replies = [
        ChatAnswer(altered("greeting", level="x"), "m-2026-01", payload_sha256="a" * 64),
        ChatAnswer(good_answer(), "m-2026-02", payload_sha256="b" * 64),
    ]
    _, assessment, _ = await grade(*replies)
    provenance = assessment.provenance
    assert provenance.grader == "llm"
    assert provenance.prompt.startswith("grade@2:")
    assert (provenance.model, provenance.sent_sha256) == ("m-2026-01", "a" * 64)


@given(st.text(max_size=30), st.integers(-1, 5), st.text(max_size=300))
async def test_no_answer_gives_a_grade_without_verbatim_evidence(quote, turn, prose):
    answer = altered("greeting", evidence=[{"turn": turn, "quote": quote}])
    conversation = a_conversation()
    _, assessment, _ = await grade(answer, prose, conversation=conversation)
    for grade_, dimension in zip(assessment.grades, CARD.dimensions, strict=True):
        if grade_.outcome == "graded":
            assert grade_.evidence or grade_.absence
        for evidence in grade_.evidence:
            said = conversation.turns[evidence.turn]
            assert said.text[evidence.start : evidence.end] == evidence.quote
            assert may_speak(dimension.about, said.speaker)


async def test_over_real_http_everything_that_goes_wrong_once_is_mended():
    script = [
        failing(429, retry_after="0"),
        Behaviour(text=good_answer()[:100]),
        failing(500),
        Behaviour(text=good_answer(), usage=False),
    ]
    with ModelServer(script, refuses={"json_schema"}) as server:
        model = OpenAIModel("m", base_url=server.url)
        assessment = await LlmGrader(model).grade(a_conversation(), CARD)
    assert [g.outcome for g in assessment.grades] == ["graded"] * 3
    assert assessment.usage.requests == 2
    assert assessment.usage.estimated


@pytest.mark.parametrize("file", CARDS, ids=lambda file: file.stem)
async def test_every_card_that_is_shipped_can_be_asked_and_answered(file):
    card = read_scorecard(file.read_bytes())
    with ModelServer() as server:
        model = OpenAIModel("m", base_url=server.url)
        assessment = await LlmGrader(model).grade(a_conversation(), card)
        assert len(server.requests) == 1
    assert {grade_.outcome for grade_ in assessment.grades} == {"graded"}


async def test_the_stand_in_server_gives_answers_that_pass_every_check():
    with ModelServer() as server:
        model = OpenAIModel("m", base_url=server.url)
        assessment = await LlmGrader(model).grade(a_conversation(), CARD)
        assert len(server.requests) == 1
    assert [g.outcome for g in assessment.grades] == ["graded"] * 3
    assert all("nothing was judged" in (g.rationale or "") for g in assessment.grades)


def coached(*strengths, improvements=(), **grades):
    return well_formed_answer({**GOOD_GRADES, **grades}, strengths=strengths, improvements=improvements)


KEPT = ("greeting", "Kept.", 0, "Good morning")
INVENTED = ("greeting", "Invented.", 0, "Good evening")


async def test_coaching_that_quotes_what_was_not_said_is_left_out_and_counted():
    improvements = [
        ("unknown", "No such dimension.", 0, "Good morning"),
        ("mood", "Wrong speaker.", 0, "Good"),
    ]
    _, assessment, model = await grade(coached(KEPT, INVENTED, improvements=improvements))
    assert [p.text for p in assessment.coaching.strengths] == ["Kept."]
    assert assessment.coaching.improvements == ()
    assert assessment.coaching.unproved == 2
    assert len(model.requests) == 1


async def test_invented_coaching_is_asked_again_where_a_grade_is_asked_again_anyway():
    first = coached(INVENTED, greeting=("yes", 0, "Welcome, dear"))
    again = well_formed_answer({"greeting": GOOD_GRADES["greeting"]}, strengths=[KEPT])
    _, assessment, model = await grade(first, again)
    assert "strengths" in model.requests[1].schema["properties"]
    assert [p.text for p in assessment.coaching.strengths] == ["Kept."]
    assert assessment.coaching.unproved == 0


def grouped(**changes):
    return CARD.model_copy(update=changes)


def one_dimension_at_a_time(request):
    asked = request.schema["properties"]["dimensions"]["properties"]
    return well_formed_answer({name: GOOD_GRADES[name] for name in asked})


async def test_a_card_may_be_asked_one_dimension_at_a_time():
    model = ScriptedModel(one_dimension_at_a_time)
    assessment = await LlmGrader(model).grade(a_conversation(), grouped(grouping="each"))
    assert [g.outcome for g in assessment.grades] == ["graded"] * 3
    assert assessment.usage.requests == len(model.requests) == 3
    assert all(len(r.schema["properties"]["dimensions"]["properties"]) == 1 for r in model.requests)
    assert [("## needs" in r.user) for r in model.requests].count(True) == 1
    assert len(assessment.provenance.requests_sha256) == 3
    assert assessment.provenance.sent_sha256 == assessment.provenance.requests_sha256[0]


async def test_votes_are_counted_and_their_share_is_part_of_the_confidence():
    levels = iter(("yes", "no", "yes"))

    def fickle(request):
        return well_formed_answer({**GOOD_GRADES, "greeting": (next(levels), 0, "Good morning")})

    model = ScriptedModel(fickle)
    assessment = await LlmGrader(model).grade(a_conversation(), grouped(votes=3))
    greeting, needs, _ = assessment.grades
    assert len(model.requests) == 3
    assert greeting.level == "yes"
    assert greeting.confidence_parts.votes == pytest.approx(2 / 3)
    assert needs.confidence_parts.votes == 1
    assert len({r.seed for r in model.requests}) == 3


async def test_fewer_votes_or_groups_than_the_card_wants_are_an_error():
    with pytest.raises(ModelAway):
        await grade(good_answer(), ModelAway("gone"), card=grouped(votes=2))
    with pytest.raises(ModelAway):
        await grade(one("greeting"), ModelAway("gone"), one("mood"), card=grouped(grouping="each"))


def one(name):
    return well_formed_answer({name: GOOD_GRADES[name]})


async def test_the_beginning_of_a_prompt_is_the_same_for_all_conversations_of_a_card_in_any_order():
    card = grouped(order_seed=3, grouping=2, votes=2)
    starts = []
    for conversation in (a_conversation(), a_conversation(("agent", "Hi"), ("customer", "Bye"))):
        model = ScriptedModel(lambda request: "{}")
        await LlmGrader(model).grade(conversation, card)
        starts.append({(r.system, r.user.split("# Conversation")[0]) for r in model.requests})
    assert starts[0] == starts[1]
    assert len(starts[0]) > 2


ANYTHING = st.fixed_dictionaries(
    {
        "turn": st.integers(-1, 5),
        "quote": st.text(max_size=20)
        | st.sampled_from(["Good morning", "parcel", "Ivan Petrov", "<PERSON_1>", "Let me look", "a relief"]),
    }
)
POINTS = st.lists(
    st.builds(lambda claim: {"dimension": "greeting", "text": "t", **claim}, ANYTHING), max_size=3
)
STATED = st.lists(
    st.builds(lambda e: {"text": "t", "evidence": e}, st.lists(ANYTHING, max_size=2)), max_size=2
)


@given(st.lists(ANYTHING, max_size=3), POINTS, STATED, STATED)
async def test_no_invented_quote_no_wrong_speaker_and_no_redacted_original_gets_through(
    claims, points, promised, liked
):
    answer = json.loads(good_answer())
    for entry in answer["dimensions"].values():
        entry["evidence"] = claims
    answer |= {"strengths": points, "improvements": points}
    answer["facts"] = {"agent_promises": promised, "customer_liked": liked}
    conversation = a_conversation()
    text = json.dumps(answer)
    _, assessment, _ = await grade(text, text, conversation=conversation)
    about = {dimension.id: dimension.about for dimension in CARD.dimensions}
    shown = [(about[g.dimension], g.evidence) for g in assessment.grades]
    points = (*assessment.coaching.strengths, *assessment.coaching.improvements)
    shown += [(about[p.dimension], p.evidence) for p in points]
    shown += [("agent", fact.evidence) for fact in assessment.facts.agent_promises]
    shown += [("customer", fact.evidence) for fact in assessment.facts.customer_liked]
    for whose, evidence in shown:
        for piece in evidence:
            said = conversation.turns[piece.turn]
            assert said.text[piece.start : piece.end] == piece.quote
            assert may_speak(whose, said.speaker)
            assert "Petrov" not in piece.quote


async def test_a_repair_takes_nothing_away_that_was_proved():
    kept = ("needs", "Proved.", 2, "Let me look.")
    first = coached(kept, INVENTED, greeting=("yes", 0, "Welcome, dear"))
    again = well_formed_answer({"greeting": GOOD_GRADES["greeting"]}, strengths=[KEPT])
    _, assessment, _ = await grade(first, again)
    assert {p.text for p in assessment.coaching.strengths} == {"Proved.", "Kept."}


@pytest.mark.parametrize("searched", [(1, 1), (3, 3)])
async def test_nothing_was_searched_where_nobody_spoke_whose_words_count(searched):
    absence = {"looked_for": "a greeting", "from_turn": searched[0], "to_turn": searched[1]}
    bad = altered("greeting", level="no", evidence=[], absence=absence)
    grades, _, _ = await grade(bad, bad)
    assert grades["greeting"].ungraded_reason == UngradedReason.NO_EVIDENCE


async def test_an_unreadable_answer_is_asked_again_in_full():
    _, _, model = await grade("Hm.", good_answer())
    assert "Give all of it again" in model.requests[1].user
    assert {"facts", "strengths"} <= set(model.requests[1].schema["properties"])


async def test_an_answer_that_says_two_things_under_one_key_is_none():
    double = good_answer().replace('"level": "yes"', '"level": "no", "level": "yes"', 1)
    grades, _, _ = await grade(double, double)
    assert grades["greeting"].ungraded_reason == UngradedReason.BAD_ANSWER
