"""What is wrong with labels once card and conversation are known."""

from collections import defaultdict

from evals.datasets.entry import Found, Reading
from evals.datasets.verdicts import off_the_scale, unknown_dimension
from service.domain.errors import json_pointer
from service.domain.label import NOT_APPLICABLE, Label
from service.domain.scorecard import LevelValue


def check_labels(found: Found, reading: Reading) -> None:
    """Leave out labels and floors that cannot be used on the card, and say why.

    Of two labels that say the same one is kept; where one rater says two things of one dimension, nobody
    knows which of them counts, and both are left out.
    """
    found.labels = [
        label
        for number, label in enumerate(found.labels)
        if _fits(found, reading, label.dimension, label.level, f"/labels/{number}")
    ]
    found.floors = {
        name: level
        for name, level in found.floors.items()
        if _fits(found, reading, name, level, "/floors" + json_pointer([name]), is_floor=True)
    }
    found.labels = _without_contradictions(found)


def _fits(
    found: Found, reading: Reading, name: str, level: LevelValue, pointer: str, *, is_floor: bool = False
) -> bool:
    dimension = reading.dimension_called(name)
    if dimension is None:
        found.add_problem(pointer, unknown_dimension(reading.card, name))
        return False
    is_absent = level == NOT_APPLICABLE and not is_floor and dimension.not_applicable is not None
    if not is_absent and dimension.scale.find(level) is None:
        found.add_problem(pointer, off_the_scale(dimension, level))
        return False
    return True


def _without_contradictions(found: Found) -> list[Label]:
    """Return one label for each rater and dimension. What a rater says after seeing the machine's grade is
    another label than what they said before.
    """
    by_rater: defaultdict[tuple[str, str, bool], list[Label]] = defaultdict(list)
    for label in found.labels:
        by_rater[label.dimension, label.rater, label.blind is not False].append(label)
    kept = []
    for (dimension, rater, _), labels in by_rater.items():
        levels = list(dict.fromkeys(label.level for label in labels))
        if len(levels) == 1:
            kept.append(labels[0])
        else:
            said = " and ".join(str(level) for level in levels)
            detail = f"{rater!r} gives {dimension!r} {said}; keep one of them, until then none counts"
            found.add_problem("/labels", detail)
    return kept
