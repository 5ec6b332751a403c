"""Keeps the libraries underneath silent: their debug messages and warnings can quote the text they read."""

import logging

_TALKATIVE = (
    "presidio-analyzer",
    "decision_process",
    "jieba",
    "natasha",
    "pymorphy3",
    "py3langid",
    "phonenumbers",
)


def silence() -> None:
    """Let only critical errors of the libraries through."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
