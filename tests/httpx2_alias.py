"""Loaded by pytest before all else (`-p tests.httpx2_alias`): lets `httpx_mock` intercept what `openai` sends.

`openai` speaks through httpx2 and pytest-httpx patches httpx, so the one has to answer to the other's name
before pytest-httpx imports it.
"""

import httpx2

httpx2.alias_httpx()
