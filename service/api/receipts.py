"""What a caller is told who may appeal but not read: that it was done, and nothing of the grade."""

from datetime import datetime

from service.domain.appeal import Appeal, AppealState
from service.domain.base import Model
from service.domain.keys import ApiKey


class AppealReceipt(Model):
    """An appeal without the contested grade, the verdicts and what others wrote."""

    id: str
    evaluation: str
    dimension: str
    by: str
    state: AppealState
    created_at: datetime
    decide_by: datetime
    overdue: bool
    closed_at: datetime | None


def readable(key: ApiKey, appeal: Appeal) -> Appeal | AppealReceipt:
    """Return what the key may read of an appeal."""
    if key.allows("read") or key.allows("review"):
        return appeal
    return AppealReceipt(**{name: getattr(appeal, name) for name in AppealReceipt.model_fields})
