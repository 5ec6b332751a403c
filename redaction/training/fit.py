"""Fits a network to labelled conversations."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from thinc.api import Adam, fix_random_seed

from redaction.knowledge import Knowledge
from redaction.network import Architecture, Floats, Tagger, softmax
from redaction.training.examples import IGNORED, Conversation, numbered

_WARM_UP = 100
_LAST_RATE = 0.02
_WEIGHT_DECAY = 1e-6

Draw = Callable[[random.Random], list[Conversation]]
"""Gives the conversations of one epoch; each epoch may see other variants."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to fit: passes over the data, highest learning rate, share of values dropped, words in a batch."""

    epochs: int = 6
    rate: float = 0.002
    dropout: float = 0.1
    batch: int = 3000
    seed: int = 1


def fit(
    draw: Draw,
    architecture: Architecture,
    plan: Plan,
    report: Callable[[int, float, Tagger], None],
    knowledge: Knowledge | None = None,
) -> Tagger:
    """A network fitted by Adam to the words' labels, cross entropy as the loss.

    The rate rises over the first batches and then falls in a line. ``report`` is called after each epoch with
    its number, the mean loss for a word in nats, and the network as it is. The same seed, data and machine
    give the same weights.
    """
    fix_random_seed(plan.seed)
    rng = random.Random(plan.seed)  # noqa: S311 - reproducible on purpose
    tagger = Tagger(architecture, plan.dropout, knowledge)
    optimizer = Adam(plan.rate, L2=_WEIGHT_DECAY, grad_clip=1.0)
    step, steps = 0, 0
    for epoch in range(plan.epochs):
        batches = list(_batches(draw(rng), plan.batch, rng))
        steps = steps or plan.epochs * len(batches)
        losses = []
        for words, labels in batches:
            step += 1
            optimizer.learn_rate = plan.rate * min(1, step / _WARM_UP) * max(_LAST_RATE, 1 - step / steps)
            losses.append(_learn(tagger, words, labels))
            tagger.model.finish_update(optimizer)
        tagger.forget()
        report(epoch, float(np.mean(losses)), tagger)
    return tagger


def _learn(tagger: Tagger, words: Sequence[str], labels: NDArray[np.int64]) -> float:
    """Collect the gradients of one batch; the mean loss of its words."""
    scores, backward = tagger.model.begin_update(tagger.features(words))
    counted = np.flatnonzero(labels != IGNORED)
    probabilities = softmax(scores)
    right = probabilities[counted, labels[counted]]
    gradient = np.zeros_like(probabilities)
    gradient[counted] = probabilities[counted]
    gradient[counted, labels[counted]] -= 1
    backward(cast("Floats", gradient / len(counted)))
    return float(-np.log(right + 1e-9).mean())


def _batches(
    conversations: Iterable[Conversation], size: int, rng: random.Random
) -> Iterator[tuple[list[str], NDArray[np.int64]]]:
    shuffled = list(conversations)
    rng.shuffle(shuffled)
    words: list[str] = []
    labels: list[int] = []
    for conversation in shuffled:
        more_words, more_labels = numbered(conversation)
        words += more_words
        labels += more_labels
        if len(words) >= size:
            yield words, np.array(labels)
            words, labels = [], []
    if words:
        yield words, np.array(labels)
