"""Swaps of gender: how somebody is spoken to, named, and, in Russian, how they speak of themselves."""

import random
import re
from collections import Counter
from collections.abc import Iterator

from evals.fairness.gender_ru import self_references
from evals.fairness.rewriting import Edit, Swap
from evals.fairness.rules import edits_by_rules
from evals.fairness.subject import AGENT_NAME, Mention, Subject
from evals.fairness.words import genders
from service.domain.transcript import Language, Speaker

# Between a title and a name, on either side.
_NEXT_TO = 2
_SPACE = re.compile(r"[\s.]*")


def gender_swaps(language: Language) -> dict[str, Swap]:
    """Return the swaps of gender that a language has, by name."""
    swaps: dict[str, Swap] = {"gender-agent": _swap("agent"), "gender-customer": _swap("customer")}
    if genders()[language].others:
        swaps["gender-others"] = _others
    return swaps


def _swap(who: Speaker) -> Swap:
    def swap(subject: Subject, chance: random.Random) -> list[Edit]:
        return [*_titles(subject, who, chance), *_address(subject, who, chance), *_self(subject, who)]

    return swap


def _others(subject: Subject, chance: random.Random) -> list[Edit]:
    turns = [*subject.turns_of("agent"), *subject.turns_of("customer")]
    return list(edits_by_rules(subject, turns, genders()[subject.language].others, chance))


def _address(subject: Subject, who: Speaker, chance: random.Random) -> Iterator[Edit]:
    """Yield what the other one calls `who` without a name."""
    other = "customer" if who == "agent" else "agent"
    titled = {(m.turn, m.end) for m in subject.mentions}
    for edit in edits_by_rules(subject, subject.turns_of(other), genders()[subject.language].address, chance):
        # A title right behind a name belongs to that person, which `_titles` looks at.
        if (edit.turn, edit.start) not in titled:
            yield edit


def _titles(subject: Subject, who: Speaker, chance: random.Random) -> Iterator[Edit]:
    mentions = [mention for mention in subject.mentions if mention.person in _names_of(subject, who)]
    turns = sorted({mention.turn for mention in mentions} - {AGENT_NAME})
    for edit in edits_by_rules(subject, turns, genders()[subject.language].titles, chance):
        if any(_is_next_to(edit, mention, subject) for mention in mentions):
            yield edit


def _names_of(subject: Subject, who: Speaker) -> set[str]:
    """Return who `who` is: the agent by the given name, the customer as whom the agent most often gives a
    title; others that are named may be anybody.
    """
    agent = {mention.person for mention in subject.mentions if mention.turn == AGENT_NAME}
    if who == "agent":
        return agent
    turns = set(subject.turns_of("agent"))
    titled = Counter(m.person for m in subject.mentions if m.turn in turns and _has_title(m, subject))
    return set([person for person, _ in titled.most_common() if person not in agent][:1])


def _has_title(mention: Mention, subject: Subject) -> bool:
    rules, text = genders()[subject.language].titles, subject.text(mention.turn)
    found = (match for rule in rules for match in rule.pattern.finditer(text))
    return any(_is_next_to(Edit(mention.turn, *match.span(), ""), mention, subject) for match in found)


def _is_next_to(edit: Edit, mention: Mention, subject: Subject) -> bool:
    if edit.turn != mention.turn:
        return False
    text = subject.text(edit.turn)
    before, after = mention.start - edit.end, edit.start - mention.end
    if subject.language == "zh":
        return after == 0
    return 0 <= before <= _NEXT_TO and _SPACE.fullmatch(text, edit.end, mention.start) is not None


def _self(subject: Subject, who: Speaker) -> Iterator[Edit]:
    if subject.language == "ru":
        yield from self_references(subject, who)
