import re

import pytest
from pydantic import ValidationError

from service.grading.signals.lexicon import Phrases, Wording
from service.grading.signals.phrases_language import to_pattern


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("good day", "good, day"),
        ("(good|fine) day", "fine day"),
        ("thanks [so much] for", "thanks for"),
        ("thanks [so much] for", "thanks so much for"),
        ("sorr*", "sorriest"),
        ("i'm here", "im here"),
        ("i'm here", "i m here"),
        ("have ... day", "have a really nice day"),
        ("this is <person>", "this is <person_12>"),
        ("this is <name> from", "this is <person_1> from"),
        ("this is <name> from", "this is laura from"),
        ("^ bye $", " bye!"),
        ("sorry?", "sorry?"),
        ("(это) <person>?", "это <person_1>?"),
        ("您好", "您 好"),
        ("祝您...愉快", "祝您周末愉快"),
        ("我叫<name>", "我叫王芳"),
        ("工号ok", "工号okay".replace("okay", "ok了")),
    ],
)
def test_a_phrase_matches(phrase, text):
    assert re.search(to_pattern([phrase]), text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("good day", "good daylight"),
        ("good day", "ungood day"),
        ("have ... day", "have one two three four day"),
        ("have ... day", "have a break. day"),
        ("^ bye $", "goodbye, bye"),
        ("sorry?", "sorry"),
        ("good day", "good? day"),
        ("祝您...愉快", "祝您好。愉快"),
        ("this is <person>", "this is laura"),
    ],
)
def test_a_phrase_does_not_match(phrase, text):
    assert not re.search(to_pattern([phrase]), text)


@pytest.mark.parametrize("phrase", ["(good", "good)", "a . b", "", "<someone>"])
def test_a_phrase_that_is_not_well_formed_is_refused(phrase):
    with pytest.raises(ValidationError):
        Phrases(find=(phrase,))


def test_an_exception_takes_away_the_phrase_that_it_begins_with_or_before():
    phrases = Phrases(find=("welcome",), exceptions=("you're welcome", "welcome mat"))
    assert [m["yes"] for m in phrases.pattern.finditer("you're welcome welcome mat welcome")] == [
        None,
        None,
        "welcome",
    ]


def test_a_sentence_that_mentions_an_unknown_field_is_refused():
    with pytest.raises(ValidationError, match="unknown fields"):
        Wording(looked_for="x", found="{turns}", missing="x", unmeasurable="x")
