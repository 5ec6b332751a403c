"""What was made of scorecards once and need not be made again for every conversation."""

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")

KEPT = 64


class Remembered(Generic[T]):
    """Remembers what was made of objects that never change.

    They are told apart by identity: to compare two scorecards takes about as long as to use them anew.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[tuple[object, ...], T]] = {}

    def __call__(self, objects: Iterable[object], make: Callable[[], T], *also: Hashable) -> T:
        """Return what `make` returned for these very objects, and for equal values `also`, before, or now."""
        objects = tuple(objects)
        key = (tuple(map(id, objects)), also)
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            # The objects are kept too, or others could come to have their ids.
            kept = self._kept[key] = (objects, make())
        return kept[1]
