from contextlib import ExitStack

from openai import AsyncOpenAI

from service.grading.connections import FEW, Connections


def connections():
    return Connections(lambda _: AsyncOpenAI(api_key="none", base_url="http://127.0.0.1:9/v1"))


async def test_few_requests_share_one_client_and_many_are_spread():
    ours = connections()
    with ExitStack() as stack:
        lent = [stack.enter_context(ours.client()) for _ in range(3 * FEW)]
    assert {id(client): lent.count(client) for client in lent} == dict.fromkeys(map(id, lent), FEW)
    assert len(set(map(id, lent))) == 3
    await ours.aclose()


async def test_a_client_is_used_again_when_its_request_is_over():
    ours = connections()
    with ours.client() as first:
        pass
    with ours.client() as again:
        assert again is first
    await ours.aclose()
    assert first.is_closed()
