import asyncio

from service.usecases.model_health import ModelHealth


async def test_an_endpoint_that_accepts_connections_is_ok_and_a_closed_one_away():
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await ModelHealth(f"http://127.0.0.1:{port}/v1").state() == "ok"
    server.close()
    await server.wait_closed()
    assert await ModelHealth(f"http://127.0.0.1:{port}/v1").state() == "away"
