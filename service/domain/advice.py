"""Advice on a valid scorecard: wording and structure that raters and models are known to trip over.

Advice never makes a card invalid. A rule stays silent when in doubt.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product
from statistics import fmean
from typing import NamedTuple

from service.domain.errors import json_pointer
from service.domain.scorecard import Dimension, Level, Scorecard, SignalName
from service.domain.wording import Wording, size_in_words, wording

MAX_DIMENSIONS = 25
"""More questions than this cost a rater, and a model, the attention that each of them needs."""

_MIN_ANCHOR_WORDS = 2
_MAX_SHARE = 0.5
_MIN_SHARE = 0.01
_EDGES = re.compile(r"^[\s.,:;!。，：；！()（）]+|[\s.,:;!。，：；！()（）]+$")

_NUMBER = re.compile(r"(?<![\d.,])\d{1,6}(?![\d.,]*\d)")
_MOST_SIGNALS = 4

_SAID_OR_NOT = (0.0, 1.0)
_THREE_STEPS = (0.0, 0.5, 1.0)
SIGNAL_VALUES: dict[SignalName, tuple[float, ...]] = {
    **dict.fromkeys(
        (
            "greeting",
            "self_introduction",
            "closing",
            "thanks",
            "empathy",
            "apology",
            "rude_words",
            "name_use",
        ),
        _SAID_OR_NOT,
    ),
    **dict.fromkeys(
        (
            "dead_air",
            "talk_share",
            "filler_words",
            "one_word_answers",
            "questions_asked",
            "overlaps",
            "pace",
            "forbidden_words",
        ),
        _THREE_STEPS,
    ),
    "hold_etiquette": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
}
"""The values that a signal can have; signals left out can have any."""

SIGNAL_BORDERS: dict[SignalName, frozenset[int]] = {
    "dead_air": frozenset({10, 30}),
    "questions_asked": frozenset({0, 1, 2}),
    "forbidden_words": frozenset({0, 1, 2}),
}
"""The only numbers that the anchors of a dimension with this signal may name without contradicting it:
seconds of silence, questions, phrases.
"""

Path = tuple[str | int, ...]


class Advice(NamedTuple):
    """What could be better: where, what, and what to do about it."""

    path: Path
    message: str
    remedy: str

    @property
    def pointer(self) -> str:
        """The place as an RFC 6901 JSON pointer."""
        return json_pointer(self.path)


def advise(card: Scorecard) -> list[Advice]:
    """Return advice on a valid card, in the order of the card; an empty list when there is none."""
    found = [*_on_the_head(card), *_on_sections(card), *_on_repeated_titles(card)]
    words = wording(card.language)
    for s, section in enumerate(card.sections):
        for d, dimension in enumerate(section.dimensions):
            at: Path = ("sections", s, "dimensions", d)
            found += _on_question(dimension, words, at)
            found += _on_rules(dimension, words, at)
            found += _on_scale(dimension, words, (*at, "scale", "levels"))
    return found


def _on_the_head(card: Scorecard) -> Iterator[Advice]:
    count = len(list(card.dimensions))
    if count > MAX_DIMENSIONS:
        message = f"the card has {count} dimensions; beyond {MAX_DIMENSIONS} grades get careless"
        yield Advice(("sections",), message, "split it, or close dimensions with ask_when")
    if card.votes > 1 and card.votes % 2 == 0:
        message = f"{card.votes} votes can end in a tie, which goes to the level in the middle"
        yield Advice(("votes",), message, "take an odd number of votes")
    if card.pass_mark in (0, 100):
        outcome = "passes every conversation" if card.pass_mark == 0 else "fails for a single missed point"
        yield Advice(
            ("pass_mark",), f"a pass_mark of {card.pass_mark:g} {outcome}", "choose a mark in between"
        )
    if card.language not in card.languages:
        message = f"the card is written in {card.language!r} and not meant for conversations in it"
        yield Advice(("languages",), message, f"add {card.language} to languages, or correct language")


def _on_sections(card: Scorecard) -> Iterator[Advice]:
    """Shares are those of a conversation in which every dimension is graded."""
    total = sum(section.weight for section in card.sections)
    count = len(list(card.dimensions))
    for s, section in enumerate(card.sections):
        share = section.weight / total
        if share < _MIN_SHARE:
            message = f"the section {section.id!r} carries {share:.1%} of the card, next to nothing"
            yield Advice(("sections", s, "weight"), message, "raise its weight or drop it")
        inside = sum(dimension.weight for dimension in section.dimensions)
        for d, dimension in enumerate(section.dimensions):
            part = share * dimension.weight / inside
            if part > _MAX_SHARE and count > 1:
                message = f"{dimension.id!r} alone carries {part:.0%} of the card"
                yield Advice(("sections", s, "dimensions", d), message, "lower its weight, or use auto_fail")


def _on_repeated_titles(card: Scorecard) -> Iterator[Advice]:
    yield from _repeated(
        [("sections", s, "title") for s in range(len(card.sections))], [s.title for s in card.sections]
    )
    places: list[Path] = [
        ("sections", s, "dimensions", d, "title")
        for s, x in enumerate(card.sections)
        for d in range(len(x.dimensions))
    ]
    yield from _repeated(places, [dimension.title for dimension in card.dimensions])


def _repeated(places: list[Path], titles: list[str]) -> Iterator[Advice]:
    count = Counter(title.strip().casefold() for title in titles)
    seen: set[str] = set()
    for place, title in zip(places, titles, strict=True):
        key = title.strip().casefold()
        if count[key] > 1 and key in seen:
            yield Advice(
                place, f"the title {title!r} occurs {count[key]} times", "tell them apart in reports"
            )
        seen.add(key)


def _on_question(dimension: Dimension, words: Wording, at: Path) -> Iterator[Advice]:
    text, place = dimension.question, (*at, "question")
    if not words.is_question.search(text.strip()) and "?" not in text:
        yield Advice(place, "this is no question", "ask one that the levels answer")
    if text.count("?") + text.count("？") > 1:
        yield Advice(place, "two questions are asked at once", "make each a dimension of its own")
    elif joined := words.second_question(text):
        message = f"two things may be asked at once: {joined!r}"
        yield Advice(place, message, "if one can be met without the other, make each a dimension of its own")
    if doubled := words.double_negation(text):
        yield Advice(
            place, f"two negations in one clause: {doubled!r}", "ask what is to be seen, in the positive"
        )
    if extreme := words.extreme(text):
        message = f"{extreme!r} asks for the extreme and is hard to prove"
        yield Advice(place, message, "say how often, or in which turns")
    if dimension.guidance is None and (vague := words.vague(text)):
        message = f"{vague!r} means something else to every rater"
        yield Advice(place, message, "name what is to be heard, or explain the word in guidance")


def _on_rules(dimension: Dimension, words: Wording, at: Path) -> Iterator[Advice]:
    open_ended = dimension.not_applicable is None and dimension.ask_when is None
    condition = words.condition(dimension.question)
    if open_ended and condition:
        message = f"the question holds only under a condition ({condition!r}), and N/A is not allowed"
        yield Advice((*at, "question"), message, "add not_applicable: or ask_when:")
    elif open_ended and dimension.auto_fail and not words.prohibition(dimension.question):
        message = f"the lowest level fails the {dimension.auto_fail}, also where the question does not arise"
        yield Advice((*at, "auto_fail"), message, "add not_applicable: with when it does not arise")
    if dimension.signals and dimension.about == "customer":
        message = "signals are measured on the agent's turns, and this dimension is about the customer"
        yield Advice((*at, "signals"), message, "leave signals out, or correct about")
    else:
        yield from _on_signals(dimension, (*at, "signals"))


def _on_signals(dimension: Dimension, at: Path) -> Iterator[Advice]:
    """What a rule measures has anchors of its own; where the scale says something else, grades mislead."""
    if missed := _levels_never_given(dimension):
        names = ", ".join(repr(level.level) for level in missed)
        message = f"the grader that needs no model never gives the level {names} for these signals"
        yield Advice(at, message, "use a scale with the levels that can be measured, or leave signals out")
    for name in dimension.signals:
        borders = SIGNAL_BORDERS.get(name)
        named = {int(n) for level in dimension.scale.levels for n in _NUMBER.findall(level.anchor)}
        if borders and not named <= borders:
            other = ", ".join(map(str, sorted(named - borders)))
            message = f"the anchors speak of {other}, but the signal {name} weighs at {_listed(borders)}"
            yield Advice(at, message, "use those numbers in the anchors, or leave the signal out")


def _levels_never_given(dimension: Dimension) -> list[Level]:
    """Return the levels that no mean of the signals' values is nearest to; none where it may be any."""
    steps = [SIGNAL_VALUES.get(name, ()) for name in dimension.signals]
    if not 0 < len(steps) <= _MOST_SIGNALS or not all(steps):
        return []
    means = {fmean(values) for values in product(*steps)}
    given = {dimension.scale.nearest(mean).level for mean in means}
    points = {dimension.scale.nearest(mean).points for mean in means}
    return [x for x in dimension.scale.levels if x.level not in given and x.points not in points]


def _listed(numbers: Iterable[int]) -> str:
    return " and ".join(map(str, sorted(numbers)))


def _on_scale(dimension: Dimension, words: Wording, at: Path) -> Iterator[Advice]:
    levels = dimension.scale.levels
    yield from _on_points(dimension, at)
    first: dict[str, Level] = {}
    for position, level in enumerate(levels):
        place = (*at, position, "anchor")
        anchor = _plain(level.anchor)
        if _restates(level, anchor, words):
            yield Advice(place, "the anchor only repeats the level", "describe what is heard at this level")
        elif size_in_words(anchor) < _MIN_ANCHOR_WORDS:
            yield Advice(
                place, f"the anchor {level.anchor!r} is too short to grade by", "describe what is heard"
            )
        elif anchor in first:
            message = f"the anchor is the same as that of level {first[anchor].level!r}"
            yield Advice(place, message, "say what tells the two levels apart")
        elif dimension.guidance is None and (vague := words.vague(level.anchor)):
            message = f"{vague!r} means something else to every rater"
            yield Advice(place, message, "name what is to be heard, or explain the word in guidance")
        first.setdefault(anchor, level)


def _on_points(dimension: Dimension, at: Path) -> Iterator[Advice]:
    points = [level.points for level in dimension.scale.levels]
    if len(set(points)) == 1:
        yield Advice(at, "all levels give the same points: the answer changes nothing", "spread the points")
    elif dimension.scale.type == "ordinal":
        for position in range(1, len(points)):
            if points[position] <= points[position - 1]:
                level = dimension.scale.levels[position].level
                message = f"level {level} gives no more points than the one below it"
                yield Advice(
                    (*at, position, "points"), message, "let points rise with the level, or use choice"
                )


def _plain(anchor: str) -> str:
    return _EDGES.sub("", anchor).casefold()


def _restates(level: Level, anchor: str, words: Wording) -> bool:
    names = {_plain(str(level.level)), _plain(str(level.level).replace("_", " "))}
    if level.label is not None:
        names.add(_plain(level.label))
    return anchor in names or words.level_number.fullmatch(anchor) is not None
