"""An OpenAI-compatible server of our own for tests, benchmarks and trying things out. It grades nothing.

Without a script every request gets a well-formed answer that is computed from the request alone: the first
allowed level for each dimension, quoting real turns. The rationale says that nothing was judged. A script
makes the server slow, broken or stubborn instead, one `Behaviour` for each request.

with ModelServer([failing(429, retry_after="1"), Behaviour()]) as server:
        OpenAIModel("any", base_url=server.url)

From a shell: ``python -m evals.model_server --port 8089 --latency-ms 300``
"""

import argparse
import json
import math
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NOTHING_JUDGED = "Stand-in answer: nothing was judged."

_TURN = re.compile(r"^(\d+) [a-p]{2} (agent|customer|bot|system)(?: after \d+ s)?: (.*)$", re.MULTILINE)
_ANYBODY = ("agent", "customer", "bot", "system")
# Coaching is about the agent and quotes them.
_SPEAKERS = {"agent_quote": ("agent",), "customer_quote": ("customer",), "point": ("agent",)}
_DEEPEST, _MOST_ITEMS = 30, 20
_LONGEST_QUOTE = 120
_BEFORE_SCHEMA = "JSON schema:\n"
_TOKEN = re.compile(r"\w+|\W")
_LIKELY, _UNLIKELY = math.log(0.9), math.log(0.1)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How one request is answered. `text` is the model's words (None: computed from the request), `message`
    replaces the whole message, `body` the whole HTTP body. `hang` never answers; `trickle_s` sends a byte at
    a time with that pause. A body that is `cut` ends before the length it announced. `logprobs` gives log
    probabilities where they are asked for: True makes some up, a list is sent as it is.
    """

    text: str | None = None
    latency_s: float = 0.0
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    message: Mapping[str, Any] | None = None
    body: bytes | None = None
    finish_reason: str = "stop"
    choices: bool = True
    usage: bool = True
    hang: bool = False
    trickle_s: float = 0.0
    cut: bool = False
    logprobs: bool | Sequence[Any] = False


def failing(status: int, *, retry_after: str | None = None, code: str = "", message: str = "") -> Behaviour:
    """Return the behaviour that answers with an error, in the form that OpenAI gives it."""
    error = {"message": message or f"status {status}", "type": "error", "param": None, "code": code or None}
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Behaviour(status=status, headers=headers, body=json.dumps({"error": error}).encode())


def refusing(words: str = "I cannot help with that.") -> Behaviour:
    """Return the behaviour of a model that refuses."""
    return Behaviour(message={"role": "assistant", "content": None, "refusal": words})


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request as it arrived. Names of `headers` are in lower case. `json` is None when the body was not
    JSON; `at` is monotonic, in seconds.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes
    json: Any
    at: float


class ModelServer:
    """Serves on a loopback port from `with` to the end of it.

    `script` is used up one behaviour a request; then `answerer` decides (in several threads), or without one
    `default` answers. `refuses` names what the server does not support: `json_schema`, `json_object`, any key
    of a request such as `temperature`, or `system` for the role of that name; such a request gets a
    `refusal_status` and uses up nothing of the script. Unless it `explains`, the refusal does not say why.
    `most_at_once` is the largest number of requests that were open together.
    """

    def __init__(
        self,
        script: Iterable[Behaviour] = (),
        *,
        default: Behaviour | None = None,
        answerer: Callable[[RecordedRequest], Behaviour] | None = None,
        refuses: Iterable[str] = (),
        explains: bool = True,
        refusal_status: int = 400,
        port: int = 0,
        record: bool = True,
    ) -> None:
        self.requests: list[RecordedRequest] = []
        self.most_at_once = 0
        self._script = iter(script)
        self._answerer = answerer or (lambda _: default or Behaviour())
        self._refuses = tuple(refuses)
        self._explains = explains
        self._refusal_status = refusal_status
        self._open = 0
        self._record = record
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._http = _Http(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """What OPENAI_BASE_URL has to be."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> "ModelServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()

    def wait(self) -> None:
        """Wait until the server ends."""
        self._thread.join()

    def behaviour_for(self, request: RecordedRequest) -> Behaviour:
        """Record `request` and return how it is answered."""
        with self._lock:
            if self._record:
                self.requests.append(request)
            refused = _refused_part(request.json, self._refuses)
            if refused:
                why = f"Unsupported parameter: {refused}" if self._explains else "Bad Request"
                return failing(self._refusal_status, message=why)
            scripted = next(self._script, None)
        return self._answerer(request) if scripted is None else scripted

    def count_open(self, change: int) -> None:
        """Note that a request arrived (1) or was answered (-1)."""
        with self._lock:
            self._open += change
            self.most_at_once = max(self.most_at_once, self._open)

    @property
    def open_requests(self) -> int:
        """Requests that have arrived and are not answered yet."""
        return self._open

    def pause(self, seconds: float | None) -> None:
        """Wait, for ever when `seconds` is None, but not beyond the end of the server."""
        self._closing.wait(seconds)

    @property
    def is_closing(self) -> bool:
        """Whether the server is on its way out."""
        return self._closing.is_set()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, address: tuple[str, int], owner: ModelServer) -> None:
        self.owner = owner
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers that leave in the middle: a killed one cannot help it."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet, and at once: waiting for more would add 40 ms to each answer.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Http

    def do_POST(self) -> None:
        """Answer a chat completion."""
        request = self._read()
        self.server.owner.count_open(1)
        try:
            self._answer(request)
        finally:
            self.server.owner.count_open(-1)

    def _answer(self, request: RecordedRequest) -> None:
        behaviour = self.server.owner.behaviour_for(request)
        if behaviour.hang:
            self.server.owner.pause(None)
            self.close_connection = True
            return
        if behaviour.latency_s:
            self.server.owner.pause(behaviour.latency_s)
        body = behaviour.body if behaviour.body is not None else _completion(request.json, behaviour)
        self._send(behaviour, body)

    def do_GET(self) -> None:
        """List the one model, as clients ask on start-up."""
        models = {"object": "list", "data": [{"id": "stand-in", "object": "model", "owned_by": "qalibrate"}]}
        self._send(Behaviour(), json.dumps(models).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing: requests hold transcripts."""

    def _read(self) -> RecordedRequest:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        headers = {name.lower(): value for name, value in self.headers.items()}
        return RecordedRequest(self.path, headers, body, document, time.monotonic())

    def _send(self, behaviour: Behaviour, body: bytes) -> None:
        self.send_response(behaviour.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in behaviour.headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self._send_body(behaviour, body[: len(body) // 2] if behaviour.cut else body)
        except OSError:
            # The client has gone, which is what some tests are about.
            self.close_connection = True

    def _send_body(self, behaviour: Behaviour, body: bytes) -> None:
        if behaviour.trickle_s:
            for byte in body:
                if self.server.owner.is_closing:
                    break
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                self.server.owner.pause(behaviour.trickle_s)
        else:
            self.wfile.write(body)
        self.wfile.flush()
        self.close_connection = self.close_connection or behaviour.cut


def stand_in_answer(request: Any) -> str:
    """Return an answer that fits the schema in `request`, whatever it asks for, and quotes real turns."""
    schema = _schema(request)
    answer = _Filler(schema, _turns(request)).fill(schema) if isinstance(schema, dict) else {}
    return json.dumps(answer, ensure_ascii=False)


def _completion(request: Any, behaviour: Behaviour) -> bytes:
    text = stand_in_answer(request) if behaviour.text is None else behaviour.text
    message = {"role": "assistant", "content": text, "refusal": None}
    if behaviour.message is not None:
        message = dict(behaviour.message)
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": behaviour.finish_reason}
    if behaviour.logprobs and isinstance(request, dict) and request.get("logprobs"):
        choice["logprobs"] = {"content": _logprobs(text, behaviour.logprobs)}
    completion = {
        "id": "chatcmpl-stand-in",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": request.get("model", "stand-in") if isinstance(request, dict) else "stand-in",
        "choices": [choice] if behaviour.choices else [],
    }
    if behaviour.usage:
        sent, received = len(_all_text(request)) // 4, len(text) // 4
        completion["usage"] = {
            "prompt_tokens": sent,
            "completion_tokens": received,
            "total_tokens": sent + received,
            "prompt_tokens_details": {"cached_tokens": 0},
        }
    return json.dumps(completion, ensure_ascii=False).encode()


def _logprobs(text: str, wanted: bool | Sequence[Any]) -> list[Any]:
    """Return one entry for each word or sign of `text`, nine chances in ten to one."""
    if not isinstance(wanted, bool):
        return list(wanted)
    return [
        {
            "token": token,
            "logprob": _LIKELY,
            "bytes": list(token.encode()),
            "top_logprobs": [{"token": token, "logprob": _LIKELY}, {"token": "?", "logprob": _UNLIKELY}],
        }
        for token in _TOKEN.findall(text)
    ]


def _refused_part(request: Any, refuses: tuple[str, ...]) -> str | None:
    if not isinstance(request, dict):
        return None
    kind = (request.get("response_format") or {}).get("type")
    if kind in refuses:
        return f"response_format {kind} is not available"
    if "system" in refuses and any(m.get("role") == "system" for m in request.get("messages", [])):
        return "messages[0].role does not support 'system'"
    return next((name for name in refuses if name in request), None)


def _schema(request: Any) -> Any:
    """Return the JSON schema of the request, be it in `response_format` or at the end of the instructions."""
    wanted = request.get("response_format") or {} if isinstance(request, dict) else {}
    if wanted.get("type") == "json_schema":
        return wanted["json_schema"]["schema"]
    _, _, rest = _all_text(request).partition(_BEFORE_SCHEMA)
    try:
        return json.JSONDecoder().raw_decode(rest)[0]
    except ValueError:
        return None


def _all_text(request: Any, role: str | None = None) -> str:
    messages = request.get("messages", []) if isinstance(request, dict) else []
    return "\n".join(str(m.get("content")) for m in messages if role in (None, m.get("role")))


def _turns(request: Any) -> list[tuple[int, str, str]]:
    """Return (number, speaker, a quote) of each turn that says something."""
    found = _TURN.findall(_all_text(request, role="user"))
    return [(int(number), speaker, _shorten(text)) for number, speaker, text in found if _says(text)]


def _says(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _shorten(text: str) -> str:
    """Return the text up to the last word that fits; all of it where there is no such word."""
    if len(text) <= _LONGEST_QUOTE:
        return text
    cut = text[:_LONGEST_QUOTE].rsplit(" ", 1)[0]
    return cut if len(cut) < _LONGEST_QUOTE and _says(cut) else text


class _Filler:
    """Fills a schema: words of real turns where a quote is wanted, else the first or emptiest value that is
    allowed.
    """

    def __init__(self, schema: Mapping[str, Any], turns: list[tuple[int, str, str]]) -> None:
        definitions = schema.get("$defs")
        self._definitions = definitions if isinstance(definitions, dict) else {}
        self._turns = turns

    def fill(self, schema: Any, depth: int = 0) -> Any:
        """Return a value that fits `schema`."""
        schema = self._resolved(schema)
        if depth > _DEEPEST or "const" in schema:
            return schema.get("const")
        if schema.get("enum"):
            return schema["enum"][0]
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices:
            return None if {"type": "null"} in choices else self.fill(choices[0], depth + 1)
        return self._of_type(schema, depth)

    def _of_type(self, schema: Mapping[str, Any], depth: int) -> Any:
        kinds = schema.get("type", "object" if "properties" in schema else None)
        kind = ("null" if "null" in kinds else kinds[0]) if isinstance(kinds, list) else kinds
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        if kind in ("integer", "number"):
            return schema.get("minimum", 0)
        return {"string": NOTHING_JUDGED, "boolean": False}.get(kind)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        filled = {name: self.fill(value, depth + 1) for name, value in properties.items()}
        if {"applies", "evidence", "level"} <= filled.keys():
            filled |= self._graded(properties, filled)
        return filled

    def _graded(self, properties: Mapping[str, Any], filled: Mapping[str, Any]) -> dict[str, Any]:
        """Return what makes an entry a grade: it applies, it has a level, and proof or absence."""
        last = max((number for number, _, _ in self._turns), default=0)
        absence = {"looked_for": "words of the right speaker", "from_turn": 0, "to_turn": last}
        level = self._resolved(properties["level"])
        given = next((c for c in level.get("anyOf", [level]) if c.get("enum")), level)
        return {
            "applies": True,
            "absence": None if filled["evidence"] else absence,
            "level": self.fill(given),
        }

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        items = schema.get("items", {})
        wanted = self._resolved(items)
        if not {"turn", "quote"} <= wanted.get("properties", {}).keys():
            return [self.fill(items, depth + 1) for _ in range(min(schema.get("minItems", 0), _MOST_ITEMS))]
        speakers = _SPEAKERS.get(str(items.get("$ref", "")).rsplit("/", 1)[-1], _ANYBODY)
        said = next(((n, quote) for n, speaker, quote in self._turns if speaker in speakers), None)
        if said is None:
            return []
        return [{**self._object(wanted, depth), "turn": said[0], "quote": said[1]}]

    def _resolved(self, schema: Any) -> Mapping[str, Any]:
        for _ in range(_DEEPEST):
            if not isinstance(schema, dict) or "$ref" not in schema:
                break
            schema = self._definitions.get(str(schema["$ref"]).rsplit("/", 1)[-1], {})
        return schema if isinstance(schema, dict) else {}


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.model_server", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--port", type=int, default=8089)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    options = parser.parse_args()
    default = Behaviour(latency_s=options.latency_ms / 1000)
    with ModelServer(default=default, port=options.port, record=False) as server:
        sys.stderr.write(f"A stand-in that grades nothing listens on {server.url}\n")
        try:
            server.wait()
        except KeyboardInterrupt:
            sys.stderr.write("Stopped.\n")


if __name__ == "__main__":
    main()
