"""Long texts in overlapping parts of bounded size."""

from collections.abc import Iterator

_SIZE = 50_000
_OVERLAP = 1_000


def windows(text: str) -> Iterator[tuple[int, str]]:
    """Overlapping parts of ``text``, each with the offset at which it starts.

    They end between words if they can; what a cut spoils in one is whole in the next.
    """
    start = 0
    while len(text) - start > _SIZE:
        end = start + _SIZE
        cut = max(text.rfind(gap, end - _OVERLAP, end) for gap in "\n ")
        end = cut + 1 if cut > 0 else end
        yield start, text[start:end]
        start = end - _OVERLAP
    yield start, text[start:]
