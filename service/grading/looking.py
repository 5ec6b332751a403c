"""What rules see in a conversation, whatever grades it: figures, observations, flags, a second opinion."""

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar

from service.domain.grade import Flag, Grade, Observation
from service.domain.scorecard import Scorecard
from service.domain.transcript import RedactedConversation
from service.grading.signals.grader import SignalsGrader
from service.grading.signals.measures import measure
from service.grading.signals.memory import shared_work
from service.grading.signals.observations import observe
from service.grading.suspicion.detector import suspected_instructions

P = ParamSpec("P")
R = TypeVar("R")


class Seen(NamedTuple):
    """What rules saw in a conversation. `second_opinion` holds the embedded grader's grades by dimension.
    `complete` is off when the rules failed.
    """

    figures: dict[str, float | int | None]
    observations: tuple[Observation, ...]
    flags: tuple[Flag, ...]
    second_opinion: dict[str, Grade]
    complete: bool = True


def look(conversation: RedactedConversation, card: Scorecard | None, *, flags: bool = True) -> Seen:
    """Return what rules see; a second opinion on the dimensions of `card` if there is one. Takes some
    milliseconds of a processor for a call of an hour.
    """
    found = suspected_instructions(conversation) if flags else ()
    with shared_work():
        second = {} if card is None else _second_opinion(conversation, card)
        return Seen(measure(conversation), observe(conversation), found, second)


class Elsewhere(Protocol):
    """Runs importable functions where they do not hold up the event loop."""

    def __call__(
        self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, R]:
        """Return what `function` returns."""


def _second_opinion(conversation: RedactedConversation, card: Scorecard) -> dict[str, Grade]:
    assessment = SignalsGrader().assess(conversation, card)
    return {grade.dimension: grade for grade in assessment.grades}
