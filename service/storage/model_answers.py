"""Answers of a model that were paid for, until what they were asked for is stored."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from service.storage.schema import model_answers


class ModelAnswerStore:
    """Answers by evaluation and by the digest of what was asked. They go when the evaluation is final."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def keep(self, evaluation_id: str, request_sha256: str, answer: str, now: datetime) -> None:
        """Keep an answer; the first one to a request stays."""
        values = {"evaluation_id": evaluation_id, "request_sha256": request_sha256, "answer": answer}
        postgres = self._connection.dialect.name == "postgresql"
        insert = postgresql.insert(model_answers) if postgres else sqlite.insert(model_answers)
        self._connection.execute(insert.values(created_at=now, **values).on_conflict_do_nothing())

    def of(self, evaluation_id: str) -> dict[str, str]:
        """Return what was answered so far, by the digest of what was asked."""
        table = model_answers.c
        query = sa.select(table.request_sha256, table.answer).where(table.evaluation_id == evaluation_id)
        return {row.request_sha256: row.answer for row in self._connection.execute(query)}
