"""A conversation that is about to be varied, and where in it somebody is named."""

from typing import NamedTuple

from redaction import kinds
from service.domain.transcript import Conversation, Language
from service.usecases.redact import Redacted

AGENT_NAME = -1
"""The turn of a mention or an edit that stands in `agent.name`."""


class Mention(NamedTuple):
    """Where a person is named: code points of a turn, end exclusive; `person` is redaction's placeholder."""

    turn: int
    start: int
    end: int
    person: str


class Subject(NamedTuple):
    """A conversation in a known language, its mentions of people, and all (turn, start, end) that hold
    personal data of any kind: no rule about ordinary words may reach in there.
    """

    conversation: Conversation
    language: Language
    mentions: tuple[Mention, ...]
    personal: tuple[tuple[int, int, int], ...]

    def text(self, turn: int) -> str:
        """Return the text of a turn, or the agent's name for AGENT_NAME."""
        if turn != AGENT_NAME:
            return self.conversation.turns[turn].text
        agent = self.conversation.agent
        return (agent.name or "") if agent else ""

    def turns_of(self, speaker: str) -> list[int]:
        """Return the numbers of the turns of one speaker."""
        return [number for number, turn in enumerate(self.conversation.turns) if turn.speaker == speaker]


def subject_of(conversation: Conversation, redacted: Redacted) -> Subject:
    """Return the subject; `redacted` must come from a policy that takes people out, whatever grading uses."""
    entities = redacted.result.entities
    mentions = [Mention(e.turn, e.start, e.end, e.placeholder) for e in entities if e.type == kinds.PERSON]
    personal = tuple((e.turn, e.start, e.end) for e in entities)
    named = Subject(conversation, redacted.conversation.language, tuple(mentions), personal)
    name = named.text(AGENT_NAME)
    if name.strip():
        mentions.append(Mention(AGENT_NAME, 0, len(name), _person_called(name, named)))
    return named._replace(mentions=tuple(mentions))


def _person_called(name: str, subject: Subject) -> str:
    """Return the placeholder of whoever in the turns shares a word with the agent's name."""
    words = set(name.lower().split())
    for mention in subject.mentions:
        said = subject.text(mention.turn)[mention.start : mention.end].lower()
        if words & set(said.split()) or said in name:
            return mention.person
    return "agent"
