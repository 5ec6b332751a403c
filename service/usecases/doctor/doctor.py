"""The order of the examination. It works beside a running service and changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from service.domain.errors import QalibrateError
from service.domain.finding import Finding, fail
from service.usecases.doctor.of_database import Database
from service.usecases.doctor.of_machine import of_machine, of_prompts, of_settings, of_tokens
from service.usecases.doctor.of_redaction import of_redaction
from service.usecases.redact import RedactConversation


class Doctor:
    """Examines what one process would work with."""

    def __init__(
        self,
        database: Database,
        redact: RedactConversation,
        look_at_model: Callable[[], Awaitable[Finding]] | None,
        *,
        has_price: bool,
    ) -> None:
        """Make it; `look_at_model` is None where no model is configured."""
        self._database = database
        self._redact = redact
        self._look_at_model = look_at_model
        self._has_price = has_price

    async def __call__(self) -> list[Finding]:
        """Return what was found, most basic things first."""
        settings = self._database.settings
        found = of_settings(settings, has_price=self._has_price) + of_machine(settings)
        found += await asyncio.to_thread(_guarded, "database", self._database.examine)
        found += await of_redaction(self._redact)
        found += _guarded("prompts", of_prompts)
        if self._look_at_model is not None:
            found += [await self._look_at_model(), await asyncio.to_thread(of_tokens)]
        return found


def _guarded(check: str, examine: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Return what `examine` finds; one that breaks is a finding too, and stops no other."""
    found: list[Finding] = []
    try:
        found.extend(examine())
    except QalibrateError as error:
        found.append(fail(check, error.detail))
    except Exception as error:
        # A message may hold an address with its password.
        found.append(fail(check, f"could not be examined ({type(error).__name__})"))
    return found
