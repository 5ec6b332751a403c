"""People's labels: taking them in, and reading them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, BinaryIO, NamedTuple, cast

from pydantic import JsonValue

from redaction import Plugin, Policy, detect_language
from service.domain.audit import COMMAND_LINE, AuditEntry
from service.domain.errors import TooManyRows
from service.domain.keys import check_tenant
from service.domain.label import LabelFilter, StoredLabel
from service.domain.label_import import (
    MOST_LISTED,
    LabelConflict,
    LabelDuplicate,
    LabelImport,
    RowProblem,
)
from service.domain.transcript import Language
from service.formats.label_fields import Defaults, GivenLabel
from service.formats.labels import read_items, read_labels
from service.formats.labels_csv import EmptyRow, Read
from service.storage.database import Database
from service.usecases.answers import redact_texts
from service.usecases.cards import named_scorecard
from service.usecases.cursors import cursor_of, read_cursor
from service.usecases.labels_checking import Checked, LabelCheck, gone_dimensions
from service.usecases.labels_remarks import Remarks
from service.usecases.labels_weighing import weigh_labels
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool

BATCH = 500
"""Rows that are checked, redacted and stored together."""

# Rationales speak of turns: a list of numbers up to this one is no account number.
_TURNS = 200

# Rationales that one process redacts in one go: together no longer than a conversation may be.
_AT_ONCE = 25

Written = tuple[Language | None, str]
"""A text, and its language where that is known."""


class LabelPage(NamedTuple):
    """Part of a list, and where the next part starts (None at the end)."""

    items: Sequence[StoredLabel]
    next_cursor: str | None


class Labels:
    """The labels of a tenant, for reading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, tenant: str, wanted: LabelFilter, cursor: str | None, limit: int) -> LabelPage:
        """Return a page of labels, the last stored first. Raises InvalidInput for a cursor that is not ours,
        or a scorecard that is no reference, and UnknownScorecard.
        """
        after = read_cursor(cursor) if cursor else None
        with self._database.begin(tenant) as tx:
            if wanted.scorecard is not None:
                named_scorecard(tx, wanted.scorecard)
            found = tx.labels.list(wanted, after, limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        return LabelPage(found[:limit], cursor_of(last.stored_at, last.id) if last else None)


class ImportLabels:
    """Takes labels in: reads them, checks each against scorecard, evaluation and earlier labels, redacts
    rationales, stores. What is wrong with one row does not stop the others.
    """

    def __init__(
        self, database: Database, pool: WorkPool, policies: Policies, plugin: Plugin | None = None
    ) -> None:
        self._database = database
        self._pool = pool
        self._policies = policies
        self._plugin = plugin

    async def __call__(
        self,
        tenant: str,
        source: BinaryIO | bytes | list[Any],
        defaults: Defaults,
        *,
        replace: bool = False,
        told: Callable[[int], None] = lambda _: None,
        most: int | None = None,
        by: str = COMMAND_LINE,
    ) -> LabelImport:
        """Store the labels of a file, or of a parsed JSON list, and return what came of each row.

        `defaults` hold for labels that do not say. `replace`: a label that contradicts an earlier one of the
        same rater overrules it. `told` hears of rows that are done, `by` says who brings them. What was
        stored stays when the import breaks off; importing again finds it as duplicates. Raises TooManyRows,
        before any is stored, when there are more than `most` (None: any number), InvalidInput for a bad
        tenant, UnknownScorecard, Unavailable, and Conflict when somebody stores the same label at the same
        moment.
        """
        check_tenant(tenant)
        rows = await asyncio.to_thread(self._rows, tenant, source, defaults)
        if most is not None:
            rows = await asyncio.to_thread(_at_most, most, rows)
        tally = _Tally()
        while batch := await asyncio.to_thread(lambda: list(islice(rows, BATCH))):
            tally.read(batch)
            given = [one for one in batch if isinstance(one, GivenLabel)]
            if given:
                await self._take_in(tenant, given, tally, by, replace=replace)
            told(len(batch))
        await asyncio.to_thread(self._finish, tenant, tally)
        return tally.result()

    def _rows(self, tenant: str, source: BinaryIO | bytes | list[Any], defaults: Defaults) -> Iterator[Read]:
        dimensions: Collection[str] = ()
        gone: Mapping[str, str] = {}
        if defaults.scorecard is not None:
            with self._database.begin(tenant) as tx:
                card = named_scorecard(tx, defaults.scorecard)
                dimensions = card.scorecard.section_of
                gone = {} if isinstance(source, list) else gone_dimensions(tx, card)
        if isinstance(source, list):
            return iter(read_items(source, defaults))
        return iter(read_labels(source, defaults, dimensions, gone))

    async def _take_in(
        self, tenant: str, given: Sequence[GivenLabel], tally: "_Tally", by: str, *, replace: bool
    ) -> None:
        checked, known = await asyncio.to_thread(self._check, tenant, given, replace, tally)
        tally.refused(checked)
        rows = {of.id: one.row for one, of in zip(given, checked, strict=True) if isinstance(of, StoredLabel)}
        new = [one for one in checked if isinstance(one, StoredLabel)]
        redacted = await self._redacted(tenant, new, known)
        erased = await asyncio.to_thread(self._store, tenant, redacted, known, by)
        tally.refused(_erased(rows[one]) for one in erased)
        tally.stored(one for one in redacted if one.id not in erased)

    async def _redacted(
        self, tenant: str, new: Sequence[StoredLabel], known: Mapping[str, "_Known"]
    ) -> Sequence[StoredLabel]:
        written = [(known[one.id].language, one.rationale) for one in new if one.rationale]
        parts = [written[at : at + _AT_ONCE] for at in range(0, len(written), _AT_ONCE)]
        policy = self._policies.of(tenant)
        run = (self._pool.run(redact_rationales, policy, part, self._plugin) for part in parts)
        texts = chain.from_iterable(await asyncio.gather(*run))
        return [one.model_copy(update={"rationale": next(texts)}) if one.rationale else one for one in new]

    def _check(
        self, tenant: str, given: Sequence[GivenLabel], replace: bool, tally: "_Tally"
    ) -> tuple[list[Checked], dict[str, "_Known"]]:
        with self._database.begin(tenant) as tx:
            check = LabelCheck(tx, given, datetime.now(UTC), tally.remarks, replace=replace)
            checked = [check(one) for one in given]
            tally.planned |= check.planned
            new = [one for one in checked if isinstance(one, StoredLabel)]
            return checked, {one.id: _Known(check.language_of(one), check.evaluations_of(one)) for one in new}

    def _finish(self, tenant: str, tally: "_Tally") -> None:
        """Weigh once all is stored: which plan counts depends on how much of each is labelled."""
        with self._database.begin(tenant) as tx:
            for name in sorted(tally.planned):
                tally.remark(weigh_labels(tx, name))
            tally.remark(tally.remarks.sentences(tx))

    def _store(
        self, tenant: str, new: Sequence[StoredLabel], known: Mapping[str, "_Known"], by: str
    ) -> set[str]:
        """Store labels; return the ids of those that are not: what they speak of was erased meanwhile."""
        if not new:
            return set()
        with self._database.begin(tenant) as tx:
            # First what writes: from here on nobody erases on SQLite.
            tx.audit.add(_imported(new, by))
            gone = tx.erasure.hold(sorted({of for one in new for of in known[one.id].evaluations}))
            erased = {one.id for one in new if known[one.id].is_gone(gone)}
            kept = [label for label in new if label.id not in erased]
            tx.labels.add([label for label in kept if not label.earlier])
            for label in kept:
                if label.earlier:
                    tx.labels.replace(label)
        return erased


class _Known(NamedTuple):
    """What was known of a label's conversation when the label was checked."""

    language: Language | None
    evaluations: Sequence[str]

    def is_gone(self, erased: Collection[str]) -> bool:
        """Whether there was something, and nothing of it is left."""
        return bool(self.evaluations) and all(one in erased for one in self.evaluations)


def _erased(row: int) -> RowProblem:
    return RowProblem(row=row, field="conversation", detail="it was erased while its labels came in")


def _imported(new: Sequence[StoredLabel], by: str) -> AuditEntry:
    counts: dict[str, JsonValue] = {"labels": len(new), "overruled": sum(bool(one.earlier) for one in new)}
    return AuditEntry(at=datetime.now(UTC), actor=by, action="labels.imported", details=counts)


def redact_rationales(policy: Policy, texts: Sequence[Written], plugin: Plugin | None = None) -> list[str]:
    """Return the texts without personal data.

    Those in one language are read together, which takes a tenth of the time: a name that stands in several of
    them is one placeholder.
    """
    known = [language or cast("Language", detect_language([text])) for language, text in texts]
    redacted = [text for _, text in texts]
    for language in set(known):
        mine = [at for at, of in enumerate(known) if of == language]
        found = redact_texts(policy, language, [redacted[at] for at in mine], [], _TURNS, (), plugin)
        for at, text in zip(mine, found.texts, strict=True):
            redacted[at] = text
    return redacted


def _at_most(most: int, rows: Iterator[Read]) -> Iterator[Read]:
    found = list(islice(rows, most + 1))
    if len(found) > most:
        raise TooManyRows(most)
    return iter(found)


class _Tally:
    """Counts what became of rows, and lists the first of them."""

    def __init__(self) -> None:
        self._stored = self._replaced = self._empty = 0
        self._counts: Counter[type] = Counter()
        self._duplicates: list[LabelDuplicate] = []
        self._conflicts: list[LabelConflict] = []
        self._problems: list[RowProblem] = []
        self._notes: list[str] = []
        self.planned: set[str] = set()
        self.remarks = Remarks()

    def read(self, batch: Iterable[Read]) -> None:
        for one in batch:
            if isinstance(one, EmptyRow):
                self._empty += 1
            elif isinstance(one, RowProblem):
                self._add(one, self._problems)
            elif not isinstance(one, GivenLabel):
                self._notes.append(one.text)

    def remark(self, sentences: Iterable[str]) -> None:
        self._notes += sentences

    def refused(self, checked: Iterable[Checked]) -> None:
        for one in checked:
            if isinstance(one, RowProblem):
                self._add(one, self._problems)
            elif isinstance(one, LabelConflict):
                self._add(one, self._conflicts)
            elif isinstance(one, LabelDuplicate):
                self._add(one, self._duplicates)

    def stored(self, new: Iterable[StoredLabel]) -> None:
        for label in new:
            self._replaced += bool(label.earlier)
            self._stored += not label.earlier

    def result(self) -> LabelImport:
        return LabelImport(
            stored=self._stored,
            replaced=self._replaced,
            empty=self._empty,
            duplicate_count=self._counts[LabelDuplicate],
            conflict_count=self._counts[LabelConflict],
            problem_count=self._counts[RowProblem],
            duplicates=tuple(self._duplicates),
            conflicts=tuple(self._conflicts),
            problems=tuple(sorted(self._problems, key=lambda problem: problem.row)),
            notes=tuple(self._notes),
        )

    def _add(self, one: Any, listed: list[Any]) -> None:
        self._counts[type(one)] += 1
        if len(listed) < MOST_LISTED:
            listed.append(one)
