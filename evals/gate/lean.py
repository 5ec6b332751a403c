"""A run without what no comparison uses: two large ones are held in memory at once."""

from typing import Annotated

from pydantic import BeforeValidator

from service.domain.evaluation import Evaluation
from service.domain.grade import Grade, Observation
from service.domain.run import Run, RunConversation


def _nothing(_: object) -> None:
    return None


def _none_of_them(_: object) -> tuple[()]:
    return ()


_Unread = Annotated[None, BeforeValidator(_nothing)]


class LeanGrade(Grade):
    """A grade without the parts of its confidence."""

    confidence_parts: _Unread = None


class LeanEvaluation(Evaluation):
    """An evaluation without words, coaching and what rules measured: two thirds of a run file."""

    grades: tuple[LeanGrade, ...] = ()
    coaching: _Unread = None
    facts: _Unread = None
    signals: _Unread = None
    observations: Annotated[tuple[Observation, ...], BeforeValidator(_none_of_them)] = ()
    turns: _Unread = None


class LeanConversation(RunConversation):
    """A conversation of a lean run."""

    evaluations: tuple[LeanEvaluation, ...] = ()


class LeanRun(Run):
    """A run that can be compared, and neither frozen nor exported."""

    conversations: tuple[LeanConversation, ...] = ()
