"""Rules of substitution, applied to the turns of a conversation."""

import random
from collections.abc import Iterable, Iterator

from evals.fairness.rewriting import Edit, like
from evals.fairness.subject import Subject
from evals.fairness.words import Rule

_SHORT = 2
"""Two capitals, as in MR, do not say that all is written in capitals."""


def edits_by_rules(
    subject: Subject, turns: Iterable[int], rules: Iterable[Rule], chance: random.Random
) -> Iterator[Edit]:
    """Yield what the rules change in some turns: earlier rules first, as they win over later ones.

    No rule reaches into personal data.
    """
    closed: dict[int, list[tuple[int, int]]] = {}
    for turn, start, end in subject.personal:
        closed.setdefault(turn, []).append((start, end))
    rules = tuple(rules)
    for turn in turns:
        text = subject.text(turn)
        for rule in rules:
            for edit in _matches(turn, text, rule, chance):
                if not any(edit.start < end and start < edit.end for start, end in closed.get(turn, ())):
                    yield edit


def _matches(turn: int, text: str, rule: Rule, chance: random.Random) -> Iterator[Edit]:
    for match in rule.pattern.finditer(text):
        # Drawn for every match, so that one rule's luck does not hang on what another one found.
        if chance.random() < rule.share:
            new = match.expand(rule.put)
            yield Edit(turn, match.start(), match.end(), _cased(match.group(), new))


def _cased(before: str, new: str) -> str:
    """Return `new` with a small first letter where there was one; with a capital where one began a word.

    A letter that was there already keeps its case: «a USB» becomes «USB».
    """
    if before[:1].islower() and new[:1] in before:
        return new
    if before[:1].islower():
        return new[:1].lower() + new[1:]
    if before.isupper() and len(before) <= _SHORT:
        return new[:1].upper() + new[1:]
    return like(before, new)
