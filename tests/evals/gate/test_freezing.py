"""A frozen set of conversations."""

import json

import pytest

from evals.gate.freezing import frozen, frozen_lines
from service.domain.errors import InvalidInput
from service.domain.labelled import LabelledConversation
from tests.evals.gate.runs import simple

RUN = simple([3] * 30, [3] * 20 + [None] * 10)


def test_as_many_are_drawn_as_asked_for_in_the_order_of_the_run():
    names = [one.conversation.external_id for one in frozen(RUN, 10, 0)]
    assert len(names) == 10
    assert names == sorted(names)


def test_the_same_seed_draws_the_same():
    assert frozen(RUN, 10, 1) == frozen(RUN, 10, 1)
    assert frozen(RUN, 10, 1) != frozen(RUN, 10, 2)


def test_labelled_ones_are_drawn_first():
    assert all(one.labels for one in frozen(RUN, 20, 0))
    assert sum(bool(one.labels) for one in frozen(RUN, 25, 0)) == 20


def test_the_lines_are_a_labelled_set_of_redacted_words():
    first = LabelledConversation.model_validate(json.loads(next(iter(frozen_lines(RUN, 5, 0)))))
    assert first.conversation.turns[0].text == "I will help"
    assert first.labels


def test_a_run_without_turns_cannot_be_frozen():
    bare = [
        one.model_copy(update={"evaluations": (one.evaluations[0].model_copy(update={"turns": None}),)})
        for one in RUN.conversations
    ]
    with pytest.raises(InvalidInput, match="no redacted turns"):
        frozen(RUN.model_copy(update={"conversations": tuple(bare)}), 5, 0)
