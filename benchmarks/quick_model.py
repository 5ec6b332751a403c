"""A stand-in model for many requests at once: it takes a time that is the same for each, and hardly any CPU.

`python -m benchmarks.quick_model --seconds 2`. What it answers is worked out once for each different request.
`GET /first` tells when the first request came, in seconds of the clock of `time.perf_counter`.
"""

import argparse
import asyncio
import json
import re
import time
from typing import Any

from evals.model_server import stand_in_answer

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class _Answers:
    """What is answered to which request, and when the first one came."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.first = 0.0
        self._known: dict[bytes, bytes] = {}

    def to(self, body: bytes) -> bytes:
        """Return the answer to a request to the model."""
        self.first = self.first or time.perf_counter()
        if body not in self._known:
            self._known[body] = _response(_completion(json.loads(body)))
        return self._known[body]


class _Connection(asyncio.Protocol):
    """One connection: one request at a time, as clients of HTTP/1.1 send them."""

    def __init__(self, answers: _Answers) -> None:
        self._answers = answers
        self._read = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers are written to."""
        self._transport = transport if isinstance(transport, asyncio.Transport) else None

    def data_received(self, data: bytes) -> None:
        """Answer when a request is complete."""
        self._read += data
        head, found, body = bytes(self._read).partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or len(body) < (int(length[1]) if length else 0):
            return
        self._read.clear()
        if head.startswith(b"GET"):
            self._write(_response({"first": self._answers.first}))
            return
        answer = self._answers.to(body)
        asyncio.get_running_loop().call_later(self._answers.seconds, self._write, answer)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def _completion(request: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": stand_in_answer(request), "refusal": None}
    return {
        "object": "chat.completion",
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5000, "completion_tokens": 1000, "total_tokens": 6000},
    }


def _response(content: dict[str, Any]) -> bytes:
    body = json.dumps(content, ensure_ascii=False).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _serve(seconds: float) -> None:
    answers = _Answers(seconds)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(answers), "127.0.0.1", 0, backlog=2048)
    port = server.sockets[0].getsockname()[1]
    print(f"listens on http://127.0.0.1:{port}/v1", flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quick_model")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each answer takes")
    asyncio.run(_serve(parser.parse_args().seconds))


if __name__ == "__main__":
    main()
