"""What an evaluation does while its model or its database is slow."""

import asyncio
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from evals.model_server import Behaviour, ModelServer
from service.domain.errors import DatabaseAway
from service.domain.evaluation import RedactionSummary
from service.domain.submission import Submission
from service.grading.limits import Gate, Limits
from service.grading.llm_grader import LlmGrader
from service.grading.openai_model import OpenAIModel
from service.grading.scripted import ScriptedModel
from service.storage.database import Database
from service.storage.upgrade import upgrade
from service.usecases.answers import RedactAnswer
from service.usecases.assess import AssessEvaluation, Graders
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from service.usecases.storing import StoreResult
from tests.service.grading.building import a_conversation, good_answer, three_dimensions

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
SUMMARY = RedactionSummary(entities={}, policy="p", version="1")


class FullDisk(Database):
    """Lets work begin, and takes no result for the next `refusals` times."""

    refusals = 0
    asked = 0

    @contextmanager
    def begin(self, tenant, *, forgetful=False):
        if not forgetful:
            self.asked += 1
            if self.asked <= self.refusals:
                raise DatabaseAway("the disk is full")
        with super().begin(tenant, forgetful=forgetful) as tx:
            yield tx


def graders_of(model, timeout_s=30):
    return Graders({"llm": LlmGrader(model)}, timeout_s, RedactAnswer(WorkPool(0), Policies()))


def accepted(tmp_path):
    database = FullDisk(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(database, [three_dimensions()], NOW)
    with database.begin("t") as tx:
        submission = Submission(
            id="e1",
            conversation=a_conversation(),
            redaction=SUMMARY,
            scorecard=tx.scorecards.get("small"),
            grader="llm",
            created_at=NOW,
        )
        tx.evaluations.add(submission)
    return database


def stored(database):
    with database.begin("t") as tx:
        return tx.evaluations.get("e1")


async def test_a_result_that_cannot_be_stored_is_kept_and_not_graded_again(tmp_path):
    database, model = accepted(tmp_path), ScriptedModel(lambda _: good_answer())
    database.asked, database.refusals = 0, 3
    await AssessEvaluation(database, graders_of(model))("e1")
    assert stored(database).status == "completed"
    assert (len(model.requests), database.asked) == (1, 5)


async def test_a_result_that_cannot_be_stored_for_long_gives_the_job_back(tmp_path):
    database, model = accepted(tmp_path), ScriptedModel(lambda _: good_answer())
    database.asked, database.refusals = 0, 1000
    started = time.monotonic()
    store = StoreResult(database, within_s=0.3)
    with pytest.raises(DatabaseAway):
        await AssessEvaluation(database, graders_of(model), store=store)("e1")
    assert time.monotonic() - started < 20
    database.refusals = 0
    assert stored(database).status == "running"


async def grade_many(model, timeout_s, count):
    graders = graders_of(model, timeout_s)
    card, conversation = three_dimensions(), a_conversation()
    return await asyncio.gather(
        *(graders.grade("llm", conversation, card, SUMMARY, "t") for _ in range(count))
    )


@pytest.mark.parametrize("limits", [Limits(concurrency=1), Limits(requests_per_minute=100)])
async def test_the_time_of_an_evaluation_does_not_count_while_it_waits_for_our_own_limits(limits):
    with ModelServer(default=Behaviour(text=good_answer(), latency_s=0.4)) as server:
        model = OpenAIModel("any", base_url=server.url, timeout_s=4, total_s=4.5, gate=Gate(limits))
        await grade_many(model, timeout_s=30, count=1)
        done = await grade_many(model, timeout_s=5, count=14)
    assert {getattr(each, "detail", "graded") for each in done} == {"graded"}


async def test_a_hanging_server_holds_an_evaluation_no_longer_than_its_bounds():
    with ModelServer(default=Behaviour(hang=True)) as server:
        model = OpenAIModel("any", base_url=server.url, timeout_s=0.3, total_s=0.5, gate=Gate(Limits()))
        started = time.monotonic()
        done = await grade_many(model, timeout_s=1, count=12)
        assert time.monotonic() - started < 10
    assert {each.type for each in done} == {"model-away"}


async def test_a_repair_for_which_no_time_is_left_is_not_paid_and_what_was_proved_stays():
    slow = Behaviour(text=good_answer(mood=("yes", 3, "never said")), latency_s=2.5)
    with ModelServer(default=slow) as server:
        model = OpenAIModel("any", base_url=server.url, timeout_s=4, total_s=4)
        (done,) = await grade_many(model, timeout_s=4.5, count=1)
    assert len(server.requests) == 1
    assert [grade.level for grade in done.grades] == ["yes", 2, None]
