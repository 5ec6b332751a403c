"""What people write for a level, as the level of a scale."""

from collections.abc import Iterable

from service.domain.label import NOT_APPLICABLE, Label
from service.domain.scorecard import Dimension, LevelValue, Scale, Scorecard

_SAME = ({"yes", "true", "y", "1", "да", "是"}, {"no", "false", "n", "0", "нет", "否"})


class OffTheScale(ValueError):
    """The level is not on the scale; the message says which levels are."""


def level_on(dimension: Dimension, value: LevelValue) -> LevelValue:
    """Return the level of `dimension` that `value` means, or ``"na"``.

    `"4"` is 4 where levels are numbers; a level's label, another case, and 1, true or да for yes will do.
    Raises OffTheScale, also for N/A where the dimension does not allow it.
    """
    found = dimension.scale.find(value)
    if found is not None:
        return found.level
    if value == NOT_APPLICABLE:
        if dimension.not_applicable is None:
            raise OffTheScale(f"{dimension.id} does not allow N/A")
        return NOT_APPLICABLE
    alike = _alike(dimension.scale, str(value).strip().casefold())
    if len(alike) != 1:
        levels = ", ".join(str(level.level) for level in dimension.scale.levels)
        allowed = f"{levels}{'' if dimension.not_applicable is None else ', na'}"
        raise OffTheScale(f"{str(value)[:40]!r} is not on the scale of {dimension.id}, which is: {allowed}")
    return alike.pop()


def on_card(card: Scorecard, labels: Iterable[Label]) -> tuple[Label, ...]:
    """Return labels that were stored before their card was known with its levels. What is not on the card
    stays as it is.
    """
    asked = {dimension.id: dimension for dimension in card.dimensions}
    return tuple(_on_card(label, asked.get(label.dimension)) for label in labels)


def _on_card(label: Label, dimension: Dimension | None) -> Label:
    if dimension is None or dimension.scale.find(label.level) is not None:
        return label
    try:
        return label.model_copy(update={"level": level_on(dimension, label.level)})
    except OffTheScale:
        return label


def _alike(scale: Scale, text: str) -> set[LevelValue]:
    """Return the levels that are written alike, else those that mean the same answer to a question."""
    written = {level.level for level in scale.levels if text in _spellings(level.level, level.label)}
    if written or scale.type == "ordinal":
        return written
    same = next((words for words in _SAME if text in words), set())
    return {level.level for level in scale.levels if str(level.level).casefold() in same}


def _spellings(level: LevelValue, label: str | None) -> set[str]:
    return {str(level).casefold(), (label or str(level)).casefold()}
