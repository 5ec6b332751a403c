"""A scorecard: what is looked at, in which sections, on which scale, and what each level means."""

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

from pydantic import (
    Discriminator,
    Field,
    JsonValue,
    StrictFloat,
    StrictInt,
    StrictStr,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from service.domain.base import Model, ShortText, Slug, Text
from service.domain.transcript import Channel, Direction, Language

LevelValue = StrictInt | StrictStr
"""A number on ordinal scales, a string on yes/no and choice scales."""

About = Literal["agent", "customer", "conversation"]
SignalName = Literal[
    "greeting",
    "self_introduction",
    "closing",
    "thanks",
    "empathy",
    "apology",
    "dead_air",
    "talk_share",
    "filler_words",
    "rude_words",
    "one_word_answers",
    "questions_asked",
    "hold_etiquette",
    "name_use",
    "overlaps",
    "pace",
    "forbidden_words",
    "promises",
]
Weight = Annotated[float, Field(gt=0, le=1000, strict=True)]
LongText = Annotated[Text, Field(min_length=1, max_length=20_000)]


def _wrong(message: str, *at: str | int) -> PydanticCustomError:
    """Return an error whose location is extended by `at`, the path below the model that raises it."""
    return PydanticCustomError("scorecard", "{message}", {"message": message, "at": list(at)})


class Level(Model):
    """One answer on a scale: its value, its share of the points (0 to 1) and what it means in words."""

    level: LevelValue
    points: Annotated[float, Field(ge=0, le=1, strict=True)]
    anchor: LongText
    label: ShortText | None = None

    @field_validator("level", mode="before")
    @classmethod
    def _yaml_turned_it_into_a_truth_value(cls, value: object) -> object:
        if isinstance(value, bool):
            word = "yes" if value else "no"
            raise ValueError(f'YAML reads an unquoted {word} as a truth value; write level: "{word}"')
        return value


class Scale(Model):
    """The answers that a dimension allows, as `yes_no`, `ordinal` (numbers) or `choice` (strings)."""

    type: Literal["yes_no", "ordinal", "choice"]
    levels: Annotated[tuple[Level, ...], Field(min_length=2, max_length=20)]

    @model_validator(mode="after")
    def _levels_fit_the_type(self) -> "Scale":
        values = [level.level for level in self.levels]
        if len(set(values)) != len(values):
            raise _wrong(f"every level may occur once; these occur: {values}", "levels")
        if self.type == "yes_no" and set(values) != {"no", "yes"}:
            raise _wrong(
                'a yes_no scale has exactly the levels "no" and "yes"; use type: choice for others', "levels"
            )
        if self.type == "ordinal":
            self._check_ordinal(values)
        elif not all(isinstance(value, str) for value in values):
            raise _wrong(f"levels of a {self.type} scale are strings; put them in quotes", "levels")
        return self

    @staticmethod
    def _check_ordinal(values: list[int | str]) -> None:
        if not all(isinstance(value, int) for value in values):
            raise _wrong("levels of an ordinal scale are whole numbers without quotes", "levels")
        if values != sorted(values, key=int):
            raise _wrong("levels of an ordinal scale stand in ascending order", "levels")

    @property
    def lowest(self) -> Level:
        """The level with the fewest points; the first of several."""
        return min(self.levels, key=lambda level: level.points)

    def find(self, value: object) -> Level | None:
        """Return the level with exactly this value (``1`` is not ``"1"`` and not ``True``), or None."""
        return next((x for x in self.levels if x.level == value and type(x.level) is type(value)), None)

    def nearest(self, points: float) -> Level:
        """Return the level whose points are nearest to `points` (0 to 1); the lower one of two."""
        return min(self.levels, key=lambda level: (abs(level.points - points), level.points))


class WhenDimension(Model):
    """Ask only when another dimension, graded before, got this level."""

    dimension: Slug
    level: LevelValue


class WhenMetric(Model):
    """Ask only when a metric of the conversation is above, or below, a number."""

    metric: ShortText
    above: StrictFloat | None = None
    below: StrictFloat | None = None

    @model_validator(mode="after")
    def _some_bound(self) -> "WhenMetric":
        if self.above is None and self.below is None:
            raise _wrong("a condition on a metric needs a bound; say above: or below:")
        return self


class WhenMetadata(Model):
    """Ask only when a metadata field of the conversation has one of these values."""

    metadata: ShortText
    in_: Annotated[tuple[JsonValue, ...], Field(alias="in", min_length=1)]


def _condition_kind(value: object) -> str:
    given = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    kinds = [kind for kind in ("metric", "metadata") if kind in given]
    return kinds[0] if kinds else "dimension"


AskWhen = Annotated[
    Annotated[WhenDimension, Tag("dimension")]
    | Annotated[WhenMetric, Tag("metric")]
    | Annotated[WhenMetadata, Tag("metadata")],
    Discriminator(_condition_kind),
]


class Example(Model):
    """A graded quote that shows what a level looks like."""

    quote: LongText
    level: LevelValue
    comment: Text | None = None


class Dimension(Model):
    """One thing that is graded. `id` stays the same across revisions."""

    id: Slug
    title: ShortText
    question: LongText
    guidance: Text | None = None
    about: About = "agent"
    weight: Weight = 1.0
    not_applicable: LongText | None = None
    auto_fail: Literal["card", "section"] | None = None
    ask_when: AskWhen | None = None
    scale: Scale
    signals: tuple[SignalName, ...] = ()
    examples: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _examples_are_on_the_scale(self) -> "Dimension":
        for position, example in enumerate(self.examples):
            if self.scale.find(example.level) is None:
                raise _wrong(f"level {example.level!r} is not on the scale", "examples", position, "level")
        return self


class Section(Model):
    """Dimensions that are weighed together."""

    id: Slug
    title: ShortText
    weight: Weight = 1.0
    dimensions: Annotated[tuple[Dimension, ...], Field(min_length=1)]


class AppliesTo(Model):
    """Which conversations a scorecard is for; a field left out means any."""

    channel: tuple[Channel, ...] | None = None
    direction: tuple[Direction, ...] | None = None
    call_type: tuple[ShortText, ...] | None = None


MAX_GROUP = 100
Grouping = Literal["all", "each"] | Annotated[int, Field(ge=1, le=MAX_GROUP, strict=True)]
"""How many dimensions a model is asked in one request: all of them, a number, or each one alone."""


class Scorecard(Model):
    """The content of one scorecard revision. The same content always has the same `content_hash`.

    `grouping`, `order_seed` and `votes` are for graders that ask a model: how many dimensions a request
    holds, the seed of a random order of the dimensions (None: the card's), and how often each is asked.
    """

    name: Slug
    title: ShortText
    language: Language
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    applies_to: AppliesTo = AppliesTo()
    pass_mark: Annotated[float, Field(ge=0, le=100, strict=True)]
    grouping: Grouping = "all"
    order_seed: Annotated[int, Field(ge=0, le=2**31, strict=True)] | None = None
    votes: Annotated[int, Field(ge=1, le=9, strict=True)] = 1
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]

    @field_validator("grouping", mode="before")
    @classmethod
    def _is_a_grouping(cls, value: object) -> object:
        number = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_GROUP
        if value not in ("all", "each") and not number:
            raise ValueError(
                f"grouping is all, each or a number of dimensions from 1 to {MAX_GROUP}, not {value!r}"
            )
        return value

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Scorecard":
        seen: set[str] = set()
        sections: set[str] = set()
        for s, section in enumerate(self.sections):
            if section.id in sections:
                raise _wrong(f"the section id {section.id!r} occurs twice; rename one", "sections", s, "id")
            sections.add(section.id)
            for d, dimension in enumerate(section.dimensions):
                if dimension.id in seen:
                    message = f"the dimension id {dimension.id!r} occurs twice; rename one"
                    raise _wrong(message, "sections", s, "dimensions", d, "id")
                seen.add(dimension.id)
        return self

    @model_validator(mode="after")
    def _conditions_refer_to_earlier_dimensions(self) -> "Scorecard":
        earlier: dict[str, Dimension] = {}
        for s, section in enumerate(self.sections):
            for d, dimension in enumerate(section.dimensions):
                _check_condition(dimension, earlier, ("sections", s, "dimensions", d, "ask_when"))
                earlier[dimension.id] = dimension
        return self

    @property
    def dimensions(self) -> Iterator[Dimension]:
        """Every dimension in the order of the card."""
        return (dimension for section in self.sections for dimension in section.dimensions)

    @cached_property
    def section_of(self) -> dict[str, str]:
        """Section id by dimension id."""
        return {dimension.id: section.id for section in self.sections for dimension in section.dimensions}

    @cached_property
    def content_hash(self) -> str:
        """SHA-256, in hexadecimal, of the canonical JSON of the content."""
        content = self.model_dump(mode="json", by_alias=True)
        for name, default in _LATER_KEYS.items():
            if content[name] == default:
                del content[name]
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


_LATER_KEYS: dict[str, JsonValue] = {"grouping": "all", "order_seed": None, "votes": 1}
"""Keys that came after the first release: left at their defaults they do not make another revision."""


def _check_condition(dimension: Dimension, earlier: dict[str, Dimension], at: tuple[str | int, ...]) -> None:
    condition = dimension.ask_when
    if not isinstance(condition, WhenDimension):
        return
    target = earlier.get(condition.dimension)
    if target is None:
        names = ", ".join(earlier) or "none"
        raise _wrong(
            f"{condition.dimension!r} is no earlier dimension of this card; earlier are: {names}", *at
        )
    if target.scale.find(condition.level) is None:
        levels = [level.level for level in target.scale.levels]
        raise _wrong(f"{condition.dimension!r} has no level {condition.level!r}; it has {levels}", *at)


class ScorecardRevision(Model):
    """A published scorecard: content that never changes under a number that is never given twice."""

    scorecard: Scorecard
    revision: Annotated[int, Field(ge=1)]
    builtin: bool = False

    @property
    def name(self) -> str:
        """The scorecard's name."""
        return self.scorecard.name
