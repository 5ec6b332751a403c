"""Which types count: the names after `--only` and `--ignore`, checked against what there is."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from evals.redaction import naming
from evals.redaction.scoring import Selection
from redaction import kinds


class UnknownType(ValueError):
    """A type was named that neither redaction nor the set knows; the message has the nearest one."""


def choose(ignore: Iterable[str], only: Iterable[str], marked: Collection[str]) -> Selection:
    """Return what counts, given the names of types that people marked in the set. Raises UnknownType.

    With `only`, marked spans that redaction would call otherwise are left out, and those it leaves by design
    if they are not named; where nothing would be left, all stay: how much is covered as the type asked for?
    """
    ignore, only = frozenset(ignore), frozenset(only)
    known = kinds.ALL | naming.KNOWN | frozenset(marked)
    for name in sorted(ignore | only):
        if name not in known:
            raise UnknownType(_told(name, known, marked))
    wanted = {naming.expected_type(name) for name in only}
    left = naming.LEFT_BY_DESIGN - only
    gold = (name for name in marked if name not in left and naming.expected_type(name) in wanted)
    return Selection(ignore, only | wanted, frozenset(gold))


def _told(name: str, known: Collection[str], marked: Collection[str]) -> str:
    folded = {key.casefold(): key for key in sorted(known)}
    near = get_close_matches(name.casefold(), folded, n=1)
    hint = (
        f"did you mean {folded[near[0]]}?" if near else f"the set has {', '.join(sorted(marked)) or 'none'}"
    )
    return f"there is no entity type {name!r:.100}; {hint}"
