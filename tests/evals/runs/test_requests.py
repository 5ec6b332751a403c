"""`--max-requests`."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from evals.runs.requests import RequestLimit


async def _run(limit, needs, each):
    async def one(name, need):
        async with limit.conversation(name) as may_start:
            if not may_start:
                return 0
            for _ in range(need):
                limit.count(name)
                await asyncio.sleep(0)
            return need

    return await asyncio.gather(*(one(str(number), need) for number, need in enumerate(needs)))


@given(most=st.integers(1, 20), conversations=st.integers(1, 30), each=st.integers(1, 4))
def test_where_each_takes_what_was_expected_the_limit_is_gone_over_by_one_conversation_at_most(
    most, conversations, each
):
    limit = RequestLimit(most, each)
    made = asyncio.run(_run(limit, [each] * conversations, each))
    assert sum(made) == limit.made < most + each
    assert limit.left_out == made.count(0)
    assert limit.left_out == 0 or limit.made >= most


def test_without_a_limit_requests_are_counted_and_nothing_waits():
    limit = RequestLimit(None, 1)
    assert asyncio.run(_run(limit, [3, 1, 2], 1)) == [3, 1, 2]
    assert (limit.made, limit.left_out) == (6, 0)


def test_conversations_that_need_no_request_all_start():
    limit = RequestLimit(1, 1)
    asyncio.run(_run(limit, [0] * 9, 1))
    assert (limit.made, limit.left_out) == (0, 0)
