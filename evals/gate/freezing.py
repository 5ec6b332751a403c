"""A frozen set: conversations of a run, redacted as they were graded, to be graded again."""

import random
from collections.abc import Iterator

from service.domain.errors import FieldProblem, InvalidInput
from service.domain.evaluation import Evaluation
from service.domain.labelled import LabelledConversation
from service.domain.run import Run, RunConversation
from service.domain.transcript import Agent, Conversation, Turn


def frozen(run: Run, count: int, seed: int) -> list[LabelledConversation]:
    """Return `count` conversations drawn from those that were graded, in order, with labels and floors.

    Labelled ones are drawn first: the frozen set can then be held against people, too. The words are the
    redacted ones; times of turns and metrics are not in a run and are lost. Raises InvalidInput where the run
    has no turns.
    """
    usable = [one for one in run.conversations if _turns(one)]
    if not usable:
        problem = "the run holds no redacted turns, so nothing can be frozen"
        raise InvalidInput([FieldProblem("", problem)])
    order = random.Random(seed)  # noqa: S311 - no secret
    drawn = sorted(usable, key=lambda one: (not one.labels, order.random()))[:count]
    chosen = {one.id for one in drawn}
    return [_labelled(one) for one in usable if one.id in chosen]


def frozen_lines(run: Run, count: int, seed: int) -> Iterator[str]:
    """Yield a frozen set as lines of a labelled set."""
    for one in frozen(run, count, seed):
        yield one.model_dump_json(exclude_defaults=True)


def _turns(one: RunConversation) -> Evaluation | None:
    return next((e for e in one.evaluations if e.turns and any(t.text.strip() for t in e.turns)), None)


def _labelled(one: RunConversation) -> LabelledConversation:
    evaluation = _turns(one)
    if evaluation is None or evaluation.turns is None:
        raise ValueError("a conversation without turns cannot be frozen")
    agent = evaluation.agent
    conversation = Conversation(
        external_id=one.id,
        channel=evaluation.channel,
        language=evaluation.language,
        call_type=evaluation.call_type,
        direction=evaluation.direction,
        agent=Agent(id=agent.id, team=agent.team) if agent else None,
        started_at=evaluation.started_at,
        turns=tuple(Turn(speaker=turn.speaker, text=turn.text) for turn in evaluation.turns),
        metadata=evaluation.metadata,
    )
    return LabelledConversation(conversation=conversation, labels=one.labels, floors=one.floors)
