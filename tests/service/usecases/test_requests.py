"""What callers ask for: metadata of a request and of its conversation."""

import pytest
from pydantic import ValidationError

from service.usecases.requests import EvaluationRequest
from tests.service.cards import conversation

HALF = "x" * 500_000


def test_metadata_of_a_request_wins_over_the_conversations_own() -> None:
    given = {"conversation": conversation(metadata={"a": 1, "b": 1}), "metadata": {"a": 2}}
    assert EvaluationRequest.model_validate(given).full_conversation.metadata == {"a": 2, "b": 1}


def test_metadata_of_a_request_counts_with_the_conversations() -> None:
    def given(name: str) -> dict[str, object]:
        return {"conversation": conversation(metadata={"a": HALF}), "metadata": {name: HALF}}

    assert len(EvaluationRequest.model_validate(given("a")).full_conversation.metadata) == 1
    with pytest.raises(ValidationError, match="with that of the conversation, is 1,000,0"):
        EvaluationRequest.model_validate(given("b"))
    with pytest.raises(ValidationError, match="bytes of JSON"):
        EvaluationRequest.model_validate({"conversation": conversation(), "metadata": {"b": HALF * 2}})
