"""Sends the same request again and again over kept-alive connections, from processes of its own.

A client library spends more on a request than a service that only stores it; this one spends next to nothing,
so that few processes keep a service busy. `python -m benchmarks.http_load` reads its order from standard
input.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Order:
    """Post `body` to `url` for `seconds`, over `connections` at once, from `processes`."""

    url: str
    body: str
    key: str
    seconds: float
    connections: int = 16
    processes: int = 2


class Refused(Exception):
    """The service answered with something else than success."""


def post_for_a_while(order: Order) -> float:
    """Return how many requests a second were answered with success. Raises Refused for any other answer."""
    command = [sys.executable, "-m", "benchmarks.http_load"]
    clients = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(order.processes)
    ]
    said = json.dumps(asdict(order)).encode()
    for client in clients:
        assert client.stdin is not None
        client.stdin.write(said)
        client.stdin.close()
        client.stdin = None
    answers = [client.communicate() for client in clients]
    wrong = [error for client, (_, error) in zip(clients, answers, strict=True) if client.returncode]
    if wrong:
        raise Refused(wrong[0].decode()[-2000:])
    return sum(float(out) for out, _ in answers)


async def _load(order: Order) -> float:
    until = time.perf_counter() + order.seconds
    started = time.perf_counter()
    counts = await asyncio.gather(*(_caller(order, until) for _ in range(order.connections)))
    return sum(counts) / (time.perf_counter() - started)


async def _caller(order: Order, until: float) -> int:
    address = urlsplit(order.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    request = _request(order)
    answered = 0
    while time.perf_counter() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status, length = _STATUS.match(head), _LENGTH.search(head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        if status is None or not status[1].startswith(b"2"):
            raise Refused(f"{head.decode()}{body.decode()}")
        answered += 1
    writer.close()
    return answered


def _request(order: Order) -> bytes:
    address = urlsplit(order.url)
    body = order.body.encode()
    lines = (
        f"POST {address.path} HTTP/1.1",
        f"Host: {address.netloc}",
        f"Authorization: Bearer {order.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


if __name__ == "__main__":
    print(asyncio.run(_load(Order(**json.load(sys.stdin)))))
