import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from service.domain.errors import InvalidInput
from service.domain.label import LabelFilter
from service.formats.label_fields import Defaults
from service.storage.database import Database
from service.storage.schema import label_plan_items, label_plans, labels
from service.storage.upgrade import upgrade
from service.usecases.labels import ImportLabels
from service.usecases.labels_plan import PlanLabels, PlanRequest
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from tests.service.results import keep
from tests.service.usecases.test_labels_plan import KINDS, fill

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
POPULATION = 40


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'plans.db'}")
    upgrade(made, [], NOW)
    fill(made, POPULATION)
    yield made
    made.close()


@pytest.fixture
def plan(database):
    def draw(count=12, seed=0, **wanted):
        return PlanLabels(database)("a", PlanRequest("own-card", count=count, seed=seed, **wanted))[0]

    return draw


@pytest.fixture
def hand_in(database):
    """Import the table of a plan, filled in by one rater, as its file has it or with columns left out."""
    use = ImportLabels(database, WorkPool(0), Policies())

    def run(of, without=(), part=slice(None), replace=False, rater="r1", **other):
        columns = ("evaluation", "stratum", "probability", "plan")
        rows = [
            {
                "dimension": "greeting",
                "rater": rater,
                "level": "yes",
                **{name: getattr(one, name, of.id) for name in columns if name not in without},
                **other,
            }
            for one in of.conversations[part]
            if not one.labelled
        ]
        return asyncio.run(use("a", rows, Defaults(), replace=replace))

    return run


@pytest.fixture
def weights(database):
    def read():
        """Return 1/probability by conversation, of those that have one."""
        with database.begin("a") as tx:
            found = tx.labels.list(LabelFilter(), None, 500)
        return {one.conversation: 1 / one.probability for one in found if one.probability is not None}

    return read


def chances(plan):
    return {one.conversation: pytest.approx(1 / one.probability) for one in plan.conversations}


def forget(database):
    with database.begin("a") as tx:
        for table in (labels, label_plan_items, label_plans):
            tx.connection.execute(sa.delete(table))


ALL = ((), ("plan",), ("plan", "probability"))


@pytest.mark.parametrize("without", ALL, ids=["whole", "no plan", "no plan, no probability"])
def test_weights_stand_for_the_population_whatever_was_planned_in_between(
    database, plan, hand_in, weights, without
):
    """Plan, plan again for nothing, hand in, plan more, hand in: Σ 1/p is right on average after each."""
    after = [[], []]
    for seed in range(60):
        forget(database)
        first = plan(seed=seed)
        plan(count=(12, 20, 500, 6)[seed % 4], seed=seed + (seed % 3 == 0))
        hand_in(first, without)
        after[0].append(sum(weights().values()))
        assert weights().keys() == chances(first).keys()
        more = plan(count=8, seed=seed)
        hand_in(more, without)
        after[1].append(sum(weights().values()))
        assert weights() == chances(more)
    for sums in after:
        mean = sum(sums) / len(sums)
        error = (sum((one - mean) ** 2 for one in sums) / (len(sums) - 1) / len(sums)) ** 0.5
        assert abs(mean - POPULATION) < 3.5 * error
        assert error < 0.05 * POPULATION


def test_a_table_that_comes_back_after_another_plan_keeps_its_own_probabilities(plan, hand_in, weights):
    first = plan()
    plan(count=500)
    hand_in(first)
    assert weights() == chances(first)


def test_a_table_without_plan_and_probability_is_known_by_what_is_labelled(plan, hand_in, weights):
    first = plan()
    plan(count=500)
    plan(count=5, seed=9)
    hand_in(first, ("plan", "probability"))
    assert weights() == chances(first)


def test_a_larger_plan_counts_once_nine_tenths_of_it_are_there(plan, hand_in, weights):
    first = plan()
    hand_in(first)
    more = plan(count=14)
    new = [one.labelled for one in more.conversations].index(False)
    (note,) = hand_in(more, part=slice(0, new + 1)).notes
    assert f"{len(first.conversations) + 1} of {len(more.conversations)} conversations of the plan of" in note
    assert weights() == chances(first)
    assert hand_in(more, part=slice(0, -1)).notes == ()
    done = {name: weight for name, weight in chances(more).items() if name in weights()}
    assert weights() == done
    assert len(done) == len(more.conversations) - (not more.conversations[-1].labelled)


def test_half_a_table_counts_while_there_is_nothing_better(plan, hand_in, weights):
    first = plan()
    plan(count=500)
    hand_in(first, part=slice(0, 4))
    assert weights() == {c: w for c, w in chances(first).items() if c in weights()}
    assert len(weights()) == 4


def test_plans_of_different_times_count_side_by_side(database, plan, hand_in, weights):
    may = plan(count=10)
    hand_in(may)
    for number in range(20):
        keep(
            database,
            "a",
            f"{1000 + number:032x}",
            KINDS["rest"],
            datetime.now(UTC) + timedelta(seconds=-1),
            external_id=f"late{number}",
        )
    june = plan(count=6, since=NOW + timedelta(days=1))
    hand_in(june)
    assert weights() == {**chances(may), **chances(june)}


def test_a_label_that_brought_its_own_probability_keeps_it(plan, hand_in, weights, database):
    first = plan()
    own = {"probability": 0.123, "plan": None}
    hand_in(first, part=slice(0, 1), rater="r2", **own)
    hand_in(first)
    plan(count=20)
    with database.begin("a") as tx:
        kept = {one.plan: one.probability for one in tx.labels.list(LabelFilter(rater="r2"), None, 9)}
    assert kept == {None: 0.123}


def test_digits_that_a_spreadsheet_drops_do_not_make_a_probability_ones_own(plan, hand_in, weights, database):
    first = plan()
    for at, one in enumerate(first.conversations):
        hand_in(first, ("plan",), slice(at, at + 1), probability=f"{one.probability:.10g}")
    with database.begin("a") as tx:
        assert {one.plan for one in tx.labels.list(LabelFilter(), None, 50)} == {first.id}


def test_handing_the_first_table_in_again_changes_nothing(plan, hand_in, weights):
    first = plan()
    hand_in(first)
    more = plan(count=10)
    hand_in(more)
    again = hand_in(first, replace=True)
    assert (again.replaced, again.duplicate_count) == (0, len(first.conversations))
    assert weights() == chances(more)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"plan": "0" * 32}, "there is no plan"),
        ({"evaluation": None, "conversation": "elsewhere"}, "did not draw this conversation"),
    ],
)
def test_a_plan_that_did_not_ask_for_it_is_a_problem_of_the_row(plan, hand_in, weights, wrong, said):
    first = plan()
    done = hand_in(first, part=slice(0, 1), **wrong)
    (problem,) = done.problems
    assert problem.field == "plan"
    assert said in problem.detail
    assert weights() == {}


def test_another_seed_draws_another_sample_and_says_what_that_costs(plan, hand_in, weights):
    first = plan()
    hand_in(first)
    other = plan(count=8, seed=1)
    both = {one.conversation for one in first.conversations} & {
        one.conversation for one in other.conversations
    }
    assert (
        f"{len(first.conversations) - len(both)} labelled conversations of earlier plans" in other.notes[-1]
    )
    hand_in(other)
    assert weights() == chances(other)


def test_what_is_labelled_counts_for_later_plans(plan, hand_in):
    first = plan()
    hand_in(first)
    with pytest.raises(InvalidInput):
        plan(count=0)
    more = plan(count=8)
    assert {one.conversation for one in first.conversations} <= {
        one.conversation for one in more.conversations
    }
