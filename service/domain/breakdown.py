"""How a score came about: what each section and each dimension could give, and what it gave."""

from collections.abc import Mapping, Sequence

from service.domain.base import Model
from service.domain.grade import Grade
from service.domain.score import section_failed_by, section_value
from service.domain.scorecard import Scorecard, Section


class DimensionShare(Model):
    """One dimension's part of a score. `points` is 0 to 1, None where there is no grade; `share` is how many
    of the 100 it could give, 0 where it is left out, and `gives` how many it gave.
    """

    dimension: str
    weight: float
    points: float | None
    share: float
    gives: float


class SectionShare(Model):
    """One section's part of a score, in the same units. `failed_by` names the dimension that took all."""

    section: str
    weight: float
    share: float
    gives: float
    failed_by: str | None
    dimensions: tuple[DimensionShare, ...]


def breakdown(card: Scorecard, grades: Sequence[Grade]) -> tuple[SectionShare, ...]:
    """Return what `grades` make of each section of `card`, in its order.

    Σ `gives` is the score, save for rounding, unless a dimension failed the whole card; Σ `share` is 100, or
    0 when nothing is graded.
    """
    by_dimension = {grade.dimension: grade for grade in grades}
    counted = [section for section in card.sections if section_value(section, by_dimension) is not None]
    total = sum(section.weight for section in counted)
    return tuple(
        _section(section, 100 * section.weight / total if section in counted else 0.0, by_dimension)
        for section in card.sections
    )


def _section(section: Section, share: float, grades: Mapping[str, Grade]) -> SectionShare:
    points = {d.id: grades[d.id].points if d.id in grades else None for d in section.dimensions}
    total = sum(d.weight for d in section.dimensions if points[d.id] is not None)
    failed_by = section_failed_by(section, grades)
    dimensions = []
    for dimension in section.dimensions:
        given = points[dimension.id]
        part = 0.0 if given is None else share * dimension.weight / total
        gives = part * given if given is not None and failed_by is None else 0.0
        one = DimensionShare(
            dimension=dimension.id, weight=dimension.weight, points=given, share=part, gives=gives
        )
        dimensions.append(one)
    return SectionShare(
        section=section.id,
        weight=section.weight,
        share=share,
        gives=sum(one.gives for one in dimensions),
        failed_by=failed_by,
        dimensions=tuple(dimensions),
    )
