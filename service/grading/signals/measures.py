"""Figures about a conversation that need no judgement, given to people next to any grader's grades."""

from collections.abc import Sequence

from service.domain.transcript import RedactedConversation
from service.grading.signals.questions import questions
from service.grading.signals.speech import search, spoken_by, total_amount
from service.grading.signals.timing import Timed, agent_share, silences, timeline
from service.grading.signals.words import fillers

OVERLAP_S = 0.3
"""A turn that begins this many seconds before another speaker ends counts as an overlap; less is a quick
answer or the inaccuracy of the timestamps.
"""


def measure(conversation: RedactedConversation) -> dict[str, float | int | None]:
    """Return the figures under keys that never change; None where the transcript does not allow one.

    `longest_silence_s` in seconds, explained or not; `silence_share` of the time between the first and the
    last word, 0 to 1; `agent_talk_share` of the words of agent and customer, 0 to 1; `agent_words_per_minute`
    of the agent's own speaking time; `overlaps`, `agent_questions` (without routine ones such as "how can I
    help"), `filler_words`, `rude_words`, `agent_turns` and `customer_turns` are counts. In Chinese,
    characters stand for words.
    """
    agent = spoken_by(conversation, "agent")
    share = agent_share(conversation)
    return {
        **_timing(conversation),
        "agent_talk_share": None if share is None else round(share, 3),
        "agent_questions": sum(1 for _ in questions(agent, conversation.language)),
        "filler_words": sum(1 for _ in fillers(agent, conversation.language)),
        "rude_words": sum(1 for _ in search(agent, "rude_words", conversation.language)),
        "agent_turns": len(agent),
        "customer_turns": len(spoken_by(conversation, "customer")),
    }


def _timing(conversation: RedactedConversation) -> dict[str, float | int | None]:
    turns = timeline(conversation)
    if turns is None:
        keys = ("longest_silence_s", "silence_share", "agent_words_per_minute", "overlaps")
        return dict.fromkeys(keys)
    gaps = [gap.seconds for gap in silences(turns)]
    length = max(timed.end for timed in turns) - turns[0].start
    return {
        "longest_silence_s": round(max(gaps, default=0.0), 1),
        "silence_share": round(sum(gaps) / length, 3) if length else None,
        "agent_words_per_minute": _pace(turns, conversation),
        "overlaps": _overlaps(turns),
    }


def _pace(turns: Sequence[Timed], conversation: RedactedConversation) -> int | None:
    own = [timed for timed in turns if timed.spoken.turn.speaker == "agent"]
    minutes = sum(timed.end - timed.start for timed in own) / 60
    said = total_amount((timed.spoken for timed in own), conversation.language)
    return round(said / minutes) if minutes else None


def _overlaps(turns: Sequence[Timed]) -> int:
    count, last = 0, turns[0]
    for timed in turns[1:]:
        other = timed.spoken.turn.speaker != last.spoken.turn.speaker
        count += other and last.end - timed.start > OVERLAP_S
        if timed.end >= last.end:
            last = timed
    return count
