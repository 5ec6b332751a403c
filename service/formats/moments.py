"""Points in time as other systems write them: ISO 8601, RFC 2822, and counts since 1970 in any usual unit."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from service.formats.json_node import Node

_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From this count on it is so many to a second: nano-, micro- and milliseconds; seconds below."""

_LAST = 253_402_300_799.0
"""The end of the year 9999, which is the last that dates reach."""


def epoch_seconds(node: Node) -> float | None:
    """Return the time at `node` in seconds since 1970, or None where there is none. Raises InvalidInput."""
    value = node.value
    if value is None or value == "":
        return None
    if isinstance(value, str) and not value.strip().replace(".", "", 1).isdecimal():
        return _written(node, value.strip()[:60])
    return in_epoch(node)


def in_epoch(node: Node) -> float | None:
    """Return a count since 1970 in seconds; its size tells its unit. Raises InvalidInput."""
    number = node.number()
    if number is None:
        return None
    seconds = number / next((unit for least, unit in _UNITS if number >= least), 1.0)
    if not 0 <= seconds <= _LAST:
        raise node.error("this has to be a time since 1970")
    return seconds


def as_date(seconds: float) -> str:
    """Return seconds since 1970 as an ISO 8601 date and time in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _written(node: Node, text: str) -> float:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    raise node.error("this is no time; write 2026-11-02T10:15:00Z")
