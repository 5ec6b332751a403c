"""What an import tells of labels that it stores although they may be a mistake."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from service.domain.keys import DEFAULT_TENANT
from service.domain.label import ConversationLabel
from service.domain.submission import EvaluationFilter
from service.storage.transaction import Transaction

SHOWN = 5
"""Examples of one kind that are told."""


class Remarks:
    """Collects what is strange about labels, over all of an import."""

    def __init__(self) -> None:
        self._unevaluated = self._unchecked = 0
        self._examples: dict[str, None] = {}
        self._dimensions: Counter[str] = Counter()
        self._raters: defaultdict[str, set[str]] = defaultdict(set)

    def unevaluated(self, label: ConversationLabel, *, checked: bool) -> None:
        """Note that the conversation has no evaluation, and whether the level was on a scale nevertheless."""
        self._unevaluated += 1
        self._unchecked += not checked
        if len(self._examples) < SHOWN:
            self._examples[str(label.conversation)] = None

    def dimension(self, label: ConversationLabel) -> None:
        """Note that a label's dimension is not on a scorecard that was looked at."""
        if label.dimension in self._dimensions or len(self._dimensions) < 1_000:
            self._dimensions[label.dimension] += 1

    def raters(self, names: Collection[str]) -> None:
        """Note that names which differ in case alone graded the same dimension of the same conversation."""
        self._raters[min(names).casefold()].update(names)

    def sentences(self, tx: Transaction) -> Iterator[str]:
        """Yield what is to be told."""
        if tx.tenant != DEFAULT_TENANT and _has_nothing(tx):
            yield f"the tenant {tx.tenant!r} has neither keys nor evaluations; is its name spelt right?"
        yield from self._of_dimensions(tx)
        if self._unevaluated:
            yield self._of_evaluations()
        for names in list(self._raters.values())[:SHOWN]:
            who = " and ".join(repr(name) for name in sorted(names))
            yield f"raters {who} graded the same: if that is one person, write the name one way"

    def _of_dimensions(self, tx: Transaction) -> Iterator[str]:
        if not self._dimensions:
            return
        known = {one for card in tx.scorecards.list() for one in card.scorecard.section_of}
        unknown = [(name, count) for name, count in self._dimensions.items() if name not in known]
        for name, count in unknown[:SHOWN]:
            near = get_close_matches(name, sorted(known), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield f"no scorecard has a dimension {name!r} ({_labels(count)}){hint}"
        if len(unknown) > SHOWN:
            yield f"no scorecard has {len(unknown) - SHOWN} other dimensions either"

    def _of_evaluations(self) -> str:
        are, one = (
            ("is of a conversation", "has") if self._unevaluated == 1 else ("are of conversations", "have")
        )
        said = (
            f"{_labels(self._unevaluated)} {are} that {one} no evaluation yet, e.g. {_listed(self._examples)}"
        )
        if not self._unchecked:
            return said
        whose = "their levels" if self._unchecked == self._unevaluated else f"{self._unchecked:,} levels"
        return f"{said}; {whose} could not be checked"


def _has_nothing(tx: Transaction) -> bool:
    evaluated = tx.evaluations.list(EvaluationFilter(), None, 1)
    return not evaluated and all(key.tenant != tx.tenant for key in tx.keys.list())


def _labels(count: int) -> str:
    return f"{count:,} label{'' if count == 1 else 's'}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
