"""Redacts labelled conversations in parallel, as the service does, and counts what was found."""

import asyncio
from collections.abc import Iterable, Iterator, Sized
from typing import NamedTuple

from evals.redaction.dataset import Record
from evals.redaction.example import Example, Span
from evals.redaction.scoring import Selection, Tally, score
from evals.redaction.speech import as_recognized
from redaction import Plugin, Policy, Redactor
from service.cli.parallel import Counter, in_order
from service.domain.errors import FieldProblem, InvalidInput, RedactionTooSlow, UnsupportedLanguage
from service.usecases.pool import WorkPool
from service.usecases.redact import redact_conversation


class Options(NamedTuple):
    """How a set is redacted, read and counted.

    `timeout_s` is how long one conversation may take; `mistakes` is how many of each kind are kept to show.
    """

    policy: Policy
    plugin: Plugin | None = None
    timeout_s: float | None = None
    selection: Selection = Selection()
    lower: bool = False
    mistakes: int = 0

    @property
    def version(self) -> str:
        """The version of the rules, of the policy and of the plug-in."""
        return Redactor(self.policy, self.plugin).version


class BadRecord(NamedTuple):
    """A record that could not be measured, and why."""

    where: str
    error: InvalidInput


def measure(records: Iterable[Record], options: Options, processes: int) -> Iterator[Tally | BadRecord]:
    """Yield the counts of every record in order, worked out in so many processes, or in this one for 0.

    Shows on standard error how many are done, and of how many where `records` has a length.
    """
    return iter(asyncio.run(_measure_all(records, options, processes)))


def measure_one(options: Options, example: Example) -> Tally:
    """Redact one conversation as the service does and return its counts.

    Raises UnsupportedLanguage when it is long, says no language, and is in none that the service knows.
    """
    spoken = as_recognized(example) if options.lower else example
    result = redact_conversation(options.policy, spoken.conversation, plugin=options.plugin).result
    found = [Span(entity.turn, entity.start, entity.end, entity.type) for entity in result.entities]
    return score(spoken, found, result.language, options.selection, options.mistakes)


async def _measure_all(
    records: Iterable[Record], options: Options, processes: int
) -> list[Tally | BadRecord]:
    pool = WorkPool(processes, options.timeout_s)

    async def one(record: Record) -> Tally | BadRecord:
        if isinstance(record.example, InvalidInput):
            return BadRecord(record.where, record.example)
        try:
            return await pool.run(measure_one, options, record.example)
        except UnsupportedLanguage as error:
            hint = f"{error.problems[0].detail} (--language)"
            return BadRecord(record.where, InvalidInput([FieldProblem("/conversation/language", hint)]))
        except RedactionTooSlow as error:
            return BadRecord(record.where, error)

    try:
        with Counter("redacted", len(records) if isinstance(records, Sized) else None) as counter:
            done: list[Tally | BadRecord] = []
            async for _, result in in_order(one, records, 4 * max(processes, 1)):
                counter.advance()
                done.append(result)
            return done
    finally:
        pool.close()
