"""Numbers and times as people read them."""

from datetime import UTC, datetime

__all__ = ["day", "iso", "moment", "size"]

_UNITS = ("KiB", "MiB", "GiB", "TiB")
_STEP = 1024
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


def size(count: int) -> str:
    """Return a number of bytes with at most one decimal, such as `12.3 KiB`."""
    if count < _STEP:
        return f"{count} bytes" if count != 1 else "1 byte"
    value, unit = count / _STEP, 0
    # What would round up to 1024 of one unit is one of the next.
    while round(value, 1) >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{value:.1f} {_UNITS[unit]}"


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
