"""A model is paid once for an evaluation, whatever becomes of the process that asked."""

import pytest
import sqlalchemy as sa

from service.domain.errors import DatabaseAway, ModelAway
from service.grading.llm_grader import LlmGrader
from service.grading.scripted import ScriptedModel
from service.usecases.answers import RedactAnswer
from service.usecases.assess import AssessEvaluation, Graders
from service.usecases.paid import PaidAnswers
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from service.usecases.seal import Seal, new_key
from service.usecases.storing import StoreResult
from tests.service.grading.building import good_answer
from tests.service.usecases.test_assess import accepted, stored


@pytest.fixture(params=["plain", "sealed"])
def seal(request):
    return Seal([new_key()]) if request.param == "sealed" else None


def worker_of(database, model, seal=None, **how):
    """A worker as it is after each restart: it remembers nothing."""
    paid = PaidAnswers(model, lambda: database, seal)
    graders = Graders({"llm": LlmGrader(paid)}, 30, RedactAnswer(WorkPool(0), Policies()))
    return AssessEvaluation(database, graders, store=StoreResult(database, **how))


async def interrupted(database, model, seal=None):
    """Grade, and end before the result is stored, as a process does that is killed."""
    database.asked, database.refusals = 0, 1000
    with pytest.raises(DatabaseAway):
        await worker_of(database, model, seal, within_s=0.05)("e1")
    database.refusals = 0


def kept(database):
    with database.engine.connect() as connection:
        return connection.execute(sa.text("SELECT answer FROM model_answers")).scalars().all()


async def test_a_worker_that_takes_over_uses_the_answer_that_was_paid_for(tmp_path, seal):
    database, model = accepted(tmp_path), ScriptedModel(lambda _: good_answer())
    await interrupted(database, model, seal)
    await worker_of(database, model, seal)("e1")
    assert stored(database).status == "completed"
    assert len(model.requests) == 1


async def test_an_answer_is_gone_once_the_result_is_stored(tmp_path):
    database, model = accepted(tmp_path), ScriptedModel(lambda _: good_answer())
    await interrupted(database, model)
    assert len(kept(database)) == 1
    await worker_of(database, model)("e1")
    assert kept(database) == []


async def test_with_a_key_the_words_of_an_answer_wait_unreadable(tmp_path):
    database, model = accepted(tmp_path), ScriptedModel(lambda _: good_answer())
    await interrupted(database, model, Seal([new_key()]))
    assert "grades" not in kept(database)[0]
    await worker_of(database, model, Seal([new_key()]))("e1")
    assert (stored(database).status, len(model.requests)) == ("completed", 2)


async def test_a_request_that_met_no_answer_is_asked_again(tmp_path):
    database = accepted(tmp_path)
    model = ScriptedModel([ModelAway("gone"), good_answer()])
    await worker_of(database, model)("e1")
    assert kept(database) == []
