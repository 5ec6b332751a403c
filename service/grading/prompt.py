"""The words that go to the model: what is the same for every conversation first, the transcript last."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.scorecard import Scorecard
from service.domain.transcript import Language, RedactedConversation
from service.grading.fence import fence_code, one_line, reference_lines, transcript_lines
from service.grading.problem import Problem, RejectedQuote
from service.grading.template import PromptTemplate, load_template

_LANGUAGE_NAMES: dict[Language, str] = {"en": "English", "ru": "Russian", "zh": "Chinese"}

MAX_SHOWN_QUOTE = 300
"""Code points of a rejected quote that are shown to the model again."""


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """The two messages of a request, and the code in their fences."""

    system: str
    user: str
    code: str


class Prompts:
    """Renders the requests of one grading from the templates `grade` and `repair`.

    Only turns, reference texts and the card are shown: metadata, metrics, the agent, ids and times are not.
    """

    def __init__(self, grade: PromptTemplate | None = None, repair: PromptTemplate | None = None) -> None:
        self._grade = grade or load_template("grade")
        self._repair = repair or load_template("repair")

    @property
    def reference(self) -> str:
        """Which prompt the grades come from."""
        return self._grade.reference

    def grade(self, conversation: RedactedConversation, card: Scorecard) -> RenderedPrompt:
        """Return the request that asks for every dimension of `card`."""
        code = fence_code(conversation)
        variables = {
            "card": card,
            "code": code,
            "language": _LANGUAGE_NAMES[card.language],
            "references": [reference_lines(text) for text in conversation.context],
            "transcript": transcript_lines(conversation),
        }
        system, user = (self._grade.render(block, **variables) for block in ("system", "user"))
        return RenderedPrompt(system, user, code)

    def repair(self, first: RenderedPrompt, problems: Sequence[Problem]) -> RenderedPrompt:
        """Return the request that asks again for what is open. It begins with all of `first`, so that the
        server's prompt cache still holds the card and the transcript.
        """
        shown = [
            Problem(p.dimension, p.reason, tuple(_for_showing(quote) for quote in p.quotes)) for p in problems
        ]
        again = self._repair.render("user", code=first.code, problems=shown)
        return RenderedPrompt(first.system, f"{first.user}\n\n{again}", first.code)


def _for_showing(quote: RejectedQuote) -> RejectedQuote:
    """Keep what the model made up short and on one line; the template writes it as a JSON string."""
    return RejectedQuote(quote.turn, one_line(quote.text)[:MAX_SHOWN_QUOTE], quote.fault)
