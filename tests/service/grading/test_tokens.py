import time

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from service.grading.tokens import TokenCounter, estimate, most_estimated, upper_bound


def an_encoding():
    """Return a real encoding that fits into a test: every byte is a token, and so are two syllables."""
    ranks = {bytes([b]): b for b in range(256)} | {b"th": 256, b"the": 257}
    return tiktoken.Encoding(
        "small", pat_str=r"\S+|\s+", mergeable_ranks=ranks, special_tokens={"<|end|>": 300}
    )


def test_without_an_encoding_letters_are_weighed_by_their_script():
    counter = TokenCounter()
    assert counter.estimated
    assert counter.count("ten letter") == 3
    assert counter.count("десять букв") == 7 + 1 - 1
    assert counter.count("12,34") == 5
    assert counter.count("您好您好您") == 7
    assert counter.count("\ud800") == 2


ORDINARY = [
    "Good morning, thank you for calling. May I have your order number, please? It is 4471 dash 9.",
    "Добрый день, спасибо за звонок. Назовите, пожалуйста, номер заказа. Он 4471, посмотрите.",
    "您好，感谢您的来电。请问您的订单号是多少？是4471，麻烦您看一下。",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_an_estimate_of_ordinary_text_is_between_a_fifth_of_its_bytes_and_all_of_them(text):
    assert upper_bound(text) / 5 < estimate(text) < upper_bound(text)


def test_an_encoding_that_is_there_in_time_is_used():
    counter = TokenCounter.load(fetch=an_encoding)
    assert not counter.estimated
    assert counter.count("the <|end|>") == 1 + 1 + 7


def test_an_encoding_that_does_not_come_is_done_without_in_bounded_time():
    started = time.perf_counter()
    assert TokenCounter.load(0.05, fetch=lambda: time.sleep(20) or an_encoding()).estimated
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize("error", [OSError("no network"), ValueError("bad file"), KeyError("unknown")])
def test_an_encoding_that_cannot_be_had_is_done_without(error):
    def fetch():
        raise error

    assert TokenCounter.load(fetch=fetch).estimated


@given(st.text(max_size=300))
def test_the_bound_is_never_below_the_count(text):
    assert TokenCounter(an_encoding()).count(text) <= upper_bound(text)


def test_a_limit_is_held_with_both_ways_of_counting():
    text = "the " * 1000
    assert TokenCounter().exceeds((text,), 1000)
    assert not TokenCounter(an_encoding()).exceeds((text,), 3000)
    assert TokenCounter(an_encoding()).exceeds((text,), 2000)
    assert not TokenCounter().exceeds((text,), 1300)


def test_a_long_run_of_one_character_is_counted_in_bounded_time():
    started = time.perf_counter()
    TokenCounter(an_encoding()).count("t" * 1_000_000)
    assert time.perf_counter() - started < 20


@given(st.text())
def test_no_text_is_estimated_higher_than_its_length_allows(text):
    assert estimate(text) <= most_estimated(text)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=3), st.integers(0, 120))
def test_a_request_that_need_not_be_read_is_judged_as_one_that_was(texts, limit):
    counter = TokenCounter()
    assert counter.exceeds(tuple(texts), limit) == (counter.count_request(tuple(texts)) > limit)
