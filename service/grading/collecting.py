"""Long conversations: read in windows that overlap, then graded over what the readers found telling.

Nothing is left out in silence: every turn is in some window, a window that could not be read leaves the whole
evaluation ungraded, and what was found is read again in windows until it fits into one request.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from service.domain.grade import Evidence, UngradedReason
from service.domain.scorecard import Scorecard
from service.domain.transcript import RedactedConversation
from service.grading.answer import Claim, find_document, read_claims
from service.grading.asking import Asker, all_of
from service.grading.evidence import EvidenceCheck
from service.grading.folding import is_boundary
from service.grading.material import Material
from service.grading.pieces import Piece, merged, piece_line, whole, windows
from service.grading.port import SEED
from service.grading.prompt import Prompts
from service.grading.schema import collect_schema

QUOTES_A_DIMENSION = 5
QUOTES_ON_CONTACT = 8
MAX_ROUNDS = 4
AT_ONCE = 8
"""Windows of one conversation that are read at the same time."""

MOST_FRAME = 0.7
"""Share of a request that instructions and scorecard may fill where a conversation is read in windows."""

MAX_WINDOWS = 400
"""A conversation in more windows is too long: each is paid for."""

LONGEST_SUMMARY = 1_000
"""Tokens of a reader's notes that are kept."""

# A turn of up to so many code points is shown whole, a longer one with so many on either side of a quote.
_SHORT_TURN = 600
_AROUND_QUOTE = 250
# Where instructions and card leave a smaller share of a request than this, windows would be all frame.
_SMALLEST_SHARE = 0.15
# Tokens of joined lines may be a few more than the sum of the lines' tokens.
_MARGIN = 0.98


class _Notes(NamedTuple):
    """What a reader set down of one window."""

    pieces: tuple[Piece, ...]
    summary: str


class Collector:
    """Reads one conversation for one card."""

    def __init__(
        self,
        asker: Asker,
        prompts: Prompts,
        conversation: RedactedConversation,
        card: Scorecard,
        check: EvidenceCheck,
    ) -> None:
        self._asker = asker
        self._prompts = prompts
        self._conversation = conversation
        self._card = card
        self._check = check
        self.windows = 1
        """So many windows the conversation was divided into."""

    @cached_property
    def _schema(self) -> dict[str, Any]:
        return collect_schema(self._card.dimensions)

    async def material(self, fits: Callable[[Material, float], bool]) -> Material | UngradedReason:
        """Return all of the conversation if that fits into a request, else what was found telling in its
        windows; or why there is nothing to grade over. Raises what the model raises.

        `fits` tells whether a grading over some material is within a share of the limit.
        """
        pieces = whole(self._conversation)
        if fits(Material(pieces), 1.0):
            return Material(pieces)
        if not fits(Material(()), MOST_FRAME):
            # Nothing is paid for where there would be no room for what is found.
            return UngradedReason.NO_ROOM
        summaries: tuple[str, ...] = ()
        for _ in range(MAX_ROUNDS):
            notes = await self._read(pieces)
            if isinstance(notes, UngradedReason):
                return notes
            # Later rounds read less again: what the first readers noted is about all of the conversation.
            summaries = summaries or self._kept(notes)
            found = merged(piece for note in notes for piece in note.pieces)
            for shown in (self._with_neighbours(found), found):
                material = Material(shown, summaries, self.windows)
                if fits(material, 1.0):
                    return material
            if self._size(found) > 0.8 * self._size(pieces) or not found:
                break
            pieces = found
        return UngradedReason.TOO_LONG

    async def _read(self, pieces: Sequence[Piece]) -> list[_Notes] | UngradedReason:
        """Return the notes on all windows of `pieces`."""
        frame = self._prompts.collect(self._conversation, self._card, (), 1, 1)
        budget = int(_MARGIN * (self._asker.limit - self._asker.size(frame.asking(self._schema))))
        if budget < _SMALLEST_SHARE * self._asker.limit:
            return UngradedReason.NO_ROOM
        parts = windows(pieces, self._conversation.turns, self._cost, budget)
        if len(parts) > MAX_WINDOWS:
            return UngradedReason.TOO_LONG
        self.windows = max(self.windows, len(parts))
        free = asyncio.Semaphore(AT_ONCE)

        async def read(number: int, window: Sequence[Piece]) -> _Notes | None:
            async with free:
                return await self._read_window(number, len(parts), window)

        notes = await all_of(read(number, window) for number, window in enumerate(parts, 1))
        done = [note for note in notes if note is not None]
        return done if len(done) == len(parts) else UngradedReason.UNREAD_PART

    async def _read_window(self, number: int, parts: int, window: Sequence[Piece]) -> _Notes | None:
        """Return the notes on one window, asked for twice if need be; None when it cannot be read."""
        prompt = self._prompts.collect(self._conversation, self._card, window, number, parts)
        for attempt in range(2):
            answer = await self._asker.ask(prompt.asking(self._schema, SEED + attempt))
            if answer.refusal is not None:
                return None
            document = find_document(answer.text)
            if document is not None and isinstance(document.get("summary"), str):
                first, last = window[0].turn, window[-1].turn
                summary = f"part {number}, turns {first} to {last}: {document['summary'].strip()}"
                return _Notes(tuple(self._cited(document, window)), summary)
        return None

    def _cited(self, document: dict[str, object], window: Sequence[Piece]) -> Iterator[Piece]:
        """Yield what a reader's quotes point at; a quote that was not said still names a turn."""
        shown: dict[int, list[Piece]] = {}
        for piece in window:
            shown.setdefault(piece.turn, []).append(piece)
        for claim in _claims(document):
            if claim.turn not in shown:
                continue
            found = self._check.quote(claim.turn, claim.quote, "conversation")
            if isinstance(found, Evidence):
                yield self._around(found)
            else:
                yield from shown[claim.turn]

    def _around(self, found: Evidence) -> Piece:
        """Return the quote with the words around it: all of a short turn."""
        text = self._conversation.turns[found.turn].text
        if len(text) <= _SHORT_TURN:
            return Piece(found.turn, 0, len(text))
        start = _word_edge(text, max(found.start - _AROUND_QUOTE, 0), found.start)
        end = _word_edge(text, min(found.end + _AROUND_QUOTE, len(text)), found.end)
        return Piece(found.turn, start, end)

    def _with_neighbours(self, pieces: Iterable[Piece]) -> tuple[Piece, ...]:
        """Return `pieces` with the short turns before and after each."""
        turns = self._conversation.turns
        near = {piece.turn + step for piece in pieces for step in (-1, 1)}
        whole_turns = (
            Piece(number, 0, len(turns[number].text))
            for number in near
            if 0 <= number < len(turns) and len(turns[number].text) <= _SHORT_TURN
        )
        return merged((*pieces, *whole_turns))

    def _kept(self, notes: Sequence[_Notes]) -> tuple[str, ...]:
        """Return the summaries: a quarter of a request at most, for they are told, not said."""
        most = min(LONGEST_SUMMARY, self._asker.limit // 4 // len(notes))
        return tuple(self._shortened(note.summary, most) for note in notes)

    def _shortened(self, summary: str, tokens: int) -> str:
        size = self._asker.count(summary)
        return summary if size <= tokens else f"{summary[: len(summary) * tokens // size]} …"

    def _size(self, pieces: Iterable[Piece]) -> int:
        return sum(map(self._cost, pieces))

    def _cost(self, piece: Piece) -> int:
        return self._asker.count(piece_line(piece, self._conversation.turns, "0000")) + 1


def _claims(document: dict[str, object]) -> Iterator[Claim]:
    dimensions = document.get("dimensions")
    for quotes in dimensions.values() if isinstance(dimensions, dict) else ():
        yield from read_claims(quotes)[:QUOTES_A_DIMENSION]
    yield from read_claims(document.get("contact"))[:QUOTES_ON_CONTACT]


def _word_edge(text: str, at: int, towards: int) -> int:
    """Return the first offset from `at` towards a quote that tears no word apart."""
    step = 1 if towards >= at else -1
    while at != towards and not (text[at - 1 : at].isspace() or at in (0, len(text))):
        at += step
    return at if is_boundary(text, at) else towards
