"""Loaded by pytest before all else (`-p tests.httpx2_alias`), so that `httpx_mock` sees what `openai` sends.

`openai` speaks through httpx2 and pytest-httpx patches httpx, so the one has to answer to the other's name
before pytest-httpx imports it.
"""

import httpx2

httpx2.alias_httpx()
