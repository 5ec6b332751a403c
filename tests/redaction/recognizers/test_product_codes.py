"""Versions, models and errors are nobody's; long numbers behind their names still are somebody's."""

import pytest

from redaction.recognizers.codes import recognizers
from redaction.recognizers.long_numbers import recognizers as long_numbers
from redaction.recognizers.product_codes import is_of_a_product
from redaction.recognizers.told import recognizers as told
from redaction.recognizers.written_numbers import recognizers as written


def found(text: str) -> list[str]:
    readers = [*recognizers("any"), *written("any"), *long_numbers("any"), *told("any")]
    return [
        text[result.start : result.end]
        for reader in readers
        for result in reader.analyze(text, reader.supported_entities)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "my order is late and I run version 22H2",
        "the error code 0x80070005 after my order",
        "my booking page says error E4021",
        "my order was the model KM3000X, build 19045A",
        "мой заказ не открывается: ошибка E4021, версия 22H2",
        "заказ: модель KM3000X",
        "订单页面显示错误代码0x80070005，版本22H2，型号KM3000X",
    ],
)
def test_versions_models_and_errors_stay(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the error code 5551234567 came", "5551234567"),
        ("model and order number KM3000X", "KM3000X"),
        ("my account number is KM3000X", "KM3000X"),
    ],
)
def test_long_numbers_and_codes_of_people_are_still_found(text: str, value: str) -> None:
    assert value in found(text)


def test_only_the_words_right_before_count() -> None:
    text = "the model of order KM3000X"
    assert not is_of_a_product(text, text.index("KM"), len(text))
