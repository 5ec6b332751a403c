"""Where a page of a list ended, as an opaque word."""

import base64
import binascii
import re
from datetime import UTC, datetime

from service.domain.errors import FieldProblem, InvalidInput
from service.storage.evaluations import Position

_NOT_OURS = FieldProblem("/cursor", "not a cursor of this list; leave it out to start at the beginning")


def cursor_of(moment: datetime, item_id: str) -> str:
    """Return the cursor of the item with this time and id."""
    return base64.urlsafe_b64encode(f"{moment.isoformat()} {item_id}".encode()).decode()


def read_cursor(cursor: str) -> Position:
    """Return the time and id of `cursor_of`. Raises InvalidInput for a cursor that is not ours."""
    try:
        moment, _, item_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        if not re.fullmatch(r"[0-9a-f]{32}|[0-9a-f]{64}", item_id):
            raise ValueError(item_id)
        return datetime.fromisoformat(moment).astimezone(UTC), item_id
    except (ValueError, binascii.Error, OverflowError):
        raise InvalidInput([_NOT_OURS]) from None


def cursor_of_number(number: int) -> str:
    """Return the cursor of the item with this number, in a list that goes by numbers."""
    return base64.urlsafe_b64encode(str(number).encode()).decode()


def read_number_cursor(cursor: str) -> int:
    """Return the number of `cursor_of_number`. Raises InvalidInput for a cursor that is not ours."""
    try:
        number = base64.urlsafe_b64decode(cursor.encode()).decode()
        if not re.fullmatch(r"[0-9]{1,9}", number):
            raise ValueError(number)
        return int(number)
    except (ValueError, binascii.Error):
        raise InvalidInput([_NOT_OURS]) from None
