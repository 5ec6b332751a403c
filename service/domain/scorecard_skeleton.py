"""The rules of a scorecard that span several fields, checked although other fields are wrong.

A skeleton holds only ids, level values, conditions and the levels of examples, each where it is usable by
itself, and stand-ins elsewhere. The models check it; what they report is mended and they check again, because
a model reports one broken rule at a time.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from service.domain.base import Slug
from service.domain.scorecard import AskWhen, LevelValue, Scorecard
from service.domain.yaml_source import Path

_MAX_ROUNDS = 50
_SLUG: TypeAdapter[Any] = TypeAdapter(Slug)
_LEVEL: TypeAdapter[Any] = TypeAdapter(LevelValue)
_ASK_WHEN: TypeAdapter[Any] = TypeAdapter(AskWhen)
_STAND_IN = {
    "type": "choice",
    "levels": [{"level": level, "points": 0, "anchor": "-"} for level in ("stand-in-1", "stand-in-2")],
}


def cross_errors(data: Any) -> Iterator[tuple[Path, Any]]:
    """Yield ``(path, pydantic's error)`` for every broken rule of `data` that spans several fields."""
    skeleton = _Skeleton(data)
    for _ in range(_MAX_ROUNDS):
        errors = skeleton.errors()
        if not errors:
            return
        for path, error in errors:
            yield path, error
            skeleton.mend(path)


class _Skeleton:
    def __init__(self, data: Any) -> None:
        self._stand_ins = 0
        self._lacks_an_id = False
        sections = [self._section(section) for section in _list(data, "sections")]
        head = {"name": "x", "title": "-", "language": "en", "languages": ["en"], "pass_mark": 1.0}
        self._card: dict[str, Any] = {**head, "sections": sections or [self._section(None)]}
        self._drop_conditions_on_the_unknown()

    def errors(self) -> list[tuple[Path, Any]]:
        """Return the broken rules that the models report now, at most one of each model."""
        try:
            Scorecard.model_validate(self._card)
        except ValidationError as error:
            found: list[Any] = error.errors(include_url=False)
            own = [each for each in found if each["type"] == "scorecard"]
            return [((*each["loc"], *each["ctx"]["at"]), each) for each in own]
        return []

    def mend(self, path: Path) -> None:
        """Make the skeleton valid at `path`, so that the next broken rule comes to light."""
        if path[-1] == "id":
            self._at(path[:-1])["id"] = self._new_id()
        elif path[-1] == "ask_when":
            del self._at(path[:-1])["ask_when"]
        elif path[-1] == "levels":
            self._at(path[:4]).update(scale=_STAND_IN, examples=[])
            self._drop_conditions_on_the_unknown()
        else:
            self._at(path[:-1])["level"] = self._at(path[:4])["scale"]["levels"][0]["level"]

    def _at(self, path: Path) -> Any:
        value: Any = self._card
        for step in path:
            value = value[step]
        return value

    def _section(self, given: Any) -> dict[str, Any]:
        dimensions = [self._dimension(each) for each in _list(given, "dimensions")]
        return {
            "id": self._id(given),
            "title": "-",
            "dimensions": dimensions or [self._dimension(None)],
        }

    def _dimension(self, given: Any) -> dict[str, Any]:
        scale = _scale(_get(given, "scale"))
        dimension: dict[str, Any] = {
            "id": self._id(given),
            "title": "-",
            "question": "-",
            "scale": scale or _STAND_IN,
        }
        condition = _get(given, "ask_when")
        if _fits(_ASK_WHEN, condition):
            dimension["ask_when"] = condition
        if scale is not None:
            dimension["examples"] = [_example(each, scale) for each in _list(given, "examples")]
        return dimension

    def _id(self, given: Any) -> str:
        value = _get(given, "id")
        if _fits(_SLUG, value):
            return str(value)
        self._lacks_an_id = True
        return self._new_id()

    def _new_id(self) -> str:
        self._stand_ins += 1
        return f"stand-in-{self._stand_ins}"

    def _drop_conditions_on_the_unknown(self) -> None:
        """A condition is checked only against a scale that is known, and only if no id had to be made up."""
        dimensions = [each for section in self._card["sections"] for each in section["dimensions"]]
        unknown = {each["id"] for each in dimensions if each["scale"] is _STAND_IN}
        for each in dimensions:
            target = _get(each.get("ask_when"), "dimension")
            if target is not None and (self._lacks_an_id or target in unknown):
                del each["ask_when"]


def _scale(given: Any) -> dict[str, Any] | None:
    """Return the type and the level values of a scale, or None where either is not usable."""
    values = [_get(level, "level") for level in _list(given, "levels")]
    if _get(given, "type") not in ("yes_no", "ordinal", "choice") or not 2 <= len(values) <= 20:
        return None
    if not all(_fits(_LEVEL, value) for value in values):
        return None
    levels = [{"level": value, "points": 0, "anchor": "-"} for value in values]
    return {"type": given["type"], "levels": levels}


def _example(given: Any, scale: dict[str, Any]) -> dict[str, Any]:
    level = _get(given, "level")
    return {"quote": "-", "level": level if _fits(_LEVEL, level) else scale["levels"][0]["level"]}


def _fits(kind: TypeAdapter[Any], value: Any) -> bool:
    try:
        kind.validate_python(value)
    except ValidationError:
        return False
    return True


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _list(value: Any, key: str) -> list[Any]:
    found = _get(value, key)
    return found if isinstance(found, list) else []
