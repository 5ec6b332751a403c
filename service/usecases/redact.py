"""Takes personal data out of a conversation before anything else happens to it."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

from redaction import (
    SUPPORTED,
    Entity,
    Plugin,
    Policy,
    Redaction,
    Redactor,
    Segment,
    detect_language,
    foreign_language,
)
from service.domain.base import LONGEST_NAME, Model
from service.domain.errors import FieldProblem, UnsupportedLanguage
from service.domain.evaluation import RedactedTurn, RedactionSummary
from service.domain.keys import DEFAULT_TENANT
from service.domain.transcript import Agent, ContextText, Conversation, Language, RedactedConversation, Turn
from service.domain.vault import Original
from service.telemetry import stage
from service.telemetry.metrics import count_redacted
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool

# Keys like these name a field; others may be a person's name or address used as a key.
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z_.-]{0,60}[0-9]{0,3}")
_LONG_NUMBER = 10_000_000

PENDING = "pending"
"""The version of the rules that a conversation was redacted under while no worker has redacted it."""

# One lower-case word names a team or a kind of call; reports go by it, so that none of it may become a person
# ("south", "outage"). Anything else may hold whatever somebody typed.
_CODE = re.compile(r"(?=.{1,80}\Z)[a-zа-яё]+(?:[_-][a-zа-яё]+)*(?:[_-]?[0-9]{1,3})?")


class RedactedEntity(Model):
    """A piece that was taken out; `start` and `end` are code points in the *original* text of the turn."""

    turn: int
    start: int
    end: int
    type: str
    placeholder: str


class RedactionResult(Model):
    """The redacted turns, what was taken out of them, and under which policy and rule set.

    `caught` counts the pieces that no rule found and the safety net took out.
    """

    id: str | None
    language: Language
    turns: tuple[RedactedTurn, ...]
    entities: tuple[RedactedEntity, ...]
    policy: str
    version: str
    caught: int = 0


class Redacted(NamedTuple):
    """A conversation after redaction, how much was taken out, and what exactly out of its turns.

    `originals` are what its placeholders stand for, and empty unless they were asked for.
    """

    conversation: RedactedConversation
    summary: RedactionSummary
    result: RedactionResult
    originals: tuple[Original, ...] = ()


class RedactConversation:
    """Redacts whole conversations under the policy of their tenant, away from the event loop."""

    def __init__(self, pool: WorkPool, policies: Policies, plugin: Plugin | None = None) -> None:
        self._pool = pool
        self._policies = policies
        self._plugin = plugin
        self.is_warm = False
        """Whether `warm_up` has ended."""

    async def __call__(
        self, conversation: Conversation, tenant: str = DEFAULT_TENANT, *, originals: bool = False
    ) -> Redacted:
        """Return the redacted conversation; its language is detected when it does not say.

        With `originals` it comes with what was taken out. Raises UnsupportedLanguage when it is in none that
        the service knows, RedactionTooSlow and Unavailable.
        """
        with stage("redact"):
            found = await self._redacted(conversation, tenant, originals=originals)
        count_redacted(found.summary.entities)
        return found

    async def _redacted(self, conversation: Conversation, tenant: str, *, originals: bool) -> Redacted:
        policy = self._policies.of(tenant)
        return await self._pool.run(
            redact_conversation, policy, conversation, originals=originals, plugin=self._plugin
        )

    def pending(self, tenant: str) -> RedactionSummary:
        """Return what is told of the redaction of a tenant's conversation before it is done."""
        return RedactionSummary(entities={}, policy=self._policies.of(tenant).name, version=PENDING)

    async def warm_up(self, processes: int) -> None:
        """Make every process load what it needs before the first conversation has to wait for it.

        Where that fails, the first conversation says so.
        """
        hello = Conversation(language="en", turns=(Turn(speaker="agent", text="Hello"),))
        # Not measured: it is nobody's conversation, and takes seconds.
        work = (self._redacted(hello, DEFAULT_TENANT, originals=False) for _ in range(processes))
        await asyncio.gather(*work, return_exceptions=True)
        self.is_warm = True


def redact_conversation(
    policy: Policy, conversation: Conversation, *, originals: bool = False, plugin: Plugin | None = None
) -> Redacted:
    """Redact turns, reference texts and every string in the metadata, as one conversation.

    A name in one turn is thus the same placeholder in all of them. `external_id`, `agent.id`, times and
    metrics stay as given; the agent's name is dropped.
    """
    language = language_of(conversation)
    segments = [Segment(speaker=speaker, text=text) for speaker, text in _texts(conversation)]
    names = [conversation.agent.name] if conversation.agent and conversation.agent.name else []
    found = redactor_for(policy, plugin).redact(segments, language, agent_names=names)
    redacted = _rebuilt(conversation, language, iter(found.turns))
    summary = RedactionSummary(
        entities=found.counts, policy=found.policy, version=found.version, caught=found.caught
    )
    kept = tuple(_originals(found.entities, segments, len(redacted.turns))) if originals else ()
    return Redacted(redacted, summary, _result(redacted, found), kept)


def withheld(conversation: Conversation) -> RedactedConversation:
    """Return what is known of a conversation that says its language and is not redacted yet, without a word
    that anybody said.

    What redaction would keep as given stays, and a team and a kind of call where a code names them.
    """
    agent, call_type = conversation.agent, conversation.call_type
    if agent is not None:
        agent = Agent(id=agent.id, team=_code(agent.team))
    return RedactedConversation.model_construct(
        external_id=conversation.external_id,
        channel=conversation.channel,
        language=language_of(conversation),
        call_type=_code(call_type),
        direction=conversation.direction,
        agent=agent,
        started_at=conversation.started_at,
        turns=(),
    )


def language_of(conversation: Conversation) -> Language:
    """Return the language that a conversation says, else the one that is detected.

    Raises UnsupportedLanguage when it is in none that the service knows.
    """
    return conversation.language or _detected(conversation)


def redactor_for(policy: Policy, plugin: Plugin | None = None) -> Redactor:
    """Return the redactor of a policy and a plug-in, made once in each process."""
    return _redactor_of(policy.model_dump_json(), plugin)


@lru_cache(maxsize=64)
def _redactor_of(policy_json: str, plugin: Plugin | None) -> Redactor:
    return Redactor(Policy.model_validate_json(policy_json), plugin)


def _detected(conversation: Conversation) -> Language:
    texts = [turn.text for turn in conversation.turns if turn.speaker != "system"]
    foreign = foreign_language(texts)
    if foreign is not None:
        known = ", ".join(SUPPORTED)
        detail = f"the conversation looks like {foreign!r}; say its language, which may be one of {known}"
        raise UnsupportedLanguage([FieldProblem("/conversation/language", detail)])
    return cast("Language", detect_language(texts))


def _result(redacted: RedactedConversation, found: Redaction) -> RedactionResult:
    """Leave out what was found beyond the turns: callers know nothing of those positions."""
    entities = [entity for entity in found.entities if entity.turn < len(redacted.turns)]
    return RedactionResult(
        id=redacted.external_id,
        language=redacted.language,
        turns=tuple(RedactedTurn(speaker=turn.speaker, text=turn.text) for turn in redacted.turns),
        entities=tuple(_entity(entity) for entity in entities),
        policy=found.policy,
        version=found.version,
        caught=found.caught,
    )


def _entity(entity: Entity) -> RedactedEntity:
    return RedactedEntity(**{name: getattr(entity, name) for name in RedactedEntity.model_fields})


def _originals(entities: Sequence[Entity], segments: Sequence[Segment], turns: int) -> Iterator[Original]:
    """Yield what each placeholder stands for, in order. Masks and nothing cannot be restored."""
    turn, shift = -1, 0
    for entity in entities:
        if entity.turn != turn:
            turn, shift = entity.turn, 0
        start = entity.start + shift
        shift += len(entity.placeholder) - (entity.end - entity.start)
        if entity.placeholder.startswith("<"):
            text = segments[turn].text[entity.start : entity.end]
            place = {"turn": turn, "start": start, "end": entity.end + shift} if turn < turns else {}
            yield Original(placeholder=entity.placeholder, text=text, **place)


def _texts(conversation: Conversation) -> Iterator[tuple[str, str]]:
    """Yield (speaker, text) of every text that is redacted, in the order in which `_rebuilt` takes them."""
    yield from ((turn.speaker, turn.text) for turn in conversation.turns)
    for reference in conversation.context:
        yield "system", reference.title
        yield "system", reference.text
    for value in (*(turn.metadata for turn in conversation.turns), conversation.metadata):
        yield from (("system", text) for text in _strings(value))
    team = conversation.agent.team if conversation.agent else None
    yield from (("system", text) for text in (team, conversation.call_type) if text and not _is_code(text))


def _is_code(text: str) -> bool:
    """Whether a team or a call type is named by a word that stays as it is."""
    return _CODE.fullmatch(text) is not None


def _code(text: str | None) -> str | None:
    return text if text and _is_code(text) else None


def _strings(value: Any) -> Iterator[str]:
    """Yield what may be personal in a JSON value: strings, long numbers, keys that are no plain names."""
    if isinstance(value, str):
        yield value
    elif _is_long(value):
        yield str(value)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not _PLAIN_KEY.fullmatch(key):
                yield key
            yield from _strings(item)


def _replaced(value: Any, texts: Iterator[str]) -> Any:
    """Return a copy of a JSON value with new texts, in the order of `_strings`."""
    if isinstance(value, str):
        return next(texts)
    if _is_long(value):
        text = next(texts)
        return value if text == str(value) else text
    if isinstance(value, list):
        return [_replaced(item, texts) for item in value]
    if isinstance(value, dict):
        pairs = (
            (key if _PLAIN_KEY.fullmatch(key) else next(texts), _replaced(item, texts))
            for key, item in value.items()
        )
        return dict(pairs)
    return value


def _is_long(value: Any) -> bool:
    """Whether a number is long enough to be a telephone number, an account or a card."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _LONG_NUMBER


def _rebuilt(conversation: Conversation, language: Language, texts: Iterator[str]) -> RedactedConversation:
    turns = [turn.model_copy(update={"text": next(texts)}) for turn in conversation.turns]
    # A placeholder may be longer than what it stands for: names are cut to the length that names have.
    context = tuple(
        ContextText(title=next(texts)[:LONGEST_NAME], text=next(texts)) for _ in conversation.context
    )
    with_metadata: list[Turn] = [
        turn.model_copy(update={"metadata": _replaced(turn.metadata, texts)}) for turn in turns
    ]
    metadata = _replaced(conversation.metadata, texts)
    agent = conversation.agent
    if agent is not None:
        agent = Agent(id=agent.id, team=_coded(agent.team, texts))
    call_type = _coded(conversation.call_type, texts)
    fields = {name: getattr(conversation, name) for name in Conversation.model_fields}
    changed = {
        "language": language,
        "turns": tuple(with_metadata),
        "context": context,
        "agent": agent,
        "call_type": call_type,
        "metadata": metadata,
    }
    return RedactedConversation.model_construct(**(fields | changed))


def _coded(name: str | None, texts: Iterator[str]) -> str | None:
    return name if not name or _is_code(name) else next(texts)[:LONGEST_NAME]
