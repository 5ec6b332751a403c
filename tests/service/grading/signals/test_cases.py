"""The lexicons against invented sentences, clean and as speech recognition writes them."""

import re
from pathlib import Path

import pytest
import yaml

from service.grading.signals.registry import SIGNALS

LANGUAGES = ("en", "ru", "zh")
COUNTS = {"counts": True, "does_not": False, "perhaps": None}


def _cases():
    for language in LANGUAGES:
        text = (Path(__file__).parent / f"cases_{language}.yaml").read_text(encoding="utf-8")
        for signal, groups in yaml.safe_load(text).items():
            for group, sentences in groups.items():
                for sentence in sentences:
                    yield pytest.param(language, signal, sentence, COUNTS[group], id=sentence)


CASES = list(_cases())
POSITIVE = [case for case in CASES if case.values[3]]


def _is_found(say, language, signal, sentence):
    finding = SIGNALS[signal](say(f"a: {sentence}", language=language))
    if finding.needs_a_reader:
        return None
    assert finding.value is not None or finding.absence is not None
    return bool(finding.evidence)


@pytest.mark.parametrize(("language", "signal", "sentence", "counts"), CASES)
def test_a_sentence_is_told_from_one_that_only_looks_like_it(say, language, signal, sentence, counts):
    assert _is_found(say, language, signal, sentence) is counts


def _recognised(sentence):
    """Lower case without punctuation; a redacted name stays as it is."""
    kept = re.findall(r"<[A-Z_]+_\d>|[\w']+", sentence.replace("’", "'"))
    return " ".join(piece if piece.startswith("<") else piece.lower() for piece in kept)


@pytest.mark.parametrize(("language", "signal", "sentence", "counts"), POSITIVE)
def test_what_counts_is_also_found_in_lower_case_without_punctuation(say, language, signal, sentence, counts):
    assert _is_found(say, language, signal, _recognised(sentence)) is counts


@pytest.mark.parametrize(
    ("language", "signal", "sentence", "counts"),
    [case for case in CASES if case.values[1] == "questions_asked" and not case.values[3]],
)
def test_a_routine_question_is_known_in_lower_case_without_punctuation(
    say, language, signal, sentence, counts
):
    assert _is_found(say, language, signal, _recognised(sentence)) is counts


@pytest.mark.parametrize(("language", "signal", "sentence", "counts"), POSITIVE)
def test_what_the_customer_says_does_not_count(say, language, signal, sentence, counts):
    finding = SIGNALS[signal](say(f"c: {sentence}", "a: 12345", language=language))
    assert not finding.evidence
    assert finding.absence is not None


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_cases_of_both_kinds_in_every_language(language):
    counts = [case.values[3] for case in CASES if case.values[0] == language]
    assert counts.count(True) >= 25
    assert counts.count(False) >= 25
