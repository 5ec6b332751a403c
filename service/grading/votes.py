"""Several answers to one question: which outcome wins, and how clearly."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from service.domain.grade import NotApplicable, Outcome, Verdict
from service.domain.scorecard import Dimension, LevelValue
from service.grading.problem import Problem

Ballot = tuple[str, LevelValue | None]
"""What a vote is for: a level, or that the dimension does not apply."""


def elect(dimension: Dimension, votes: Sequence[Outcome | Problem]) -> tuple[Outcome | Problem, float]:
    """Return the outcome with most votes, and its share of all votes given, 0 to 1.

    Only proved outcomes can win. Of outcomes with equally many votes the one wins whose points are nearest to
    the mean of all levels voted for (the lower one of two); "not applicable" wins no tie against a level.
    Without a proved outcome the first problem is returned.
    """
    proved = [vote for vote in votes if isinstance(vote, Verdict | NotApplicable)]
    if not proved:
        return votes[0], 0.0
    if len(votes) == 1:
        return votes[0], 1.0
    counts = Counter(_ballot(vote) for vote in proved)
    most = max(counts.values())
    winner = min(
        (ballot for ballot, count in counts.items() if count == most),
        key=lambda ballot: _distance(dimension, ballot, counts),
    )
    return next(vote for vote in proved if _ballot(vote) == winner), most / len(votes)


def _ballot(vote: Outcome) -> Ballot:
    return ("level", vote.level) if isinstance(vote, Verdict) else ("not applicable", None)


def _distance(dimension: Dimension, ballot: Ballot, counts: Counter[Ballot]) -> tuple[bool, float, float]:
    voted = [_points(dimension, other) for other in counts.elements() if other[1] is not None]
    if ballot[1] is None:
        return (True, 0.0, 0.0)
    points = _points(dimension, ballot)
    return (False, abs(points - fmean(voted)), points)


def _points(dimension: Dimension, ballot: Ballot) -> float:
    level = dimension.scale.find(ballot[1])
    return 0.0 if level is None else level.points
