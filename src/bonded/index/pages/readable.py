"""Numbers and times as people read them."""

from datetime import UTC, datetime

from bonded.index.byte_sizes import size_told, unit_of

__all__ = ["day", "iso", "moment", "size"]

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


def size(count: int) -> str:
    """Return a number of bytes with at most one decimal, such as `12.3 KiB`."""
    unit, name = unit_of(count)
    return size_told(count) if unit == 1 else f"{count / unit:.1f} {name}"


def iso(seconds: float) -> str:
    """Return a time to the second as machines read it (ISO 8601, UTC)."""
    return f"{_time(seconds):%Y-%m-%dT%H:%M:%SZ}"


def day(seconds: float) -> str:
    """Return the day of a time, in UTC; the same words whatever the language of the server is."""
    time = _time(seconds)
    return f"{time.day} {_MONTHS[time.month - 1]} {time.year}"


def moment(seconds: float) -> str:
    """Return day and minute of a time, in UTC."""
    return f"{day(seconds)}, {_time(seconds):%H:%M} UTC"


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
