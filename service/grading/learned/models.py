"""Text models that can grade, and how they are kept: see `file.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from service.domain.scorecard import Dimension
from service.grading.learned.file import pack, unpack
from service.grading.learned.head import Head
from service.grading.learned.linear import Line
from service.grading.learned.ngrams import Said
from service.grading.learned.prediction import Prediction
from service.grading.learned.space import Floats, Space


@dataclass(frozen=True)
class LearnedModels:
    """One vocabulary and a model for each dimension that was learned, by dimension id."""

    space: Space
    heads: Mapping[str, Head]

    @classmethod
    def from_bytes(cls, data: bytes) -> "LearnedModels":
        """Read what `to_bytes` wrote. Nothing in it is ever executed. Raises InvalidLearnedModels."""
        return cls(*unpack(data))

    def to_bytes(self) -> bytes:
        """Return the file. The same models give the same bytes, and read again the same predictions."""
        return pack(self.space, self.heads)

    @cached_property
    def digest(self) -> str:
        """What tells these models from any other, in 16 hexadecimal digits."""
        return self.to_bytes().split(b"\n", 1)[0].split(b" ")[1].decode()[:16]

    def covers(self, dimension: Dimension) -> bool:
        """Return whether there is a model of this dimension, learned on the very levels it has now."""
        head = self.heads.get(dimension.id)
        if head is None or head.scale.type != dimension.scale.type:
            return False
        return [x.level for x in head.scale.levels] == [x.level for x in dimension.scale.levels]

    def predict(self, turns: Sequence[Said]) -> dict[str, Prediction]:
        """Return a prediction for each dimension that was learned, by its id."""
        vector = self.space.vector(turns)

        def outputs(line: Line) -> Floats:
            return vector.dot(line.weights) + line.intercepts

        return {name: head.prediction(outputs) for name, head in self.heads.items()}
