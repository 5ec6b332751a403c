"""Conversations with people's grades, before and after a machine graded them."""

from service.domain.base import Model, Slug
from service.domain.evaluation import Evaluation
from service.domain.label import Label
from service.domain.scorecard import LevelValue
from service.domain.transcript import Conversation


class LabelledConversation(Model):
    """One line of a labelled set. `floors` are the lowest levels that a grade may ever get here, by
    dimension: for cases that must never fail.
    """

    conversation: Conversation
    labels: tuple[Label, ...] = ()
    floors: dict[Slug, LevelValue] = {}


class LabelledEvaluation(Model):
    """One graded conversation, its redacted turns where they are at hand, and people's grades of it, none
    included: what a confidence is worth is learned from the labelled, how frequent it is from all.
    """

    evaluation: Evaluation
    labels: tuple[Label, ...] = ()
