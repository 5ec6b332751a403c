"""Addresses of many countries: found from the number to the country, and nothing else taken for one."""

import pytest

from redaction.recognizers.postal_addresses import recognizers

(READER,) = recognizers()


def found(text: str) -> list[str]:
    results = READER.analyze(text, READER.supported_entities)
    return [text[result.start : result.end] for result in results]


@pytest.mark.parametrize(
    "marked",
    [
        "ship it to [27 rue des Lilas, 69003 Lyon] please",
        "my address is [14 Via Montello 9, Apt. 3, Siena, Italy]",
        "we moved to [Lindenstraße 12, 50674 Köln]",
        "send it to [8 Calle Mayor 21\n Suite 4\n Toledo\n Spain 45001]\nthanks",
        "[31 Oude Gracht 7 Apt. 12 Utrecht Netherlands]",
        "it is [5 ul. Ogrodowa 18\nWrocław\n, DS\n 50123] now",
        ">[40 Storgata 6\n>Suite 11\n>Bergen\n>Norway 5003]\n>bye",
        "the office is at [12 Birch Lane, Flat 2, Leeds, LS1 4AP]",
        "deliver to [400 west maple street apt 9 denver colorado 80202]",
        "address [19 jan steenstraat 211 apt 8 ghent belgium]",
        "return to [Unit 4021 Box 118\nAPO AE 09012]",
        "meet at [the corner of Elm Road and Fifth Street] at noon",
        "i am on [Maple Grove Avenue] since May",
        "see [Van Dyckstraat 8, Antwerp]",
    ],
)
def test_an_address_is_found_from_its_first_word_to_its_last(marked: str) -> None:
    wanted = marked[marked.index("[") + 1 : marked.index("]")]
    assert wanted in found(marked.replace("[", "").replace("]", ""))


@pytest.mark.parametrize(
    "text",
    [
        "i need 2 tickets to London please",
        "two of us and 3 kids are going to Paris",
        "it was a 16 oz latte with 2 pumps of vanilla",
        "call me at 5 or on the way home",
        "i paid 45 dollars for the room\nYes\nGreece is nice",
        "flight 212 leaves at 10 from gate 4",
        "i have 20 years of experience in Germany",
        "press 1 for sales, 2 for support",
        "he drove 300 miles to Boston",
        "turn left on the next street",
    ],
)
def test_numbers_and_places_that_are_no_address_stay(text: str) -> None:
    assert found(text) == []


def test_the_next_turn_is_no_part_of_an_address() -> None:
    assert all("Yes" not in part for part in found("i live at 12 Oak Street\nYes\nOkay Great"))
    assert found("i live at 12 calle Luna 4\nYes\nOkay Great") == ["12 calle Luna 4"]


def test_a_long_row_of_numbers_and_words_takes_bounded_time() -> None:
    assert found("12 abc " * 5_000) == []
