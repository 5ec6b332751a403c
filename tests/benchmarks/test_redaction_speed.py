import pytest

from benchmarks import redaction_speed
from benchmarks.redaction_speed import Calls


@pytest.mark.parametrize("language", redaction_speed.LANGUAGES)
def test_a_call_of_samples_has_sixty_turns_in_its_language(language):
    calls = redaction_speed.sample_calls(language)
    assert (calls.language, [len(call) for call in calls.turns]) == (language, [60])
    assert calls.characters > 900


def test_speeds_are_characters_a_second_and_ratios_are_of_the_same_round():
    ran = []
    runs = [lambda calls, name=name: ran.append(name) for name in ("ours", "stock", "words")]
    speed = redaction_speed.measure(Calls("test", "en", (("abc", "de"),)), runs, rounds=3)
    assert ran == ["ours", "stock", "words"] * 4
    for middle, low, high in speed:
        assert 0 < low <= middle <= high


def test_stock_finds_what_it_finds_without_a_model_and_sees_words_around_only_with_them():
    from presidio_analyzer import AnalyzerEngine

    for engine in (redaction_speed._no_engine(), redaction_speed._blank_engine()):
        found = AnalyzerEngine(nlp_engine=engine).analyze("my ssn is 536-22-8726 at 10.0.0.1", "en")
        scores = {result.entity_type: result.score for result in found}
        assert "IP_ADDRESS" in scores
        assert (scores["US_SSN"] > 0.5) == (engine.engine_name == "spacy")


def test_a_process_says_how_much_it_holds():
    megabytes = redaction_speed.resident()
    assert 10 < megabytes["now"] <= megabytes["most"]
