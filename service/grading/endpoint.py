"""Whether a model's server can be reached and takes the key: asked without spending a token."""

import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2

from service.domain.errors import QalibrateError
from service.domain.finding import Finding, fail, ok, warn
from service.grading.port import ChatModel, ChatRequest

CHECK = "model"
PATIENCE_S = 5.0
_ANSWER = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}


async def look_at(base_url: str, api_key: str, model: str, patience_s: float = PATIENCE_S) -> Finding:
    """Return how the server is: its list of models is cheap, and needs the key."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    place = _place(base_url)
    try:
        async with httpx2.AsyncClient(timeout=patience_s) as client:
            answer = await client.get(f"{base_url.rstrip('/')}/models", headers=headers)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OSError) as error:
        detail, remedy = _why(error, patience_s)
        return fail(CHECK, f"{place} {detail}", remedy)
    return _read(answer, place, model)


async def ask(model: ChatModel | None) -> Finding:
    """Return what comes of one tiny request, which costs some tokens."""
    check, started = "model answers", time.monotonic()
    if model is None:
        return fail(check, "no model is configured", "set OPENAI_BASE_URL, or OPENAI_API_KEY")
    request = ChatRequest(
        system="Answer in JSON.", user='Say {"ok": true}.', schema=_ANSWER, schema_name="ok"
    )
    try:
        answer = await model.complete(request)
    except QalibrateError as error:
        return fail(check, error.detail)
    tokens = (answer.prompt_tokens or 0) + (answer.completion_tokens or 0)
    return ok(check, f"{answer.model or model.name}, in {time.monotonic() - started:.1f} s, {tokens} tokens")


def _place(base_url: str) -> str:
    """Return host and port, for people: an address may hold a password."""
    parts = urlsplit(base_url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}"


def _why(error: Exception, patience_s: float) -> tuple[str, str]:
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "has no address (DNS)", "check OPENAI_BASE_URL and the name server"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "has no certificate that can be trusted (TLS)", "SSL_CERT_FILE names your own authority"
    if isinstance(error, httpx2.TimeoutException):
        return f"did not answer within {patience_s:g} s", "check the network, a proxy, a firewall"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "refuses connections", "nothing listens there; check OPENAI_BASE_URL and its port"
    return f"could not be asked ({type(error).__name__})", "check OPENAI_BASE_URL and the network"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _read(answer: httpx2.Response, place: str, model: str) -> Finding:
    if answer.status_code in (401, 403):
        return fail(CHECK, f"{place} refuses the key ({answer.status_code})", "set OPENAI_API_KEY anew")
    if answer.status_code in (404, 405):
        detail = f"{place} answers, but tells no models; the key was not tried"
        return warn(CHECK, detail, "`qalibrate doctor --ask` tries it; OPENAI_BASE_URL often ends in /v1")
    if not answer.is_success:
        return warn(CHECK, f"{place} answers with {answer.status_code}", "see the server's own log")
    known = _models(answer)
    if known and model not in known:
        return warn(
            CHECK, f"{place} takes the key and knows no {model!r}", "set QALIBRATE_MODEL to one it knows"
        )
    return ok(CHECK, f"{place} answers" + (f" and has {model!r}" if known else ""))


def _models(answer: httpx2.Response) -> frozenset[str]:
    try:
        return frozenset(str(entry["id"]) for entry in answer.json()["data"])
    except (ValueError, KeyError, TypeError):
        return frozenset()
