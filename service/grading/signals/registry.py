"""Which function measures which signal."""

from service.domain.scorecard import SignalName
from service.grading.signals import (
    forbidden,
    hold,
    naming,
    overlaps,
    pace,
    phrases,
    promises,
    questions,
    rude,
    timing,
    words,
)
from service.grading.signals.finding import Signal

SIGNALS: dict[SignalName, Signal] = {
    "greeting": phrases.greeting,
    "self_introduction": phrases.self_introduction,
    "closing": phrases.closing,
    "thanks": phrases.thanks,
    "empathy": phrases.empathy,
    "apology": phrases.apology,
    "dead_air": timing.dead_air,
    "talk_share": timing.talk_share,
    "filler_words": words.filler_words,
    "rude_words": rude.rude_words,
    "one_word_answers": words.one_word_answers,
    "questions_asked": questions.questions_asked,
    "hold_etiquette": hold.hold_etiquette,
    "name_use": naming.name_use,
    "overlaps": overlaps.overlaps,
    "pace": pace.pace,
    "forbidden_words": forbidden.forbidden_words,
    "promises": promises.promises,
}
"""The signal of every name that a scorecard may use."""
