"""What holds for any conversation whatever."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.advice import SIGNAL_VALUES
from service.domain.scorecard import Scorecard
from service.domain.transcript import RedactedConversation
from service.grading.signals.folding import fold
from service.grading.signals.grader import SignalsGrader
from service.grading.signals.lexicon import lexicon
from service.grading.signals.measures import measure
from service.grading.signals.memory import shared_work
from service.grading.signals.observations import observe
from service.grading.signals.registry import SIGNALS
from tests.cpu import cpu_seconds

PIECES = [
    "Good morning", "thanks for calling", "my name is <PERSON_1>", "goodbye", "I’m sorry", "shut up", "um",
    "yes", "what is your name?", "i understand how frustrating", "Здравствуйте", "меня зовут", "всё, пока",
    "извините", "ну", "подскажите, пожалуйста", "ага", "заткнись", "您好", "我是<PERSON_1>", "再见", "抱歉",
    "please hold", "thank you <PERSON_2>", "calm down", "you have to", "i will call you by five", "<DATE_1>",
    "подождите", "успокойтесь", "я вам перезвоню завтра", "请稍等", "您冷静一下", "我明天给您回电",
    "嗯", "闭嘴", "请问", "。", "？", "…", "\n", "İ", "ß", "ﬁ", "е\u0308", "\u200b", "<", ">", "'", "’", " ",
]  # fmt: skip
texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join))
times = st.one_of(st.none(), st.floats(0, 1e6))


@st.composite
def conversations(draw):
    turns = []
    for text in draw(st.lists(texts, max_size=12)):
        start, end = draw(times), draw(times)
        if start is not None and end is not None:
            start, end = sorted((start, end))
        speaker = draw(st.sampled_from(["agent", "customer", "bot", "system"]))
        turns.append({"speaker": speaker, "text": text, "start_s": start, "end_s": end})
    turns.append({"speaker": "customer", "text": "x"})
    language = draw(st.sampled_from(["en", "ru", "zh"]))
    return RedactedConversation.model_validate({"language": language, "turns": turns})


@settings(max_examples=150, deadline=None)
@given(conversations())
def test_every_piece_of_evidence_is_verbatim_in_its_turn(conversation):
    for signal in SIGNALS.values():
        finding = signal(conversation)
        assert len(finding.evidence) <= 3
        for piece in finding.evidence:
            turn = conversation.turns[piece.turn]
            assert turn.text[piece.start : piece.end] == piece.quote
            assert turn.speaker == piece.speaker


@settings(max_examples=150, deadline=None)
@given(conversations())
def test_a_value_is_between_0_and_1_and_rests_on_evidence_or_on_a_search(conversation):
    for name, signal in SIGNALS.items():
        finding = signal(conversation)
        assert finding.rationale
        assert "{" not in finding.rationale
        if finding.value is None:
            assert finding.needs_a_reader or not finding.suggestions
            assert name == "rude_words" or not finding.evidence
        else:
            assert 0 <= finding.value <= 1
            assert finding.value in SIGNAL_VALUES.get(name, (finding.value,))
            assert bool(finding.evidence) is (finding.absence is None)
        for first, last in finding.absence.searched if finding.absence else ():
            assert 0 <= first <= last < len(conversation.turns)


@settings(max_examples=150, deadline=None)
@given(conversations())
def test_measures_have_the_same_keys_for_every_conversation(conversation):
    measures = measure(conversation)
    assert sorted(measures) == [
        "agent_questions", "agent_talk_share", "agent_turns", "agent_words_per_minute", "customer_turns",
        "customer_words_per_minute", "filler_words", "forbidden_words", "holds", "longest_silence_s",
        "name_uses", "overlaps", "promises", "rude_words", "silence_share",
    ]  # fmt: skip
    assert all(value is None or value >= 0 for value in measures.values())


@settings(max_examples=100, deadline=None)
@given(conversations())
def test_what_is_observed_is_the_finding_of_each_signal_in_the_order_of_the_registry(conversation):
    observed = observe(conversation)
    assert [each.signal for each in observed] == list(SIGNALS)
    for each, signal in zip(observed, SIGNALS.values(), strict=True):
        finding = signal(conversation)
        assert each.model_dump(exclude={"signal"}) == finding.model_dump(exclude={"strength"})


@settings(max_examples=100, deadline=None)
@given(conversations())
def test_words_that_had_better_be_replaced_stand_in_their_turn(conversation):
    for each in observe(conversation):
        for suggestion in each.suggestions:
            assert suggestion.said in conversation.turns[suggestion.turn].text
            assert suggestion.instead


@given(st.text(), st.sampled_from(["en", "ru", "zh"]))
def test_folding_moves_no_character(text, language):
    assert len(fold(text, lexicon(language).letters)) == len(text)


HOSTILE = {
    "one letter": "a" * 1_000_000,
    "spaces": " " * 999_999 + "a",
    "full stops": "a." * 500_000,
    "question marks": "?" * 999_999 + "a",
    "beginnings of phrases": "i understand how " * 58_000,
    "sorries": "sorry " * 160_000,
    "tails of phrases": "have a have a " * 71_000,
    "open brackets": "<person_" * 125_000,
    "letters with apostrophes": "a'" * 500_000,
    "Chinese": "我理解您的" * 200_000,
    "Chinese questions": "请问您" * 333_000,
    "Russian": "понимаю как вам " * 62_000,
    "waits": "please hold one moment " * 43_000,
    "promises without a time": "i will call you " * 62_000,
    "names": "<PERSON_1> " * 90_000,
    "unhelpful phrases": "you have to calm down " * 45_000,
    "Russian promises": "я вам перезвоню в течение " * 38_000,
    "Chinese promises": "退款将会给您" * 166_000,
}


@pytest.mark.parametrize("language", ["en", "ru", "zh"])
@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_in_proportion_to_the_length_of_a_hostile_turn(language, name):
    def seconds(text):
        turns = [{"speaker": "agent", "text": text}]
        conversation = RedactedConversation.model_validate({"language": language, "turns": turns})

        def work():
            with shared_work():
                observe(conversation)
                measure(conversation)

        return cpu_seconds(work, tries=1)

    # A tenth of the longest text allowed; quadratic time would take minutes.
    assert seconds(HOSTILE[name][:100_000] + " a") < 10


def test_the_longest_text_allowed_is_graded_in_seconds():
    card = Scorecard.model_validate({
        "name": "c", "title": "C", "language": "en", "languages": ["en"], "pass_mark": 50,
        "sections": [{"id": "s", "title": "S", "dimensions": [{
            "id": "d", "title": "D", "question": "Q?", "signals": list(SIGNALS),
            "scale": {"type": "yes_no", "levels": [
                {"level": "no", "points": 0, "anchor": "no"}, {"level": "yes", "points": 1, "anchor": "yes"},
            ]},
        }]}],
    })  # fmt: skip
    text = ("could you tell me um how the order is going i am sorry " * 20_000)[:1_000_000]
    turns = [{"speaker": "agent", "text": text}]
    conversation = RedactedConversation.model_validate({"language": "en", "turns": turns})
    assert cpu_seconds(lambda: asyncio.run(SignalsGrader().grade(conversation, card)), tries=1) < 60
