"""Who is the agent, who the customer.

Names that say it themselves (`Agent`, `Оператор`, `客服`) are known. Who else speaks is decided,
in this order:
1. by what the caller says: `speakers`, a mapping of names to roles, then by what a format states of its
   participants, or the agent's own name;
2. with one unknown name, by what is left: beside a known customer it is the agent, and the other way round;
3. with two unknown names, by who offers help or names the company first ("how can I help you").
Nothing is decided beyond that, although in most inbound calls the agent speaks first: a wrong guess would
turn every grade of the conversation around without anybody noticing. The error then names the
unknown speakers.
"""

import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, get_args

from service.domain.errors import FieldProblem, InvalidInput
from service.domain.transcript import Speaker
from service.formats.role_names import FIELDS, ROLES
from service.formats.utterance import Utterance, bad_content

_OTHER: dict[Speaker, Speaker] = {"agent": "customer", "customer": "agent"}
_TAIL = re.compile(r"[\s_\-–—#№:.]*\d*\s*$")
_BRACKETS = re.compile(r"[(\[（【]([^)\]）】]{1,60})[)\]）】]")
_CHINESE_ROLES = sorted((name for name in ROLES if name[0] > "\u3400"), key=len, reverse=True)
_OFFERS_HELP = re.compile(
    r"(?:how|what)\s+(?:can|may|could)\s+(?:i|we)\s+(?:help|assist|do\s+for)|(?:thank\s+you|thanks)\s+for\s+(?:calling|contacting)"
    r"|(?:чем|как)\s+(?:я\s+)?(?:могу|можем|можно)\s+(?:вам\s+)?(?:помочь|быть\s+полез)|спасибо,?\s+что\s+(?:позвонили|обратились)"
    r"|(?:什么|何|怎么)[^，。？！]{0,8}(?:帮[到助]?[您你]|效劳)|[为帮][您你](?:服务|做些?什么)|感谢您?的?[来致]电",
    re.IGNORECASE,
)
_SHOWN = 10


@lru_cache(maxsize=4096)
def role_of(name: str) -> Speaker | None:
    """Return the role that a speaker's name states (`Agent 2`, `Anna (operator)`, `客服小王`), or None."""
    plain = _TAIL.sub("", name.strip()[:200])
    bracketed = _BRACKETS.search(plain)
    candidates = [plain, _BRACKETS.sub("", plain).strip(), bracketed[1].strip() if bracketed else ""]
    roles = (ROLES.get(each.casefold()) or _leading_role(each) for each in candidates if each)
    return next((role for role in roles if role is not None), None)


def _leading_role(name: str) -> Speaker | None:
    """Return the role in `Agent Anna` and `客服小王`; `Customer address` and `客户电话` name nobody."""
    words = name.split()
    for length in range(min(len(words) - 1, 3), 0, -1):
        role = ROLES.get(" ".join(words[:length]).casefold().rstrip("_-–—,"))
        if role is not None and all(word[:1].isupper() or word[:1] in "-–—" for word in words[length:]):
            return role
    known = next((role for role in _CHINESE_ROLES if name.startswith(role)), "")
    rest = name[len(known) :]
    return ROLES[known] if known and len(rest) <= 4 and not FIELDS.search(rest) else None


def to_turns(
    utterances: Sequence[Utterance], speakers: Mapping[str, Speaker], agent_name: str | None
) -> list[dict[str, Any]]:
    """Return the turns of a conversation. An utterance without a name belongs to the speaker before it.

    Raises InvalidInput when there is none, when the first has no name, when `speakers` names nobody who
    speaks, or when a role cannot be decided.
    """
    if not utterances:
        raise bad_content('no turns found; write lines such as "Agent: Good morning"')
    first = utterances[0]
    if first.name is None:
        raise _nobody(first)
    given = {name.casefold(): role for name, role in speakers.items()}
    if given:
        _refuse_strangers(utterances, given)
    roles = _roles(utterances, given, agent_name)
    turns, speaker = [], roles[first.name.casefold()]
    for utterance in utterances:
        if utterance.name is not None:
            key = utterance.name.casefold()
            # Two people of one name are told apart by what the transcript states of each.
            speaker = given.get(key) or utterance.role or roles[key]
        times = {"start_s": utterance.start_s, "end_s": utterance.end_s}
        known = {key: value for key, value in times.items() if value is not None}
        turns.append({"speaker": speaker, "text": utterance.text, **known})
    return turns


def _nobody(first: Utterance) -> InvalidInput:
    """Return the error for a transcript whose first words are nobody's."""
    if first.line is None:
        return bad_content("nobody is named as the speaker of the first words")
    remedy = 'begin it with "Agent:" or "Customer:", or delete it'
    return bad_content(f"nobody is named as the speaker; {remedy}", first.line)


def _refuse_strangers(utterances: Sequence[Utterance], given: Mapping[str, Speaker]) -> None:
    """Refuse a mapping of which no name occurs: it was misspelt, or is of another conversation. People who
    keep silent may be in it beside one who speaks.
    """
    names = list(dict.fromkeys(each.name for each in utterances if each.name is not None))
    if not any(name.casefold() in given for name in names):
        detail = f"it names nobody who speaks in the transcript; these do: {_listed(names)}"
        raise InvalidInput([FieldProblem("/speakers", detail)])


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")


def _roles(
    utterances: Sequence[Utterance], given: Mapping[str, Speaker], agent_name: str | None
) -> dict[str, Speaker]:
    names: dict[str, Speaker | None] = {}
    for each in utterances:
        if each.name is not None:
            names[each.name] = names.get(each.name) or each.role
    roles: dict[str, Speaker] = {}
    unknown: dict[str, str] = {}
    for name, stated in names.items():
        key = name.casefold()
        known = stated or ("agent" if agent_name and key == agent_name.casefold() else role_of(name))
        role = given.get(key) or known
        if role is None:
            unknown[key] = name
        else:
            roles[key] = role
    return roles | _decide(utterances, list(unknown), set(roles.values()), list(unknown.values()))


def _decide(
    utterances: Sequence[Utterance], unknown: list[str], known: set[Speaker], shown: list[str]
) -> dict[str, Speaker]:
    people = known & {"agent", "customer"}
    if not unknown:
        return {}
    if len(unknown) == 1 and len(people) == 1:
        return {unknown[0]: _OTHER[people.pop()]}
    if len(unknown) == 2 and not people:
        offering = {name for name in unknown if _offers_help(utterances, name)}
        if len(offering) == 1:
            return {name: "agent" if name in offering else "customer" for name in unknown}
    raise _undecided(utterances, shown)


def _offers_help(utterances: Sequence[Utterance], name: str) -> bool:
    own = (each.text for each in utterances if each.name is not None and each.name.casefold() == name)
    return any(_OFFERS_HELP.search(text[:500]) for text, _ in zip(own, range(3), strict=False))


def _undecided(utterances: Sequence[Utterance], unknown: list[str]) -> InvalidInput:
    line = next(each.line for each in utterances if each.name == unknown[0])
    example = f'"speakers": {{{json.dumps(unknown[0], ensure_ascii=False)}: "agent"}}'
    problem = f"it is not clear who is the agent and who the customer: {_listed(unknown)}"
    if line is None:
        return bad_content(f"{problem}; say {example} beside content, for each of them")
    remedy = (
        f"name them Agent and Customer, say {example} beside content, or indent the line if it only looks"
    )
    return bad_content(f"{problem}; {remedy} like a speaker", line)


def read_speakers(given: object) -> dict[str, Speaker]:
    """Return the caller's mapping of names to roles. Raises InvalidInput when it is none."""
    if given is None:
        return {}
    known: tuple[Speaker, ...] = get_args(Speaker)
    if not isinstance(given, dict):
        raise InvalidInput([FieldProblem("/speakers", 'this has to be an object such as {"Anna": "agent"}')])
    wrong = [name for name, role in given.items() if role not in known]
    if wrong:
        guess = get_close_matches(str(given[wrong[0]])[:40], known, n=1)
        hint = f"did you mean {guess[0]!r}? " if guess else ""
        detail = f"{str(given[wrong[0]])[:40]!r} is no role; {hint}roles are: {', '.join(known)}"
        raise InvalidInput([FieldProblem("/speakers", detail)])
    return dict(given)
