"""Runs DeepEval's `ConversationalGEval` for `benchmarks.peers`, in whichever Python has DeepEval installed.

Reads one JSON object from standard input: the `url` of a model, `turns` (role and content), `criteria` (a
name and a text for each dimension). Writes one: the `version`, and the `seconds` that measuring took.
Nothing but DeepEval and the standard library is imported, so that DeepEval may live in a venv of its own.
"""

import json
import os
import sys
import time
from importlib import import_module
from importlib.metadata import version

# Before DeepEval is imported: nothing may leave the machine.
os.environ["DEEPEVAL_TELEMETRY_OPT_OUT"] = "1"
os.environ["DEEPEVAL_TELEMETRY_ENABLED"] = "0"
os.environ["CONFIDENT_OPEN_BROWSER"] = "0"


def main() -> None:
    """Measure one conversation on every criterion."""
    order = json.load(sys.stdin)
    # By name, because the project itself neither has nor needs it.
    metrics, models, cases = (
        import_module(f"deepeval.{name}") for name in ("metrics", "models", "test_case")
    )
    model = models.OpenAIModel(model="gpt-4.1", api_key="none", base_url=order["url"])
    case = cases.ConversationalTestCase(
        turns=[cases.Turn(role=turn["role"], content=turn["content"]) for turn in order["turns"]]
    )
    started = time.perf_counter()
    for criterion in order["criteria"]:
        metric = metrics.ConversationalGEval(
            name=criterion["name"],
            criteria=criterion["text"],
            evaluation_params=[cases.MultiTurnParams.ROLE, cases.MultiTurnParams.CONTENT],
            model=model,
            async_mode=False,
        )
        metric.measure(case, _show_indicator=False)
    seconds = time.perf_counter() - started
    sys.stdout.write(json.dumps({"version": version("deepeval"), "seconds": seconds}) + "\n")


if __name__ == "__main__":
    main()
