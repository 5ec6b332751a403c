"""Edits of a conversation's words; everything else stays as it was."""

import random
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from evals.fairness.subject import AGENT_NAME, Subject
from service.domain.base import Model
from service.domain.transcript import Conversation


class Edit(NamedTuple):
    """Puts `new` in the place of some code points of a turn. `shown` is what is told of what stood there:
    the words themselves when it is None.
    """

    turn: int
    start: int
    end: int
    new: str
    shown: str | None = None


class Change(Model):
    """What was changed, for people: the turn (None for the agent's name in the conversation's own data), the
    words before and after. A person's name is told by its placeholder.
    """

    turn: int | None
    before: str
    after: str


class Variant(NamedTuple):
    """A conversation in which somebody sounds different, and all that was changed in it."""

    conversation: Conversation
    changes: tuple[Change, ...]


Swap = Callable[[Subject, random.Random], list[Edit]]


def rewrite(subject: Subject, edits: Iterable[Edit]) -> Variant:
    """Return the conversation with the edits made. Of edits that overlap the first one given counts."""
    by_turn = _by_turn(subject, edits)
    turns = tuple(
        turn.model_copy(update={"text": edited(turn.text, by_turn.get(number, []))})
        for number, turn in enumerate(subject.conversation.turns)
    )
    agent = subject.conversation.agent
    if agent is not None and AGENT_NAME in by_turn:
        name = edited(subject.text(AGENT_NAME), by_turn[AGENT_NAME])
        agent = agent.model_copy(update={"name": name})
    # The language is held fast: what is compared is the person, not the guess at a language.
    changed = {"turns": turns, "agent": agent, "language": subject.language}
    changes = tuple(_change(subject, edit) for turn in sorted(by_turn) for edit in by_turn[turn])
    return Variant(subject.conversation.model_copy(update=changed), changes)


def edited(text: str, edits: Sequence[Edit]) -> str:
    """Return `text` with edits made that are in order and do not overlap."""
    out: list[str] = []
    at = 0
    for edit in edits:
        out += [text[at : edit.start], edit.new]
        at = edit.end
    return "".join(out) + text[at:]


def like(model: str, word: str) -> str:
    """Return `word` in the case of `model`: all capitals, a capital first, or as it is."""
    letters = [character for character in model if character.isalpha()]
    if len(letters) > 1 and all(character.isupper() for character in letters):
        return word.upper()
    if letters and letters[0].isupper():
        return word[:1].upper() + word[1:]
    return word


def _by_turn(subject: Subject, edits: Iterable[Edit]) -> dict[int, list[Edit]]:
    """Return the edits that change something and overlap none before them, in order, for each turn."""
    taken: dict[int, list[Edit]] = {}
    for edit in edits:
        others = taken.setdefault(edit.turn, [])
        changes = subject.text(edit.turn)[edit.start : edit.end] != edit.new
        if changes and not any(edit.start < other.end and other.start < edit.end for other in others):
            others.append(edit)
    return {turn: sorted(found, key=lambda edit: edit.start) for turn, found in taken.items() if found}


def _change(subject: Subject, edit: Edit) -> Change:
    before = subject.text(edit.turn)[edit.start : edit.end] if edit.shown is None else edit.shown
    return Change(turn=None if edit.turn == AGENT_NAME else edit.turn, before=before, after=edit.new)
