"""Which plan a label's probability is from, when more than one plan was made.

A plan is *filled* when labels say that they are of it and nine tenths of what it drew is labelled, or when
all of it is and other filled plans did not draw all of that. For a conversation the newest filled plan counts
that could have drawn it: what it drew has its probability, whatever else is labelled has none. So each
conversation weighs as in one sample, and sums weighed by 1/probability stay unbiased. A plan that never came
back is not filled and changes nothing. While no plan is filled that could have drawn a conversation, the one
of whose sample most is labelled counts. Labels that brought a probability of their own keep it.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from service.domain.label_plan import LabelPlan, PlannedConversation
from service.storage.labels import Completed, Subject, Weighed
from service.storage.transaction import Transaction

FILLED = 0.9
"""The share of a plan's conversations that has to be labelled; some are skipped for good."""

# Spreadsheets write fewer digits than there are.
_AS_WRITTEN = 1e-6


def same_probability(one: float, other: float) -> bool:
    """Whether these are the same number, as far as tables keep it."""
    return math.isclose(one, other, rel_tol=_AS_WRITTEN)


def weigh_labels(tx: Transaction, card_name: str) -> list[str]:
    """Give the labels of everything that plans for a scorecard drew the probabilities that count now.

    Return a sentence for each plan that waits for the rest of its table while another one counts.
    """
    plans = [_Plan(plan) for plan in tx.label_plans.all_for(card_name)]
    given = [one for one in tx.labels.asked_for(card_name) if not _is_own(one, plans)]
    labelled = {one.about for one in given}
    said = {one.plan for one in given}
    ranked = _ranked(plans, labelled, said)
    times = tx.labels.times(card_name, list(labelled)) if len(ranked) > 1 else {}
    deciding = {about: _deciding(about, ranked, times.get(about, ())) for about in labelled}
    sure = {plan.id for plan in ranked if plan.id in said or plan.covered(labelled) == 1}
    weighed = [_weighed(one, deciding[one.about], sure) for one in given]
    tx.labels.weigh([new for new, old in zip(weighed, given, strict=True) if new != old])
    waiting = {one.plan for one in weighed if one.probability is None}
    return [plan.waits(labelled) for plan in ranked if plan.id in waiting and plan.covered(labelled) < FILLED]


class _Plan:
    """A plan, and what it drew by what that is."""

    def __init__(self, plan: LabelPlan) -> None:
        self.id = plan.id
        self.plan = plan
        self.drawn: Mapping[Subject, PlannedConversation] = {
            (one.conversation, None) if one.conversation is not None else (None, one.evaluation): one
            for one in plan.conversations
        }

    def covered(self, labelled: Collection[Subject]) -> float:
        """Return the share of what was drawn that is labelled."""
        return sum(about in labelled for about in self.drawn) / max(len(self.drawn), 1)

    def waits(self, labelled: Collection[Subject]) -> str:
        """Return a sentence about a plan of which too little is labelled to count beside another one."""
        done = sum(about in labelled for about in self.drawn)
        share = (
            f"{done} of {len(self.drawn)} conversations of the plan of {self.plan.created_at:%Y-%m-%d %H:%M}"
        )
        rest = f"until {math.ceil(FILLED * len(self.drawn))} are, an earlier plan counts"
        return f"{share} UTC are labelled; {rest}, and what only this one drew has no probability"

    def could_draw(self, evaluated: Iterable[Completed]) -> bool:
        """Whether a conversation that was evaluated then was there to be drawn."""
        return any(self._was_there(one) for one in evaluated)

    def _was_there(self, one: Completed) -> bool:
        plan = self.plan
        in_time = one.completed_at <= plan.created_at and (not plan.since or plan.since <= one.created_at)
        return in_time and plan.revision in (None, one.revision) and plan.grader in (None, one.grader)


def _is_own(label: Weighed, plans: Sequence[_Plan]) -> bool:
    if label.plan is not None or label.probability is None:
        return False
    drawn = (plan.drawn[label.about].probability for plan in plans if label.about in plan.drawn)
    return not any(same_probability(label.probability, one) for one in drawn)


def _ranked(plans: Sequence[_Plan], labelled: set[Subject], said: set[str | None]) -> list[_Plan]:
    """Return the plans that count, those that come first before the others; `plans` are newest first."""
    share = {plan.id: plan.covered(labelled) for plan in plans}
    filled = [plan for plan in plans if plan.id in said and share[plan.id] >= FILLED]
    seen = {about for plan in filled for about in plan.drawn}
    rest = sorted((p for p in plans if p not in filled), key=lambda p: len(p.drawn), reverse=True)
    for plan in rest:
        if share[plan.id] == 1 and not seen.issuperset(plan.drawn):
            filled.append(plan)
            seen |= set(plan.drawn)
    begun = [plan for plan in plans if plan not in filled and share[plan.id]]
    begun.sort(key=lambda plan: (plan.id in said, share[plan.id]), reverse=True)
    return [plan for plan in plans if plan in filled] + begun


def _deciding(about: Subject, ranked: Sequence[_Plan], evaluated: Iterable[Completed]) -> _Plan | None:
    """Return the first plan that could have drawn a conversation."""
    return next((plan for plan in ranked if about in plan.drawn or plan.could_draw(evaluated)), None)


def _weighed(label: Weighed, plan: _Plan | None, sure: Collection[str]) -> Weighed:
    drawn = plan.drawn.get(label.about) if plan is not None else None
    if plan is None or drawn is None:
        return label._replace(probability=None)
    # A plan that was only guessed is not written down: it would count as said the next time.
    known = plan.id if plan.id in sure else label.plan
    return label._replace(stratum=drawn.stratum, probability=drawn.probability, plan=known)
