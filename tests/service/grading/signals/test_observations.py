import pytest

from service.grading.signals.observations import observe
from service.grading.signals.registry import SIGNALS


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "a: Hello, please calm down."),
        ("ru", "a: Здравствуйте, успокойтесь, пожалуйста."),
        ("zh", "a: 您好，您冷静一下。"),
    ],
)
def test_every_signal_is_observed_in_the_same_order_with_words_in_the_language_of_the_conversation(
    say, language, line
):
    observed = observe(say(line, "c: 1", language=language))
    assert [each.signal for each in observed] == list(SIGNALS)
    by_signal = {each.signal: each for each in observed}
    assert by_signal["greeting"].value == 1
    assert by_signal["greeting"].evidence[0].turn == 0
    assert by_signal["forbidden_words"].suggestions[0].instead
    assert by_signal["dead_air"].value is None
    assert by_signal["dead_air"].rationale


def test_what_is_not_there_names_the_turns_that_were_searched(say):
    observed = {each.signal: each for each in observe(say("a: One", "c: x", "a: Two"))}
    assert observed["apology"].absence.searched == ((0, 2),)
    assert observed["promises"].value is None
    assert observed["promises"].absence.searched == ((0, 2),)
