"""The model client reads the older `httpx` from `sys.modules`: it must never be half imported there."""

import subprocess
import sys

ASKED = """
import sys
import service.grading.openai_model
whole = sys.modules.get("httpx")
print(whole is None or (hasattr(whole, "AsyncClient") and hasattr(whole, "Timeout")))
try:
    import httpx
except ImportError:
    pass
print(whole is sys.modules.get("httpx"))
"""


def test_the_older_client_is_loaded_whole_or_absent_before_a_model_can_be_asked():
    run = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout.split() == ["True", "True"]
