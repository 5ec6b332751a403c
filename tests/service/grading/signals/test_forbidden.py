import pytest

from service.domain.scorecard import SignalName
from service.grading.signals.forbidden import MAX_REPLACEMENTS
from service.grading.signals.lexicon import lexicon
from service.grading.signals.registry import SIGNALS


def test_an_unhelpful_phrase_comes_with_what_to_say_instead(say):
    finding = SIGNALS["forbidden_words"](say("a: Hello", "c: x", "a: Well, that's not my problem."))
    assert finding.value == 0.5
    assert finding.evidence[0].quote == "Well, that's not my problem."
    (suggestion,) = finding.suggestions
    assert (suggestion.turn, suggestion.said) == (2, "not my problem")
    assert suggestion.instead == "Let me find out who can help you with this."


def test_several_unhelpful_phrases_make_the_value_0_and_the_same_words_are_suggested_once(say):
    finding = SIGNALS["forbidden_words"](say("a: Calm down.", "c: x", "a: Calm down! I don't know."))
    assert finding.value == 0
    assert [suggestion.said for suggestion in finding.suggestions] == ["Calm down", "I don't know"]


def test_without_an_unhelpful_phrase_the_value_is_1_and_the_searched_turns_are_named(say):
    finding = SIGNALS["forbidden_words"](say("c: calm down", "a: One moment"))
    assert finding.value == 1
    assert finding.absence.searched == ((1, 1),)


def test_suggestions_are_few_however_many_phrases_are_found(say):
    verbs = ["pay", "wait", "call", "go"]
    text = " ".join(f"As I said, you {'r' * n}. You must {verb}." for n in range(9) for verb in verbs)
    assert len(SIGNALS["forbidden_words"](say("a: " + text)).suggestions) <= MAX_REPLACEMENTS


def test_an_insult_comes_with_what_to_say_instead_where_the_lexicon_knows(say):
    finding = SIGNALS["rude_words"](say("a: Shut up!"))
    assert finding.suggestions[0].said == "Shut up"
    assert SIGNALS["rude_words"](say("a: You moron")).suggestions == ()


@pytest.mark.parametrize("language", ["en", "ru", "zh"])
def test_every_unhelpful_phrase_of_a_lexicon_has_a_replacement(language):
    phrases = lexicon(language).phrases["forbidden_words"]
    assert phrases.groups
    assert not phrases.find


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "a: calm down sir"),
        ("ru", "a: успокойтесь пожалуйста"),
        ("zh", "a: 请您冷静一下"),
        ("zh", "a: ，没办法。"),
        ("ru", "a: — Не знаю."),
    ],
)
def test_a_replacement_is_found_in_every_language_and_at_the_edge_of_a_turn(say, language, line):
    name: SignalName = "forbidden_words"
    assert len(SIGNALS[name](say(line, language=language)).suggestions) == 1
