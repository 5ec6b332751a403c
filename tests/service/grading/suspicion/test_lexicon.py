import pytest

from service.grading.suspicion.folding import fold
from service.grading.suspicion.lexicon import lexicons, meanings, rules


def test_every_meaning_of_a_rule_has_words_in_english_russian_and_chinese():
    needed = {meaning for rule in rules() for meaning in (*rule.all, *rule.unless)}
    for lexicon in lexicons():
        assert needed <= lexicon.phrases.keys() | {"self_score"}


def test_every_meaning_is_used_by_a_rule():
    used = {meaning for rule in rules() for meaning in (*rule.all, *rule.unless)}
    assert set(meanings()) == used


@pytest.mark.parametrize("meaning", sorted(meanings()))
def test_phrases_are_written_as_text_is_folded(meaning):
    assert [phrase for phrase in meanings()[meaning] if fold(phrase).text != phrase] == []


def test_labels_and_keys_are_written_as_text_is_folded():
    for lexicon in lexicons():
        words = (*lexicon.labels, *lexicon.speakers, *lexicon.keys, *lexicon.scores, *lexicon.fence_words)
        assert [word for word in words if fold(word).text != word] == []
