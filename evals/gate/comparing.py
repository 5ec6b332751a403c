"""Two runs side by side: what is tested, what flipped, and what the figures leave open."""

from collections.abc import Iterator, Sequence

from evals.gate.flips import changes_between, flips_of, stability_of
from evals.gate.items import Item, is_left_out, items_of
from evals.gate.judgement import Comparison, LossTest, RunReport
from evals.gate.options import GateOptions
from evals.gate.pairing import Pairing, check_comparable, pair, shared_dimensions
from evals.gate.worse import losses_of
from service.domain.run import Run


def compare(base: Run, new: Run, options: GateOptions, base_report: RunReport) -> Comparison:
    """Return how the newer run differs from the older one. Raises InvalidInput for runs that cannot be
    compared.
    """
    check_comparable(
        base,
        new,
        other_scorecards=options.other_scorecards,
        other_datasets=options.other_datasets,
    )
    pairing, dimensions = pair(base, new), shared_dimensions(base, new)
    items = items_of(pairing.pairs, dimensions)
    tests = losses_of(items, dimensions, options.alpha)
    return Comparison(
        base=base_report,
        compared=len({item.conversation for item in items}),
        labelled=len({item.conversation for item in items if item.is_measured}),
        alpha=options.alpha,
        changes=tuple(changes_between(base, new)),
        tests=tuple(tests),
        stability=tuple(stability_of(items, dimensions)),
        flips=tuple(flips_of(items)),
        notes=tuple(_notes(base, new, pairing, items, tests)),
    )


def _notes(
    base: Run, new: Run, pairing: Pairing, items: Sequence[Item], tests: Sequence[LossTest]
) -> Iterator[str]:
    yield from not_compared(pairing)
    yield from _dimensions_not_compared(base, new)
    unlabelled = {item.conversation for item in items} - {i.conversation for i in items if i.labels}
    if unlabelled:
        yield (
            f"{_counted(len(unlabelled))} without labels: their flips are shown, whether they are better or "
            "worse cannot be said."
        )
    yield from unequal_repeats(base, new, pairing)
    empty = sum(item.is_empty for item in items if item.labels)
    if empty:
        yield f"Ungraded in both runs, so that nothing can be compared: {empty} labelled answers."
    if not changes_between(base, new) and any(item.flipped for item in items):
        yield "Nothing about the grading is known to have changed: what flipped, flipped by itself."
    if any(item.flipped and item.is_wavering for item in items):
        yield "Flips marked as wavering also occur between repeats of one run alone."
    if tests:
        yield (
            "Distance from people: 0 is their answer, 1 the other end of the scale, no grade, or “not "
            "applicable” against a level; the mean over people, repeats and conversations."
        )


def not_compared(pairing: Pairing) -> Iterator[str]:
    """Yield sentences on conversations that are not in both runs, or not the same."""
    left = sum(is_left_out(was) or is_left_out(now) for was, now in pairing.pairs)
    if left:
        yield f"{_counted(left)} not compared: a limit left them out of one run."
    if pairing.altered:
        yield (
            f"{_counted(len(pairing.altered))} not compared: the same id, but other words "
            f"({_listed(pairing.altered)})."
        )
    only = (("base", pairing.only_base), ("newer", pairing.only_new))
    for which, missing in only:
        if missing:
            yield f"{_counted(len(missing))} only in the {which} run: {_listed([one.id for one in missing])}."


def unequal_repeats(base: Run, new: Run, pairing: Pairing) -> Iterator[str]:
    """Yield sentences on repeats that only one of the runs has."""
    if base.repeats != new.repeats:
        fewest = min(base.repeats, new.repeats)
        used = "the first repeat is" if fewest == 1 else f"the first {fewest} repeats are"
        yield (
            f"The base run has {_repeats(base.repeats)} and the newer one {_repeats(new.repeats)}: of each "
            f"conversation {used} compared, because more repeats waver less, and the difference would look "
            "like a loss or a gain."
        )
        return
    counts = ((len(was.evaluations), len(now.evaluations)) for was, now in pairing.pairs)
    short = sum(was != now and was > 0 and now > 0 for was, now in counts)
    if short:
        yield f"{_counted(short)} with fewer repeats in one run: as many as both have are compared."


def _repeats(number: int) -> str:
    return "1 repeat" if number == 1 else f"{number} repeats"


def _dimensions_not_compared(base: Run, new: Run) -> Iterator[str]:
    shared = {dimension.id for dimension in shared_dimensions(base, new)}
    cards = (base.scorecard.scorecard, new.scorecard.scorecard)
    others = dict.fromkeys(d.id for card in cards for d in card.dimensions if d.id not in shared)
    if others:
        yield f"Dimensions that are in one run only, or on another scale: {_listed(list(others))}."


def _counted(number: int) -> str:
    return "1 conversation" if number == 1 else f"{number:,} conversations"


def _listed(names: Sequence[str], shown: int = 5) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
