import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from service.cli.budget import Budget
from service.grading.prices import Spending


async def run(budget, spending, costs, cancelled=()):
    """Grade as many as may be, all at once; return how many were."""

    async def one(cost):
        async with budget.conversation() as may_start:
            if may_start:
                await asyncio.sleep(0)
                spending.add(cost)
            return may_start

    tasks = [asyncio.ensure_future(one(cost)) for cost in costs]
    await asyncio.sleep(0)
    for number in cancelled:
        tasks[number % len(tasks)].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    return sum(result is True for result in done)


@settings(max_examples=80, deadline=None)
@given(limit=st.integers(1, 50), cost=st.integers(1, 20), count=st.integers(1, 60))
def test_conversations_that_cost_the_same_go_over_by_one_at_most(limit, cost, count):
    spending = Spending()
    budget = Budget(limit, spending)
    graded = asyncio.run(run(budget, spending, [cost] * count))
    assert spending.usd < limit + cost
    assert graded == count or spending.usd >= limit
    assert budget.left_out == count - graded


@settings(max_examples=60, deadline=None)
@given(
    costs=st.lists(st.floats(0, 10), min_size=1, max_size=40),
    cancelled=st.lists(st.integers(0, 100), max_size=10),
)
def test_whoever_is_cancelled_the_run_comes_to_its_end(costs, cancelled):
    spending = Spending()
    budget = Budget(5, spending)

    async def bounded():
        async with asyncio.timeout(5):
            return await run(budget, spending, costs, cancelled)

    asyncio.run(bounded())
    assert budget.spent_usd == spending.usd


def test_what_costs_nothing_runs_side_by_side_after_the_first():
    spending = Spending()
    assert asyncio.run(run(Budget(1, spending), spending, [0.0] * 50)) == 50
