"""Which scorecard is taken when the request names none."""

from typing import Any

import pytest

from service.domain.errors import NoFittingScorecard
from service.domain.scorecard import ScorecardRevision
from service.domain.selection import choose_scorecard
from service.domain.transcript import Conversation, Language
from tests.service.cards import make_card


def published(
    name: str, *, builtin: bool = False, languages: tuple[str, ...] = ("en",), **applies_to: Any
) -> ScorecardRevision:
    scorecard = make_card(name=name, languages=list(languages), applies_to=applies_to)
    return ScorecardRevision(scorecard=scorecard, revision=1, builtin=builtin)


def conversation(**fields: Any) -> Conversation:
    return Conversation.model_validate({"turns": [{"speaker": "agent", "text": "Hello"}], **fields})


def chosen(cards: list[ScorecardRevision], language: Language = "en", **fields: Any) -> str:
    return choose_scorecard(conversation(**fields), language, cards).name


def refused(cards: list[ScorecardRevision], language: Language = "en", **fields: Any) -> NoFittingScorecard:
    with pytest.raises(NoFittingScorecard) as caught:
        choose_scorecard(conversation(**fields), language, cards)
    return caught.value


def test_the_only_card_that_fits_is_taken() -> None:
    cards = [published("calls", channel=["call"]), published("chats", channel=["chat"])]
    assert chosen(cards, channel="chat") == "chats"


def test_ones_own_card_comes_before_a_built_in_one_that_fits_better() -> None:
    cards = [published("own"), published("builtin", builtin=True, channel=["call"], call_type=["billing"])]
    assert chosen(cards, channel="call", call_type="billing") == "own"


def test_a_built_in_card_is_taken_where_ones_own_does_not_fit() -> None:
    cards = [published("own", channel=["chat"]), published("builtin", builtin=True)]
    assert chosen(cards, channel="call") == "builtin"


def test_the_more_specific_of_two_fitting_cards_is_taken() -> None:
    cards = [
        published("all"),
        published("calls", channel=["call"]),
        published("billing", channel=["call"], call_type=["billing"]),
    ]
    assert chosen(cards, channel="call", call_type="billing") == "billing"
    assert chosen(cards, channel="call", call_type="delivery") == "calls"
    assert chosen(cards, channel="chat") == "all"


def test_a_silent_conversation_gets_the_card_that_assumes_the_least() -> None:
    cards = [published("all"), published("calls", channel=["call"])]
    assert chosen(cards) == "all"


def test_a_card_with_conditions_fits_a_silent_conversation_when_it_is_the_only_one() -> None:
    assert chosen([published("calls", channel=["call"])]) == "calls"


def test_the_language_has_to_fit() -> None:
    cards = [
        published("english"),
        published("russian", languages=("ru",)),
        published("both", languages=("zh", "ru")),
    ]
    assert chosen(cards, "zh") == "both"
    assert refused(cards, "ru").candidates == ("both", "russian")


def test_a_tie_names_the_candidates_in_order() -> None:
    error = refused([published("b"), published("a"), published("c", channel=["chat"])], channel="call")
    assert error.candidates == ("a", "b")
    assert "equally well" in error.detail
    assert error.problems[0].pointer == "/scorecard"


def test_no_fitting_card_names_all_that_there_are() -> None:
    error = refused([published("b", channel=["chat"]), published("a", channel=["chat"])], channel="call")
    assert error.candidates == ("a", "b")
    assert "no scorecard fits" in error.detail


def test_no_card_at_all_is_said_so() -> None:
    assert "none" in refused([]).detail


def test_the_order_of_the_cards_does_not_matter() -> None:
    cards = [published("all"), published("calls", channel=["call"]), published("builtin", builtin=True)]
    assert {chosen(order, channel="call") for order in (cards, cards[::-1])} == {"calls"}
