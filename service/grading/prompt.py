"""The words that go to the model: what is the same for every conversation first, the transcript last."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service.domain.scorecard import Dimension, Scorecard
from service.domain.transcript import Language, RedactedConversation
from service.grading.defences import ALL_ON, Defences
from service.grading.facts import FactProblem
from service.grading.fence import fence_code, one_line, reference_lines
from service.grading.material import Material
from service.grading.pieces import Piece, is_timed, piece_line, whole
from service.grading.port import SEED, ChatRequest
from service.grading.problem import Problem, RejectedQuote
from service.grading.remembered import Remembered
from service.grading.template import PromptTemplate, load_template

_LANGUAGE_NAMES: dict[Language, str] = {"en": "English", "ru": "Russian", "zh": "Chinese"}

# Two cards that have their dimensions in common may differ in the rest, so that all of it counts.
_OF_THE_CARD = frozenset({"dimensions", "facts", "fenced", "language", "title"})

MAX_SHOWN_QUOTE = 300
"""Code points of a rejected quote that are shown to the model again."""


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """The two messages of a request, and the code in their fences."""

    system: str
    user: str
    code: str

    def asking(self, schema: dict[str, Any], seed: int = SEED, temperature: float = 0.0) -> ChatRequest:
        """Return the request for an answer that fits `schema`."""
        return ChatRequest(self.system, self.user, schema, seed=seed, temperature=temperature)


class Prompts:
    """Renders the requests of one grading from the templates `grade`, `collect` and `repair`.

    Only turns, reference texts and the card are shown: metadata, metrics, the agent, ids and times are not.
    """

    def __init__(
        self,
        grade: PromptTemplate | None = None,
        repair: PromptTemplate | None = None,
        collect: PromptTemplate | None = None,
        defences: Defences = ALL_ON,
    ) -> None:
        self._grade = grade or load_template("grade")
        self._repair = repair or load_template("repair")
        self._collect = collect or load_template("collect")
        self._defences = defences
        self._blocks: Remembered[str] = Remembered()

    @property
    def reference(self) -> str:
        """Which prompt the grades come from."""
        return self._grade.reference

    def grade(
        self,
        conversation: RedactedConversation,
        card: Scorecard,
        dimensions: Sequence[Dimension] | None = None,
        material: Material | None = None,
        *,
        facts: bool = True,
    ) -> RenderedPrompt:
        """Return the request that asks for `dimensions` of `card` (None: all), over all turns or over
        `material`.
        """
        code = fence_code(conversation)
        material = material or Material(whole(conversation))
        variables = {
            **self._shared(conversation, card, dimensions, material.pieces, code),
            "facts": facts,
            "parts": 0 if material.windows == 1 else material.windows,
            "summaries": [f"| {one_line(summary)}" for summary in material.summaries],
        }
        return self._rendered(self._grade, variables, code)

    def collect(
        self,
        conversation: RedactedConversation,
        card: Scorecard,
        window: Sequence[Piece],
        part: int,
        parts: int,
    ) -> RenderedPrompt:
        """Return the request that has window number `part` (from 1) of `parts` read for the whole card."""
        code = fence_code(conversation)
        shared = self._shared(conversation, card, None, window, code)
        return self._rendered(self._collect, {**shared, "part": part, "parts": parts}, code)

    def repair(
        self,
        first: RenderedPrompt,
        problems: Sequence[Problem],
        facts: Sequence[FactProblem] = (),
        coaching: Sequence[RejectedQuote] = (),
        *,
        everything: bool = False,
    ) -> RenderedPrompt:
        """Return the request that asks again for what is open, or for `everything` where the first answer
        could not be read. It begins with all of `first`, so that the
        server's prompt cache still holds the card and the transcript.
        """
        again = self._repair.render(
            "user",
            code=first.code,
            problems=[Problem(p.dimension, p.reason, _for_showing(p.quotes)) for p in problems],
            facts=[FactProblem(fact.name, _for_showing(fact.quotes)) for fact in facts],
            coaching=_for_showing(coaching),
            everything=everything,
        )
        return RenderedPrompt(first.system, f"{first.user}\n\n{again}", first.code)

    def _shared(
        self,
        conversation: RedactedConversation,
        card: Scorecard,
        dimensions: Sequence[Dimension] | None,
        pieces: Sequence[Piece],
        code: str,
    ) -> dict[str, object]:
        return {
            "title": card.title,
            "dimensions": list(card.dimensions) if dimensions is None else list(dimensions),
            "code": code,
            "fenced": self._defences.fences,
            "language": _LANGUAGE_NAMES[card.language],
            "references": [reference_lines(text) for text in conversation.context],
            "timed": is_timed(conversation.turns),
            "transcript": self._lines(conversation, pieces, code),
        }

    def _rendered(self, template: PromptTemplate, variables: dict[str, Any], code: str) -> RenderedPrompt:
        """Render the blocks in the order in which they change: least often first."""
        blocks = ("system", "card", "conversation", "request")
        system, *user = (self._block(template, block, variables) for block in blocks)
        return RenderedPrompt(system, "\n\n".join(user), code)

    def _block(self, template: PromptTemplate, block: str, variables: dict[str, Any]) -> str:
        """Render one block; one that depends on the card alone only for the first conversation."""
        if not template.uses[block] <= _OF_THE_CARD:
            return template.render(block, **variables)
        values = tuple(variables[name] for name in sorted(_OF_THE_CARD - {"dimensions"} & variables.keys()))
        return self._blocks(
            variables["dimensions"],
            lambda: template.render(block, **variables),
            template.sha256,
            block,
            *values,
        )

    def _lines(self, conversation: RedactedConversation, pieces: Sequence[Piece], code: str) -> list[str]:
        turns = conversation.turns
        if not self._defences.marks:
            return [f"{turns[p.turn].speaker}: {turns[p.turn].text[p.start : p.end]}" for p in pieces]
        return [piece_line(piece, turns, code) for piece in pieces]


def _for_showing(quotes: Sequence[RejectedQuote]) -> tuple[RejectedQuote, ...]:
    """Keep what the model made up short and on one line; the template writes it as a JSON string."""
    return tuple(RejectedQuote(q.turn, one_line(q.text)[:MAX_SHOWN_QUOTE], q.fault) for q in quotes)
