"""A small trained network that says of every word whether it is personal, and of what kind.

Hashed word features, a few dilated convolutions over the words around, one linear layer: the hash embeddings
and convolutions of spaCy's small models, without its pipeline. ``redaction/training`` makes the weights;
``weights/README.md`` says from what, and how good they are.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import regex
from numpy.typing import NDArray
from thinc.api import Dropout, HashEmbed, Linear, Maxout, Model, NumpyOps, chain, concatenate, residual

from redaction.knowledge import Knowledge

Floats = NDArray[np.float32]
Ids = NDArray[np.uint64]
_Step = tuple[Floats, Callable[[Floats], Floats]]

WEIGHTS = Path(__file__).parent / "weights"
TURN = "\n"
"""The token that stands for the end of a turn."""

_TOKEN = regex.compile(r"\n|[\p{L}\p{M}]+(?:['’]\p{L}+)?|\p{N}+|\S", regex.V1)
_UPPER, _LOWER, _DIGIT = regex.compile(r"\p{Lu}"), regex.compile(r"\p{Ll}"), regex.compile(r"\p{N}")
_REPEATED = regex.compile(r"(.)\1{3,}")
_LONGEST_WORD = 40
_LONGEST_SHAPE = 12
_ROWS_PER_FEATURE = (8000, 3000, 3000, 5000, 5000, 500)
_ROWS_PER_NOTE = 700
_NOTE, _KNOWN_USE = 32, 64
_SEED = 7
_OUTSIDE = 0
_OPS = NumpyOps(use_blis=False)
_MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a network looks like. ``labels`` begins with "O", for words that are not personal.

    ``embedding`` and ``width`` are the sizes of a feature's vector and of a word's; ``dilations`` are the
    distances, in words, over which each layer looks to both sides.
    ``notes`` and ``vector`` say how many notes on a word it is told, and how long the word's vector is; see
    ``knowledge.py``.
    """

    labels: tuple[str, ...]
    embedding: int = 48
    width: int = 64
    dilations: tuple[int, ...] = (1, 1, 2, 4)
    notes: int = 0
    vector: int = 0

    @property
    def reach(self) -> int:
        """How many words on each side can change what is said of a word."""
        return sum(self.dilations)


class Token(NamedTuple):
    """A word, a number, a sign or the end of a turn; ``start`` and ``end`` are code points of the text."""

    text: str
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """The tokens of ``text`` in order; white space other than the ends of turns is none."""
    return [Token(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(text)]


class Tagger:
    """A network with its weights. Reading is thread-safe; vectors of words that were read are remembered."""

    def __init__(
        self, architecture: Architecture, dropout: float = 0.0, knowledge: Knowledge | None = None
    ) -> None:
        """``knowledge`` is what the architecture says that it is told: none, or notes and vectors."""
        self.architecture = architecture
        self._knowledge = knowledge
        self.embed = _embedding(architecture, dropout, knowledge)
        self.encode = _encoder(architecture, dropout)
        self.model: Model[Any, Any] = chain(self.embed, self.encode)
        for node in self.model.walk():
            # Small matrices: numpy's own product is half as fast again as the default one.
            node.ops = _OPS
        self.model.initialize(
            X=self.features(["a", "b"]), Y=np.zeros((2, len(architecture.labels)), dtype="f")
        )
        self._remembered: dict[str, Floats] = {}

    def features(self, words: Sequence[str]) -> Ids:
        """What the network sees of each word: hashes of its letters and notes, its vector's place."""
        ids = feature_ids(words)
        return ids if self._knowledge is None else np.hstack([ids, _known_ids(words, self._knowledge)])

    def probabilities(self, words: Sequence[str]) -> Floats:
        """One row for each word, one column for each label; rows add up to 1."""
        if not words:
            return np.zeros((0, len(self.architecture.labels)), dtype="f")
        return softmax(self.encode.predict(self._vectors(words)))

    def forget(self) -> None:
        """Drop remembered vectors: the weights have changed."""
        self._remembered = {}

    def save(self, path: Path) -> None:
        """Write architecture and weights, in half precision, as an archive that holds no code."""
        arrays = {name: value.astype(np.float16) for name, value in _parameters(self.model)}
        head = np.frombuffer(json.dumps(asdict(self.architecture)).encode(), dtype=np.uint8)
        with path.open("wb") as file:
            np.savez_compressed(file, architecture=head, **cast("Any", arrays))

    @classmethod
    def load(cls, path: Path, knowledge: Knowledge | None = None) -> "Tagger":
        """The network in a file that ``save`` wrote, with the knowledge that it was fitted with."""
        with np.load(path, allow_pickle=False) as archive:
            head = json.loads(archive["architecture"].tobytes())
            architecture = Architecture(
                tuple(head.pop("labels")), dilations=tuple(head.pop("dilations")), **head
            )
            tagger = cls(architecture, knowledge=knowledge)
            for node, name, key in _places(tagger.model):
                node.set_param(name, archive[key].astype(np.float32))
        return tagger

    def _vectors(self, words: Sequence[str]) -> Floats:
        """A word's vector does not depend on its neighbours: most words of a call have been met before."""
        known = self._remembered if len(self._remembered) < _MOST_REMEMBERED else {}
        missing = sorted(set(words) - known.keys())
        if missing:
            known.update(zip(missing, self.embed.predict(self.features(missing)), strict=True))
        self._remembered = known
        return np.stack([known[word] for word in words])


def softmax(scores: Floats) -> Floats:
    """Probabilities of one row each."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return cast("Floats", powers / powers.sum(axis=1, keepdims=True))


def feature_ids(words: Sequence[str]) -> Ids:
    """One row of hashed features for each word: the word, its beginnings and endings, its shape."""
    return np.array([_ids_of_word(word) for word in words], dtype=np.uint64).reshape(
        -1, len(_ROWS_PER_FEATURE)
    )


def runs(
    tokens: Sequence[Token], probabilities: Floats, labels: Sequence[str], least: float
) -> Iterator[tuple[str, int, int, float]]:
    """Neighbouring words of one turn that are personal with a probability of ``least`` or more, put together.

    Yields the label, the places of the first token and of the one after the last, and the highest probability
    among them. Neighbours of different labels are different runs.
    """
    personal = 1 - probabilities[:, _OUTSIDE]
    best = probabilities[:, _OUTSIDE + 1 :].argmax(axis=1) + _OUTSIDE + 1
    for at, length in _run_lengths(tokens, personal >= least, best):
        yield labels[best[at]], at, at + length, float(personal[at : at + length].max())


def _run_lengths(
    tokens: Sequence[Token], is_personal: NDArray[np.bool_], best: NDArray[np.intp]
) -> Iterator[tuple[int, int]]:
    start = -1
    for at, token in enumerate(tokens):
        belongs = bool(is_personal[at]) and token.text != TURN
        if start >= 0 and (not belongs or best[at] != best[start]):
            yield start, at - start
            start = -1
        if belongs and start < 0:
            start = at
    if start >= 0:
        yield start, len(tokens) - start


@lru_cache(maxsize=20_000)
def _ids_of_word(word: str) -> tuple[int, ...]:
    word = word[:_LONGEST_WORD]
    lower = word.lower()
    # Which digits a number has says nothing; how many does.
    norm = "0" * len(lower) if lower.isdigit() else lower
    features = (
        norm,
        norm[:3],
        norm[-3:],
        norm[:4],
        f"{norm[-4:]} {min(len(norm), 9)}",
        f"{_shape(word)} {_capitals(word)}",
    )
    return tuple(_hash(f"{place} {feature}") for place, feature in enumerate(features))


def _shape(word: str) -> str:
    shape = _DIGIT.sub("d", _LOWER.sub("x", _UPPER.sub("X", word)))
    return str(_REPEATED.sub(r"\1\1\1\1", shape))[:_LONGEST_SHAPE]


def _capitals(word: str) -> str:
    if len(word) > 1 and word.isupper():
        return "all"
    return "first" if word[:1].isupper() else "none"


def _hash(feature: str) -> int:
    return int.from_bytes(blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _known_ids(words: Sequence[str], knowledge: Knowledge) -> Ids:
    rows = [
        [
            *(_hash(f"note {place} {note}") for place, note in enumerate(knowledge.notes_of(word))),
            knowledge.row(word),
        ]
        for word in words
    ]
    return np.array(rows, dtype=np.uint64).reshape(len(words), knowledge.notes + 1)


def _embedding(architecture: Architecture, dropout: float, knowledge: Knowledge | None) -> Model[Any, Any]:
    sizes = [architecture.embedding] * len(_ROWS_PER_FEATURE) + [_NOTE] * architecture.notes
    rows = [*_ROWS_PER_FEATURE, *[_ROWS_PER_NOTE] * architecture.notes]
    tables: list[Model[Any, Any]] = [
        HashEmbed(size, count, column=column, seed=_SEED + column, dropout=dropout)
        for column, (size, count) in enumerate(zip(sizes, rows, strict=True))
    ]
    if knowledge is not None:
        use = Linear(_KNOWN_USE, architecture.vector)
        tables.append(chain(_looked_up(knowledge, len(tables)), Dropout(dropout), use))
        sizes.append(_KNOWN_USE)
    return chain(concatenate(*tables), _layer(architecture.width, sum(sizes), dropout))


def _looked_up(knowledge: Knowledge, column: int) -> Model[Any, Any]:
    """The known vectors of words, whose places are in a column of the features; they are not trained."""

    def forward(_: Model[Any, Any], ids: Ids, is_train: bool) -> tuple[Floats, Callable[[Floats], Ids]]:  # noqa: ARG001
        return knowledge.vectors(ids[:, column]), lambda _: np.zeros_like(ids)

    return Model("known vectors", forward)


def _encoder(architecture: Architecture, dropout: float) -> Model[Any, Any]:
    width = architecture.width
    layers = [
        residual(chain(_window(dilation), _layer(width, 3 * width, dropout)))
        for dilation in architecture.dilations
    ]
    return chain(*layers, Linear(len(architecture.labels), width))


def _layer(size: int, inputs: int, dropout: float) -> Model[Any, Any]:
    return cast("Model[Any, Any]", Maxout(size, inputs, nP=3, normalize=True, dropout=dropout))


def _window(dilation: int) -> Model[Any, Any]:
    """Puts the vectors of the words ``dilation`` places before and after beside each word's own."""

    def forward(_: Model[Any, Any], vectors: Floats, is_train: bool) -> _Step:  # noqa: ARG001 - thinc names it
        size = vectors.shape[1]
        out = np.zeros((len(vectors), 3 * size), dtype=vectors.dtype)
        out[:, size : 2 * size] = vectors
        out[dilation:, :size] = vectors[:-dilation]
        out[:-dilation, 2 * size :] = vectors[dilation:]

        def backward(gradient: Floats) -> Floats:
            back = gradient[:, size : 2 * size].copy()
            back[:-dilation] += gradient[dilation:, :size]
            back[dilation:] += gradient[:-dilation, 2 * size :]
            return back

        return out, backward

    return Model("window", forward)


def _places(model: Model[Any, Any]) -> Iterator[tuple[Model[Any, Any], str, str]]:
    for number, node in enumerate(model.walk()):
        for name in sorted(node.param_names):
            if node.has_param(name):
                yield node, name, f"{number}.{name}"


def _parameters(model: Model[Any, Any]) -> Iterator[tuple[str, Floats]]:
    return ((key, cast("Floats", node.get_param(name))) for node, name, key in _places(model))
