"""What differs between two revisions of a scorecard, and whether it asks for grading again."""

from collections.abc import Iterator
from typing import Literal

from service.domain.base import Model
from service.domain.scorecard import Dimension, Scorecard, Section

Kind = Literal["added", "removed", "reworded", "asked", "counted"]
"""`reworded`: what a grader reads has changed; `asked`: when or how it is asked; `counted`: only what the
answers are worth, so that no answer has to be given again.
"""

_CARD = {
    "title": "reworded",
    "language": "asked",
    "languages": "asked",
    "applies_to": "asked",
    "grouping": "asked",
    "order_seed": "asked",
    "votes": "asked",
    "pass_mark": "counted",
}
_SECTION = {"title": "reworded", "weight": "counted"}
_DIMENSION = {
    "title": "reworded",
    "question": "reworded",
    "guidance": "reworded",
    "about": "asked",
    "weight": "counted",
    "not_applicable": "reworded",
    "auto_fail": "counted",
    "ask_when": "asked",
    "signals": "asked",
    "examples": "reworded",
}


class CardChange(Model):
    """One difference. `where` is a path such as ``closing``, ``thanks`` or ``thanks, level 3``; `before` and
    `after` are what stood there, None where nothing did.
    """

    kind: Kind
    where: str
    what: str
    before: str | None
    after: str | None


def changes_of(old: Scorecard, new: Scorecard) -> list[CardChange]:
    """Return every difference in what is graded and how it counts, in the order of the newer card."""
    return [
        *_fields("card", old, new, _CARD),
        *_sections(old, new),
        *_dimensions(old, new),
    ]


def must_grade_again(changes: list[CardChange]) -> list[str]:
    """Return the places whose answers may be others now."""
    return list(dict.fromkeys(one.where.partition(",")[0] for one in changes if one.kind != "counted"))


def _sections(old: Scorecard, new: Scorecard) -> Iterator[CardChange]:
    before, after = ({section.id: section for section in card.sections} for card in (old, new))
    yield from _gone_and_new("section", before, after)
    for name in after:
        if name in before:
            yield from _fields(f"section {name}", before[name], after[name], _SECTION)


def _dimensions(old: Scorecard, new: Scorecard) -> Iterator[CardChange]:
    before, after = ({dimension.id: dimension for dimension in card.dimensions} for card in (old, new))
    yield from _gone_and_new("dimension", before, after)
    for name in after:
        if name not in before:
            continue
        if old.section_of[name] != new.section_of[name]:
            yield _change("counted", name, "section", old.section_of[name], new.section_of[name])
        yield from _fields(name, before[name], after[name], _DIMENSION)
        yield from _levels(before[name], after[name])


def _gone_and_new(
    what: str,
    before: "dict[str, Section] | dict[str, Dimension]",
    after: "dict[str, Section] | dict[str, Dimension]",
) -> Iterator[CardChange]:
    # An empty section cannot be, so that its dimensions say whether something has to be graded again.
    for name in before:
        if name not in after:
            yield _change("removed", name, what, before[name].title, None)
    for name in after:
        if name not in before:
            yield _change("added", name, what, None, after[name].title)


def _levels(old: Dimension, new: Dimension) -> Iterator[CardChange]:
    before, after = ({level.level: level for level in one.scale.levels} for one in (old, new))
    if old.scale.type != new.scale.type:
        yield _change("asked", new.id, "scale", old.scale.type, new.scale.type)
    for level, gone in before.items():
        if level not in after:
            yield _change("removed", f"{new.id}, level {level}", "level", gone.anchor, None)
    for level, now in after.items():
        where = f"{new.id}, level {level}"
        if level not in before:
            yield _change("added", where, "level", None, now.anchor)
        else:
            kinds = {"anchor": "reworded", "label": "reworded", "points": "counted"}
            yield from _fields(where, before[level], now, kinds)


def _fields(where: str, old: Model, new: Model, kinds: "dict[str, str]") -> Iterator[CardChange]:
    for name, kind in kinds.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield _change(kind, where, name, before, after)


def _change(kind: str, where: str, what: str, before: object, after: object) -> CardChange:
    return CardChange.model_validate(
        {"kind": kind, "where": where, "what": what, "before": _shown(before), "after": _shown(after)}
    )


def _shown(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, Model):
        return value.model_dump_json(by_alias=True, exclude_none=True)
    if isinstance(value, tuple):
        return ", ".join(str(_shown(one)) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
