"""What a network is trained on: conversations whose words carry a label."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from redaction import kinds
from redaction.network import TURN, tokens_of

OUTSIDE = "O"
LABELS = (
    OUTSIDE,
    kinds.PERSON,
    kinds.LOCATION,
    kinds.ADDRESS,
    kinds.PHONE_NUMBER,
    kinds.EMAIL_ADDRESS,
    kinds.CREDIT_CARD,
    kinds.US_SSN,
    kinds.ACCOUNT_NUMBER,
    kinds.REFERENCE_CODE,
    kinds.SECRET,
)
"""The labels that a network gives, "O" for words that are not personal first."""

IGNORED = -1
"""Stands for the label of a word that the network is not corrected for."""

_PADDING = 8


@dataclass(frozen=True, slots=True)
class Word:
    """Some text without spaces in it, and its label."""

    text: str
    label: str = OUTSIDE


Turn = tuple[Word, ...]
Conversation = tuple[Turn, ...]
Change = Callable[[str], str]


def label_characters(text: str, spans: Iterable[tuple[int, int, str]]) -> Turn:
    """The words of ``text``; a word is labelled by the span that holds its first character."""
    labels = [OUTSIDE] * len(text)
    for start, end, label in spans:
        labels[start:end] = [label] * (end - start)
    return tuple(Word(token.text, labels[token.start]) for token in tokens_of(text))


def spell(conversation: Conversation, change: Callable[[Word], str]) -> Conversation:
    """The conversation with every word respelled; words that become empty are left out."""
    return tuple(
        tuple(Word(text, word.label) for word in turn if (text := change(word))) for turn in conversation
    )


def numbered(conversation: Conversation) -> tuple[list[str], list[int]]:
    """The tokens of a conversation and the places of their labels in ``LABELS``, padding at the end.

    The padding is as long as a network looks, so that conversations read one after the other stay apart.
    """
    words: list[str] = []
    labels: list[int] = []
    for turn in conversation:
        for word in turn:
            parts = [token.text for token in tokens_of(word.text)]
            words += parts
            labels += [LABELS.index(word.label)] * len(parts)
        words.append(TURN)
        labels.append(0)
    return words + [TURN] * _PADDING, labels + [IGNORED] * _PADDING
