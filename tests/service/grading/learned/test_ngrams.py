import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.evaluation import RedactedTurn
from service.grading.learned.ngrams import BLOCKS, MAX_CHARACTERS, MEASURES, NUMBER, count, measures


def said(text: str, speaker: str = "agent") -> list[RedactedTurn]:
    return [RedactedTurn(speaker=speaker, text=text)]


def test_words_of_agent_and_customer_are_counted_apart():
    counts = count([*said("Good morning"), *said("good grief", "customer")])
    assert counts["agent words"] == {"good": 1, "morning": 1, "good morning": 1}
    assert counts["customer words"] == {"good": 1, "grief": 1, "good grief": 1}


def test_bots_and_systems_are_not_read():
    counts = count([*said("hello", "bot"), *said("hello", "system")])
    assert not any(counts.values())
    assert measures(said("hello", "bot")) == (0.0,) * len(MEASURES)


def test_a_placeholder_is_its_kind_whatever_its_number():
    first, second = (count(said(f"this is <PERSON_{n}>"))["agent words"] for n in (1, 27))
    assert first == second
    assert first["<person>"] == 1
    assert first["is <person>"] == 1


def test_no_digit_is_kept_in_any_script():
    counts = count(said("call 020 7946 0018, a1b2, ٣٤٥, ⑦, ２０２６年"))
    assert counts["agent words"][NUMBER] > 3
    assert not any(character.isdigit() for block in counts.values() for ngram in block for character in ngram)


def test_a_chinese_character_is_a_word_of_its_own():
    assert {"谢", "谢 谢", "谢 您"} <= set(count(said("谢谢您"))["agent words"])


def test_pieces_do_not_reach_over_words():
    pieces = count(said("ab cd"))["agent pieces"]
    assert {" a", "ab", " ab ", "cd "} <= set(pieces)
    assert "b c" not in pieces


def test_of_a_long_speech_the_beginning_and_the_end_are_read():
    words = count(said(f"beginning {'middle ' * MAX_CHARACTERS} end"))["agent words"]
    assert {"beginning", "end"} <= set(words)
    assert words["middle"] < MAX_CHARACTERS


@given(st.lists(st.tuples(st.sampled_from(["agent", "customer"]), st.text(max_size=200)), max_size=5))
def test_any_text_is_counted_without_digits(pairs):
    turns = [RedactedTurn(speaker=speaker, text=text) for speaker, text in pairs]
    counts = count(turns)
    assert set(counts) == set(BLOCKS)
    assert all(times > 0 for block in counts.values() for times in block.values())
    assert not any(
        character.isdecimal() for block in counts.values() for ngram in block for character in ngram
    )


@pytest.mark.parametrize("text", ["<", "<A", "<PERSON_", "<PERSON_1>", "a_", "ж", "中", "\ufdfa", "?"])
def test_a_transcript_of_any_length_gives_a_bounded_number_of_ngrams(text):
    counts = count(said(text * (1_000_000 // len(text))))
    assert sum(block.total() for block in counts.values()) < 16 * MAX_CHARACTERS
