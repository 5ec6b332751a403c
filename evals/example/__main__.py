"""`python -m evals.example`: composes the set again, records the constructed judges, or serves one of them.

Which judges: base, same, worse. `--record` after a change of prompts, scorecard, redaction or conversations.
"""

import argparse
from pathlib import Path

from evals.example.judge import VERSIONS, ConstructedJudge
from evals.example.make import lines
from evals.example.record import record
from evals.model_server import ModelServer

SET = Path(__file__).parent / "conversations.jsonl"


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m evals.example", description=__doc__)
    known = tuple(VERSIONS)
    parser.add_argument("--record", nargs="*", choices=known, help="record these judges anew, or all")
    parser.add_argument("--serve", choices=known, help="answer requests as this judge until stopped")
    parser.add_argument("--port", type=int, default=8089)
    options = parser.parse_args()
    if options.serve:
        _serve(ConstructedJudge(options.serve), options.port)
        return
    SET.write_text("".join(f"{line}\n" for line in lines()), "utf-8", newline="\n")
    if options.record is not None:
        for version in options.record or VERSIONS:
            record(version)


def _serve(judge: ConstructedJudge, port: int) -> None:
    with ModelServer(answerer=judge, port=port, record=False) as server:
        print(f"OPENAI_BASE_URL={server.url}", flush=True)  # noqa: T201
        try:
            server.wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
