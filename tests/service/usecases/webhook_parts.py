"""What tests of webhooks share: a queue and a receiver that only note what they are given."""

import uuid
from datetime import UTC, datetime

from service.domain.evaluation import RedactionSummary
from service.domain.scorecard import ScorecardRevision
from service.domain.submission import Submission
from service.domain.webhook import NotPosted, Reply
from service.storage.database import Database
from service.usecases.announce import Announce
from tests.service.cards import make_card, make_redacted

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
CARD = make_card()
URL = "https://crm.example/hook?token=geheim"


class Queue:
    """Jobs that were put in, for hands to do."""

    def __init__(self):
        self.jobs = []
        self.told = 0

    def enqueue(self, *_args, **_more):
        raise AssertionError("nothing is to be graded here")

    def enqueue_delivery(self, _tx, delivery_id, attempt, delay_s=0):
        self.jobs.append((delivery_id, attempt, delay_s))

    def tell(self):
        self.told += 1


class Posted:
    """A receiver in place of the network: gives its answers in turn, and the last one ever after."""

    def __init__(self, *answers):
        self.answers = list(answers or [200])
        self.came = []

    async def __call__(self, url, headers, body):
        self.came.append((url, headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, Reply) else Reply(answer)


def not_posted(kind):
    from service.domain.webhook import DeliveryFailure

    return NotPosted(DeliveryFailure(type=kind, detail="it did not work"))


def announced(database: Database, queue: Queue, event="evaluation.completed", tenant="acme", url=URL) -> str:
    """Accept an evaluation, tell of it, and return its id."""
    evaluation_id = uuid.uuid4().hex
    submission = Submission(
        id=evaluation_id,
        conversation=make_redacted(),
        redaction=RedactionSummary(entities={}, policy="default", version="1"),
        scorecard=ScorecardRevision(scorecard=CARD, revision=1, builtin=True),
        grader="signals",
        created_at=NOW,
        callback_url=url,
    )
    with database.begin(tenant) as tx:
        tx.evaluations.add(submission)
        Announce(queue)(tx, evaluation_id, event)
    return evaluation_id
