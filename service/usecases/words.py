"""Takes personal data out of what people write about conversations: reasons, comments, rationales."""

import asyncio
from collections.abc import Sequence
from itertools import chain

from redaction import Plugin
from service.domain.transcript import Language
from service.usecases.labels import redact_rationales
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool

# Texts that one process redacts in one go.
_AT_ONCE = 25


class RedactWords:
    """Redacts under the policy of a tenant, away from the event loop."""

    def __init__(self, pool: WorkPool, policies: Policies, plugin: Plugin | None = None) -> None:
        self._pool = pool
        self._policies = policies
        self._plugin = plugin

    async def __call__(
        self, tenant: str, language: Language | None, texts: Sequence[str | None]
    ) -> list[str | None]:
        """Return the texts without personal data; what is empty or missing becomes None.

        Raises RedactionTooSlow and Unavailable.
        """
        written = [(language, text) for text in texts if text and text.strip()]
        parts = [written[at : at + _AT_ONCE] for at in range(0, len(written), _AT_ONCE)]
        policy = self._policies.of(tenant)
        run = (self._pool.run(redact_rationales, policy, part, self._plugin) for part in parts)
        done = chain.from_iterable(await asyncio.gather(*run))
        return [next(done) if text and text.strip() else None for text in texts]
