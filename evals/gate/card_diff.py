"""Two revisions of a scorecard: what changed, and what that does to answers and scores."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from evals.gate.card_changes import CardChange, changes_of, must_grade_again
from evals.gate.judgement import Judgement
from evals.gate.judging import judged
from evals.gate.options import GateOptions
from evals.gate.pairing import pair
from evals.gate.rescoring import Rescoring, between_runs, rescored
from service.domain.base import Model
from service.domain.errors import FieldProblem, InvalidInput
from service.domain.run import Run
from service.domain.scorecard import Scorecard, ScorecardRevision


class CardDiff(Model):
    """What changed, and with runs: `regraded` where there is one of each card, `scores` from that, or from
    one run's answers under both cards.
    """

    changes: tuple[CardChange, ...]
    regraded: Judgement | None = None
    scores: Rescoring | None = None
    notes: tuple[str, ...] = ()


class _Runs(NamedTuple):
    old: Run | None
    new: Run | None


def card_diff(old: ScorecardRevision, new: ScorecardRevision, runs: Sequence[Run]) -> CardDiff:
    """Return the differences of two cards; `runs` are up to one of each.

    Raises InvalidInput for runs of other cards, or of other conversations.
    """
    cards = old.scorecard, new.scorecard
    changes = changes_of(*cards)
    sides = _sides(cards, runs)
    if sides.old and sides.new:
        judgement = judged(sides.old, sides.new, GateOptions(other_scorecards=True, other_datasets=True))
        both = between_runs(pair(sides.old, sides.new).pairs, sides.old, sides.new)
        return CardDiff(changes=tuple(changes), regraded=judgement, scores=both)
    one = sides.old or sides.new
    scores = rescored(one, *cards) if one else None
    notes = tuple(_notes(changes, one, old if one is sides.new else new))
    return CardDiff(changes=tuple(changes), scores=scores, notes=notes)


def _sides(cards: tuple[Scorecard, Scorecard], runs: Sequence[Run]) -> _Runs:
    found: dict[str, Run] = {}
    for run in runs:
        content = run.scorecard.scorecard.content_hash
        if content not in {card.content_hash for card in cards}:
            raise _wrong(
                f"a run is of {run.scorecard.name}@{run.scorecard.revision} with other content than both"
            )
        if content in found:
            raise _wrong("two runs are of the same scorecard; give at most one of each")
        found[content] = run
    return _Runs(*(found.get(card.content_hash) for card in cards))


def _wrong(what: str) -> InvalidInput:
    return InvalidInput([FieldProblem("", f"--labels: {what}")])


def _notes(changes: list[CardChange], run: Run | None, missing: ScorecardRevision) -> Iterator[str]:
    again = must_grade_again(changes)
    if not again:
        if changes:
            yield "Only what answers are worth has changed: nothing has to be graded again."
        return
    if run is not None:
        yield f"Scores are from answers as they were given; these may be others now: {', '.join(again)}."
    yield (
        f"Which answers flip shows a run of each card: `qalibrate eval run SET --scorecard {missing.name} "
        "--out RUN.json`, then --labels with both."
    )
