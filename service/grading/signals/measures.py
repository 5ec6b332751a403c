"""Figures about a conversation that need no judgement, given to people next to any grader's grades."""

from service.domain.transcript import RedactedConversation
from service.grading.signals.hold import holds
from service.grading.signals.memory import shared_work
from service.grading.signals.naming import name_uses
from service.grading.signals.overlaps import overlapping
from service.grading.signals.pace import spoken_at, words_per_minute
from service.grading.signals.promises import promised
from service.grading.signals.questions import questions
from service.grading.signals.rude import rudeness
from service.grading.signals.speech import search, spoken_by
from service.grading.signals.timing import agent_share, silences, timeline
from service.grading.signals.words import fillers

_TIMING = (
    "longest_silence_s",
    "silence_share",
    "agent_words_per_minute",
    "customer_words_per_minute",
    "overlaps",
)


def measure(conversation: RedactedConversation) -> dict[str, float | int | None]:
    """Return the figures under keys that never change; None where the transcript does not allow one.

    `longest_silence_s` in seconds, explained or not; `silence_share` of the time between the first and the
    last word, 0 to 1; `agent_talk_share` of the words of agent and customer, 0 to 1; `agent_words_per_minute`
    and `customer_words_per_minute` of their own speaking time; `overlaps` (turns that begin while any other
    speaks), `agent_questions` (without routine ones such as "how can I help"), `filler_words`,
    `rude_words` (beyond doubt), `forbidden_words`, `holds` (waits announced), `promises`, `name_uses`,
    `agent_turns` and `customer_turns` are counts. In Chinese, characters stand for words.
    """
    with shared_work():
        return _figures(conversation)


def _figures(conversation: RedactedConversation) -> dict[str, float | int | None]:
    agent = spoken_by(conversation, "agent")
    share = agent_share(conversation)
    return {
        **_timing(conversation),
        "agent_talk_share": None if share is None else round(share, 3),
        "agent_questions": sum(1 for _ in questions(agent, conversation.language)),
        "filler_words": sum(1 for _ in fillers(agent, conversation.language)),
        "rude_words": len(rudeness(conversation).insults),
        "forbidden_words": sum(1 for _ in search(agent, "forbidden_words", conversation.language)),
        "holds": len(holds(agent, conversation.language)),
        "promises": len(promised(conversation)),
        "name_uses": len(name_uses(conversation)),
        "agent_turns": len(agent),
        "customer_turns": len(spoken_by(conversation, "customer")),
    }


def _timing(conversation: RedactedConversation) -> dict[str, float | int | None]:
    turns = timeline(conversation)
    if turns is None:
        return dict.fromkeys(_TIMING)
    gaps = [gap.seconds for gap in silences(turns)]
    length = max(timed.end for timed in turns) - turns[0].start
    return {
        "longest_silence_s": round(max(gaps, default=0.0), 1),
        "silence_share": round(sum(gaps) / length, 3) if length else None,
        "agent_words_per_minute": words_per_minute(spoken_at(turns, "agent"), conversation.language),
        "customer_words_per_minute": words_per_minute(spoken_at(turns, "customer"), conversation.language),
        "overlaps": len(overlapping(turns)),
    }
