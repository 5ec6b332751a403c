from datetime import UTC, datetime

from service.domain.evaluation import Evaluation, RedactionSummary, ScorecardRef
from service.domain.scorecard import ScorecardRevision
from service.domain.submission import Submission
from service.domain.transcript import RedactedConversation
from service.factory import builtin_scorecards
from service.usecases.handover import REMEMBERED, Accepted, Handover
from tests.service.cards import conversation

REDACTION = RedactionSummary(entities={}, policy="p", version="1")


def accepted(name: str) -> Accepted:
    now = datetime.now(UTC)
    submission = Submission(
        id=name,
        conversation=RedactedConversation.model_validate({"language": "en", **conversation()}),
        redaction=REDACTION,
        scorecard=ScorecardRevision(scorecard=builtin_scorecards()[0], revision=1),
        grader="signals",
        created_at=now,
    )
    evaluation = Evaluation(
        id=name,
        status="queued",
        scorecard=ScorecardRef(name="a", revision=1),
        language="en",
        created_at=now,
        redaction=REDACTION,
    )
    return Accepted("default", submission, evaluation)


def test_what_is_handed_over_is_taken_once():
    handover, one = Handover(), accepted("one")
    handover.put(one)
    assert handover.take("one") is one
    assert handover.take("one") is None


def test_a_process_that_works_nothing_off_remembers_nothing():
    handover, one = Handover(), accepted("one")
    handover.remember_none()
    handover.put(one)
    assert handover.take("one") is None


def test_only_the_latest_are_remembered():
    handover, one = Handover(), accepted("0")
    for number in range(REMEMBERED + 1):
        handover.put(one._replace(submission=one.submission.model_copy(update={"id": str(number)})))
    assert handover.take("0") is None
    assert handover.take(str(REMEMBERED)) is not None
    assert handover.take("1") is not None
