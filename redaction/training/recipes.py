"""Which conversations a network of a language is fitted to."""

import random
from collections.abc import Callable
from pathlib import Path

from redaction import kinds
from redaction.training import corpora
from redaction.training.english import LABELS as ENGLISH_LABELS
from redaction.training.english import English
from redaction.training.examples import Conversation, Turn, Word
from redaction.training.fit import Draw, Plan
from redaction.training.russian import LABELS as RUSSIAN_LABELS
from redaction.training.russian import Russian, without_dots
from redaction.training.templates import Templates
from redaction.training.variants import as_recognized, as_typed, blanked, misspelled, renamed

HERE = Path(__file__).parent
_RENAMED, _TYPED, _AGENT_SPEAKS = 0.5, 0.4, 0.12
_MISSPELLED, _WITHOUT_DOTS = 0.04, 0.5
_BABBLED_NAMES, _RECOGNIZED, _BLANKED = 0.06, 0.6, 0.08


def english(folder: Path, seed: int, invented: int, held_out: str | None) -> Draw:
    """MultiDoGO's domains but ``held_out``, WNUT17, half of the coffee orders, ``invented`` conversations.

    Every post and order comes twice, as it is and as recognized; customers' turns as they are and, in a part
    of the conversations, as typed. Half of the turns name other people, remarks of an agent come in between.
    """
    rng = random.Random(seed)  # noqa: S311 - reproducible on purpose
    values = English(rng)
    templates = Templates(HERE / "templates_en.txt", values.slots(), ENGLISH_LABELS)
    domains = [domain for domain in corpora.MULTIDOGO if domain != held_out]
    calls = [call for domain in domains for call in corpora.multidogo(folder, domain)]
    others = corpora.wnut(folder) + corpora.coffee(folder)[::2]

    def draw(rng: random.Random) -> list[Conversation]:
        def varied(call: Conversation) -> Conversation:
            changed = renamed(call, _RENAMED, rng, values.first, values.last)
            return with_remarks(changed, rng, templates.remark)

        typed = [as_typed(varied(call), rng) for call in calls if rng.random() < _TYPED]
        made = [templates.conversation(rng) for _ in range(invented)]
        said = [babble(rng, values) for _ in range(invented // 2)]
        drawn = [*map(varied, calls), *typed, *others, *map(as_recognized, others), *made, *said]
        return [blanked(conversation, _BLANKED, rng) for conversation in drawn]

    return draw


def russian(folder: Path, seed: int, invented: int, held_out: str | None) -> Draw:  # noqa: ARG001 - has no domains
    """Paragraphs of factRuEval, as they are and as recognized, and ``invented`` conversations.

    Each time most of them name other people and some of them other towns, in the same case and gender,
    and one word in 25 is misspelled.
    """
    values = Russian(random.Random(seed))  # noqa: S311 - reproducible on purpose
    templates = Templates(HERE / "templates_ru.txt", values.slots(), RUSSIAN_LABELS)
    paragraphs = corpora.factrueval(folder)

    def draw(rng: random.Random) -> list[Conversation]:
        def varied(paragraph: Conversation) -> Conversation:
            return plain(misspelled(values.moved(paragraph), _MISSPELLED, rng))

        def plain(conversation: Conversation) -> Conversation:
            return without_dots(conversation) if rng.random() < _WITHOUT_DOTS else conversation

        written = [varied(paragraph) for paragraph in paragraphs]
        told = [as_recognized(varied(paragraph)) for paragraph in paragraphs]
        return [*written, *told, *(plain(templates.conversation(rng)) for _ in range(invented))]

    return draw


def babble(rng: random.Random, values: English) -> Conversation:
    """Turns of ordinary words in any order, a name among them now and then."""

    def word() -> Word:
        if rng.random() < _BABBLED_NAMES:
            return Word(rng.choice([values.first, values.last])().split()[0].lower(), kinds.PERSON)
        return Word(values.common())

    turns = tuple(tuple(word() for _ in range(rng.randint(1, 7))) for _ in range(rng.randint(2, 6)))
    return turns if rng.random() < _RECOGNIZED else as_typed(turns, rng)


def with_remarks(
    conversation: Conversation, rng: random.Random, remark: Callable[[random.Random], Turn]
) -> Conversation:
    """The conversation with a remark before some of its turns: corpora often hold one side only."""
    turns: list[Turn] = []
    for turn in conversation:
        if rng.random() < _AGENT_SPEAKS:
            turns.append(remark(rng))
        turns.append(turn)
    return tuple(turns)


RECIPES: dict[str, Callable[[Path, int, int, str | None], Draw]] = {"en": english, "ru": russian}
"""The recipe of each language: folder of corpora, seed, invented conversations an epoch, domain left out."""

PLANS = {"en": Plan(), "ru": Plan(epochs=9, dropout=0.3)}
"""How the network of each language is fitted."""

INVENTED = {"en": 8000, "ru": 2500}
"""How many conversations are invented for each epoch."""
