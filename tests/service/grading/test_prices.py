import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.grading.prices import InvalidPrices, Price, Prices, Spending, read_prices

TABLE = """
gpt-5.5: {input: 2, cached_input: 0.2, output: 12}
gpt-5*: {input: 1, output: 8}
gpt-5.5-mini*: {input: 0.1, output: 0.4}
"*":
  input: 0.5
  output: 1.5
"""


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("gpt-5.5", Price(2, 0.2, 12)),
        ("gpt-5.5-2026-04-01", Price(1, 1, 8)),
        ("gpt-5.5-mini-2026", Price(0.1, 0.1, 0.4)),
        ("gpt-5", Price(1, 1, 8)),
        ("something/else", Price(0.5, 0.5, 1.5)),
        ("", Price(0.5, 0.5, 1.5)),
    ],
)
def test_the_exact_name_counts_first_then_the_longest_beginning(model, price):
    assert read_prices(TABLE).of(model) == price


def test_a_model_that_is_not_in_the_table_has_no_price():
    prices = read_prices("gpt-5.5: {input: 2, output: 12}")
    assert prices.of("gpt-5.5-mini") is None
    assert prices.of("gpt-5.5-2026-04-01", "gpt-5.5") == Price(2, 2, 12)
    assert Prices().of("gpt-5.5") is None


def test_cached_tokens_are_a_part_of_the_prompt_and_cost_what_the_table_says():
    assert Price(2, 0.2, 12).cost(1_000_000, 400_000, 100_000) == pytest.approx(1.2 + 0.08 + 1.2)
    assert Price(2, 0.2, 12).cost(10, 999, 0) == pytest.approx(10 * 0.2 / 1e6)


@given(
    sent=st.integers(0, 10**9),
    cached=st.integers(0, 10**9),
    received=st.integers(0, 10**9),
    rates=st.tuples(*[st.floats(0, 1_000_000)] * 3),
)
def test_a_cost_is_never_negative_and_grows_with_the_answer(sent, cached, received, rates):
    price = Price(*rates)
    cost = price.cost(sent, cached, received)
    assert 0 <= cost <= price.cost(sent, cached, received + 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty; write a model and its prices"),
        ("# nothing\n", "the file is empty"),
        ("- gpt", "line 1, column 1: the file is no mapping"),
        ("gpt: 3", "gpt has no prices; write gpt: {input: 2"),
        (
            "a: {input: 1, output: 2}\ngpt:\n  input: 1",
            "line 2, column 1: gpt needs the key 'output'; add output:",
        ),
        (
            "gpt:\n  input: 1\n  ouput: 2\n  output: 2",
            "line 3, column 3: a price has no key 'ouput'; did you mean 'output'?",
        ),
        ("gpt:\n  input: 1\n  output: -2", "line 3, column 3: output has to be a price, it is -2; write USD"),
        ("gpt:\n  input: .nan\n  output: 2", "line 2, column 3: input has to be a price, it is .nan"),
        ("gpt:\n  input: 1e400\n  output: 2", "input has to be a price, it is 1e400"),
        ("gpt:\n  input: yes\n  output: 2", "input has to be a price, it is yes"),
        ("gpt:\n  input: '2'\n  output: 2", "input has to be a price, it is 2"),
        ("gpt:\n  input:\n  output: 2", "input has to be a price, it is empty"),
        ("gpt:\n  input: [1]\n  output: 2", "input has to be a price, it is a list or a mapping"),
        ("gpt: {input: 1, output: 2, cached_input: -1}", "cached_input has to be a price, it is -1"),
        ("g*t: {input: 1, output: 2}", "'g*t' is no model's name; write the whole name, or its beginning"),
        (
            "gpt: {input: 1, output: 2}\ngpt: {input: 1, output: 2}",
            "occurs twice in one mapping, on lines 1 and 2",
        ),
        ("gpt: {input: 1", "line"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_every_mistake_is_told_with_its_line_and_what_to_do(text, told):
    with pytest.raises(InvalidPrices) as caught:
        read_prices(text)
    assert any(told in problem for problem in caught.value.problems), caught.value.problems


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines():
    with pytest.raises(InvalidPrices) as caught:
        read_prices("a: 1\nb: {input: -1, output: -1}\nc: {inpt: 1, output: 1}")
    lines = [problem.split(",")[0] for problem in caught.value.problems]
    assert lines == ["line 1", "line 2", "line 2", "line 3", "line 3"]


@given(st.text(max_size=200))
def test_any_text_is_a_table_or_a_list_of_mistakes(text):
    with suppress(InvalidPrices):
        assert isinstance(read_prices(text), Prices)


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    with pytest.raises(InvalidPrices, match="cannot be read"):
        Prices.from_file(tmp_path)


def test_threads_lose_nothing_of_the_sum():
    spending = Spending()

    def spend():
        for _ in range(2_000):
            spending.add(0.5)

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spending.usd == 4_000
