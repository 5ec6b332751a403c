"""The difference of two scorecards as a person reads it in a terminal."""

from evals.gate.card_changes import CardChange
from evals.gate.card_diff import CardDiff
from evals.gate.reports import words
from evals.gate.reports.table import show
from evals.gate.rescoring import Rescored, Rescoring
from service.cli.output import console, print_table

_LONGEST = 200
_FLIPS_SHOWN = 20


def show_card_diff(diff: CardDiff) -> None:
    """Print what changed, then what it does to answers, then to scores."""
    out = console()
    if not diff.changes:
        out.print("The two are the same in everything that is graded or counts.")
    else:
        print_table(("Where", "What", "Change", "Before", "After"), [_row(one) for one in diff.changes])
    if diff.regraded is not None:
        show(diff.regraded)
    if diff.scores is not None:
        _show_scores(diff.scores)
    for note in diff.notes:
        out.print(words.plain(note))


def _row(change: CardChange) -> tuple[str, ...]:
    before, after = (
        words.plain(text, _LONGEST) if text else words.NOTHING for text in (change.before, change.after)
    )
    return (change.where, change.what, change.kind, before, after)


def _show_scores(scores: Rescoring) -> None:
    out = console()
    if not scores.scored:
        out.print("No conversation could be scored under both.")
        return
    flips = [_flip(one) for one in scores.flips[:_FLIPS_SHOWN]]
    if flips:
        title = f"Pass or fail flips in {len(scores.flips)} of {scores.conversations} conversations"
        print_table(("Conversation", "Before", "After", "People's answers"), flips, title=title)
    else:
        out.print(f"Nobody of {scores.scored} passes or fails who did not before.")
    out.print(f"Scores change by {words.signed(scores.mean_change, '.1f')} of 100 on average.")
    if scores.labelled:
        out.print(
            f"Where people's own answers make a score ({scores.labelled} conversations), pass or fail is the "
            f"same in {scores.agreed_before} before and in {scores.agreed_after} after."
        )


def _flip(one: Rescored) -> tuple[str, ...]:
    scores = (_score(one.before, one.passed_before), _score(one.after, one.passed_after))
    return (words.plain(one.conversation), *scores, _people(one))


def _score(value: float | None, passed: bool | None) -> str:
    verdict = "open" if passed is None else "passes" if passed else "fails"
    return f"{words.figure(value, '.1f')} {verdict}"


def _people(one: Rescored) -> str:
    if one.people is None:
        return words.NOTHING
    return "pass" if one.people else "fail"
