"""What the tests of signals share."""

from collections.abc import Callable

import pytest

from service.domain.transcript import RedactedConversation

Say = Callable[..., RedactedConversation]


@pytest.fixture
def say() -> Say:
    """Make a conversation from lines such as ``"a: Hello"``: agent, customer, bot or system."""
    speakers = {"a": "agent", "c": "customer", "b": "bot", "s": "system"}

    def make(
        *lines: str, language: str = "en", times: list[tuple] | None = None, **known: str
    ) -> RedactedConversation:
        turns = []
        for position, line in enumerate(lines):
            speaker, text = line.split(": ", 1)
            turn = {"speaker": speakers[speaker], "text": text}
            if times:
                turn |= dict(zip(("start_s", "end_s"), times[position], strict=True))
            turns.append(turn)
        return RedactedConversation.model_validate({"language": language, "turns": turns, **known})

    return make
