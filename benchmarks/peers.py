"""What grading one call of 60 turns on 8 dimensions takes, here and with DeepEval's `ConversationalGEval`.

`python -m benchmarks.peers`: both get the same turns and the same eight questions (the first ones of the
bundled card `inbound-service`) and ask the same stand-in model, which answers at once. Requests and prompt
tokens are counted in what that server received, in the same way for both; the JSON schema of an answer, which
servers count differently, is told apart.

DeepEval is run where it is installed: `--deepeval-python PATH` names the Python of another environment.
Without it the figures of an earlier run are printed and called so. Tokens are counted with `tiktoken` when
TIKTOKEN_CACHE_DIR holds its encoding, else they are characters divided by four, which is said.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.serving import CARD, TURNS, sixty_turns
from evals.model_server import Behaviour, ModelServer, RecordedRequest
from service.domain.scorecard import Dimension, Scorecard, ScorecardRevision
from service.domain.transcript import Conversation
from service.factory import Factory, builtin_scorecards
from service.settings import Settings

DIMENSIONS = 8
ENCODING = "o200k_base"
MARK = 7
# Steps and a score: DeepEval asks for one, then for the other, and takes what it needs. The steps go into its
# second prompt; these are as long as what it asks for, three or four concise ones.
ITS_ANSWER = {
    "steps": [
        "Read the role and the content of every turn and find those that the criteria are about.",
        "Compare what the agent says in those turns with what the criteria ask for; note what is missing.",
        "Check whether the conversation as a whole, not only one turn, meets the criteria.",
        "Give a high score when the criteria are fully met and a low one when they are not.",
    ],
    "score": 7,
    "reason": "Stand-in answer: nothing was judged.",
}

Count = Callable[[str], int]


class Cost(NamedTuple):
    """What one tool asked of the model for the whole transcript."""

    name: str
    requests: int
    tokens: int
    schema_tokens: int
    seconds: float

    @property
    def all_tokens(self) -> int:
        """Prompt tokens when the schema counts as prompt."""
        return self.tokens + self.schema_tokens


RECORDED = Cost("DeepEval 4.3.1", 16, 17_542, 616, 1.8)
RECORDED_ON = "2026-11-22"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--deepeval-python", default=sys.executable, help="a Python that has DeepEval")
    python = parser.parse_args().deepeval_python
    count, how = token_counter()
    card = eight_dimensions()
    ours = measure_ours(card, count)
    theirs = measure_deepeval(python, card, count)
    report(ours, theirs or RECORDED, how, recorded=theirs is None)


def eight_dimensions() -> Scorecard:
    """Return the bundled card with its first eight dimensions only."""
    (card,) = (card for card in builtin_scorecards() if card.name == CARD)
    kept = {dimension.id for dimension in islice(card.dimensions, DIMENSIONS)}
    sections = [
        section.model_copy(update={"dimensions": tuple(d for d in section.dimensions if d.id in kept)})
        for section in card.sections
    ]
    content = card.model_copy(update={"sections": tuple(s for s in sections if s.dimensions)})
    return Scorecard.model_validate(content.model_dump(mode="json", by_alias=True))


def measure_ours(card: Scorecard, count: Count) -> Cost:
    """Redact and grade once, after a warm-up that finds out what the server can do and loads everything."""
    conversation = Conversation.model_validate(sixty_turns())
    revision = ScorecardRevision(scorecard=card, revision=1)

    async def run(factory: Factory, server: ModelServer) -> float:
        await factory.grade(conversation, [revision], "warm-up")
        server.requests.clear()
        started = time.perf_counter()
        graded = await factory.grade(conversation, [revision], "measured")
        if graded.status != "completed":
            raise RuntimeError(f"grading failed: {graded.error}")
        return time.perf_counter() - started

    with ModelServer() as server:
        factory = Factory(Settings(openai_base_url=server.url, model="stand-in", redaction_processes=0))
        seconds = asyncio.run(run(factory, server))
        factory.close()
        return cost_of("qalibrate", server.requests, count, seconds)


def measure_deepeval(python: str, card: Scorecard, count: Count) -> Cost | None:
    """Run DeepEval on the same turns and questions; None when that Python has no DeepEval."""
    if python == sys.executable and find_spec("deepeval") is None:
        return None
    order = {
        "turns": [
            {"role": _role(turn["speaker"]), "content": turn["text"]} for turn in sixty_turns()["turns"]
        ],
        "criteria": [{"name": d.title, "text": criterion(d)} for d in card.dimensions],
    }
    with ModelServer(default=Behaviour(text=json.dumps(ITS_ANSWER))) as server:
        script = Path(__file__).with_name("peers_deepeval.py")
        given = json.dumps({"url": server.url, **order})
        ran = subprocess.run([python, str(script)], input=given, capture_output=True, text=True)
        if ran.returncode:
            raise RuntimeError(ran.stderr)
        told = json.loads(ran.stdout.splitlines()[-1])
        return cost_of(f"DeepEval {told['version']}", server.requests, count, told["seconds"])


def criterion(dimension: Dimension) -> str:
    """Return what the card says of a dimension, as one text."""
    levels = [f"{level.level}: {level.anchor}" for level in dimension.scale.levels]
    rule = f"Not applicable: {dimension.not_applicable}" if dimension.not_applicable else ""
    return "\n".join(part for part in (dimension.question, dimension.guidance, *levels, rule) if part)


def cost_of(name: str, requests: Sequence[RecordedRequest], count: Count, seconds: float) -> Cost:
    """Return what the server received: tokens of every message, and of the schemas beside them."""
    tokens = sum(count(text) for request in requests for text in _texts(request.json))
    schemas = [request.json.get("response_format") for request in requests]
    schema_tokens = sum(count(json.dumps(schema)) for schema in schemas if schema)
    return Cost(name, len(requests), tokens, schema_tokens, seconds)


def token_counter() -> tuple[Count, str]:
    """Return a way to count tokens, and what to call it."""
    if not os.environ.get("TIKTOKEN_CACHE_DIR"):
        return lambda text: len(text) // 4, "characters / 4; set TIKTOKEN_CACHE_DIR for real tokens"
    import tiktoken

    encoding = tiktoken.get_encoding(ENCODING)
    return lambda text: len(encoding.encode(text, disallowed_special=())), f"tiktoken, {ENCODING}"


def report(ours: Cost, theirs: Cost, how: str, *, recorded: bool) -> None:
    """Print both, and how they compare."""
    print(f"one call of {TURNS} turns, {DIMENSIONS} dimensions; tokens: {how}\n")
    print(f"{'':<18}{'requests':>9}{'prompt tokens':>15}{'with schema':>13}{'seconds':>9}")
    for cost in (ours, theirs):
        row = f"{cost.requests:>9}{cost.tokens:>15,}{cost.all_tokens:>13,}{cost.seconds:>9.2f}"
        print(f"{cost.name:<18}{row}")
    if recorded:
        print(
            f"\nDeepEval is not installed: its row was recorded on {RECORDED_ON} with tiktoken, {ENCODING}."
        )
    shares = theirs.tokens / ours.tokens, theirs.all_tokens / ours.all_tokens
    print(f"\nfewer tokens by a factor of {shares[0]:.1f}, with schema {shares[1]:.1f} (mark: {MARK})")


def _texts(body: dict[str, Any]) -> list[str]:
    """Return the texts of all messages; a message may come in parts."""
    contents = [message["content"] for message in body["messages"]]
    parts = [[{"text": content}] if isinstance(content, str) else content for content in contents]
    return [part["text"] for content in parts for part in content]


def _role(speaker: str) -> str:
    return "assistant" if speaker == "agent" else "user"


if __name__ == "__main__":
    main()
