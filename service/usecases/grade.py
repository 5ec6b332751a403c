"""Grades a conversation on the spot, without a database: what the command line and evaluation runs use."""

from collections.abc import Sequence
from datetime import UTC, datetime

from service.domain.calibration import Fitted
from service.domain.errors import FieldProblem, InvalidInput, UnknownScorecard
from service.domain.evaluation import AgentRef, Evaluation, Failure, RedactedTurn, ScorecardRef
from service.domain.grade import GraderName
from service.domain.keys import DEFAULT_TENANT
from service.domain.score import score
from service.domain.scorecard import ScorecardRevision
from service.domain.selection import choose_scorecard
from service.domain.transcript import Conversation, RedactedConversation
from service.usecases.assess import Graders
from service.usecases.cards import split_reference
from service.usecases.redact import RedactConversation, Redacted
from service.usecases.storing import finished


def find_scorecard(reference: str, published: Sequence[ScorecardRevision]) -> ScorecardRevision:
    """Return the scorecard called `name` or `name@3` among `published`. Raises UnknownScorecard."""
    name, revision = split_reference(reference)
    for card in published:
        if card.name == name and revision in (None, card.revision):
            return card
    raise UnknownScorecard(reference, [card.name for card in published])


class GradeConversation:
    """Redacts and grades one conversation after another."""

    def __init__(self, redact: RedactConversation, graders: Graders, default_grader: GraderName) -> None:
        self._redact = redact
        self._graders = graders
        self._default_grader = default_grader

    async def __call__(
        self,
        conversation: Conversation,
        cards: Sequence[ScorecardRevision],
        evaluation_id: str,
        grader: GraderName | None = None,
        fitted: Fitted | None = None,
    ) -> Evaluation:
        """Return the finished evaluation on the one card of `cards` that fits; a failed one says why. Its
        grades follow the calibration `fitted`, unless what that depends on is other here.

        Raises InvalidInput when no card fits or the grader is not configured.
        """
        grader = grader or self._default_grader
        _check_grader(grader, self._graders, fitted)
        started = datetime.now(UTC)
        redacted = await self._redact(conversation)
        card = cards[0] if len(cards) == 1 else _chosen(redacted.conversation, cards)
        evaluation = _begun(evaluation_id, redacted, card, started)
        names = [conversation.agent.name] if conversation.agent and conversation.agent.name else []
        done = await self._graders.grade(
            grader, redacted.conversation, card.scorecard, redacted.summary, DEFAULT_TENANT, names, fitted
        )
        result = None if isinstance(done, Failure) else score(card.scorecard, done.grades)
        return finished(evaluation, done, result, datetime.now(UTC))


def _check_grader(grader: GraderName, graders: Graders, fitted: Fitted | None) -> None:
    if grader == "learned":
        if fitted is None or fitted.models is None:
            problem = "'learned' needs a calibration with text models: `--calibration FILE`"
            raise InvalidInput([FieldProblem("/grader", problem)])
    elif grader not in graders.names:
        problem = f"{grader!r} needs OPENAI_API_KEY or OPENAI_BASE_URL to be set"
        raise InvalidInput([FieldProblem("/grader", problem)])


def _chosen(conversation: RedactedConversation, cards: Sequence[ScorecardRevision]) -> ScorecardRevision:
    return choose_scorecard(conversation, conversation.language, cards)


def _begun(evaluation_id: str, redacted: Redacted, card: ScorecardRevision, started: datetime) -> Evaluation:
    conversation = redacted.conversation
    agent = conversation.agent
    return Evaluation(
        id=evaluation_id,
        external_id=conversation.external_id,
        status="running",
        scorecard=ScorecardRef(name=card.name, revision=card.revision),
        language=conversation.language,
        channel=conversation.channel,
        call_type=conversation.call_type,
        direction=conversation.direction,
        agent=agent and AgentRef(id=agent.id, team=agent.team),
        started_at=conversation.started_at,
        created_at=started,
        redaction=redacted.summary,
        metadata=conversation.metadata,
        turns=tuple(RedactedTurn(speaker=turn.speaker, text=turn.text) for turn in conversation.turns),
    )
