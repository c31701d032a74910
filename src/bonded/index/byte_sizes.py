"""Sizes as people write and read them: a number of bytes, or one with a unit, `100 MiB`.

The one reader, for files and flags, and what says the same back. Units are powers of 1024 and say so, since whoever
reads a limit in a refusal writes it into the settings next. PyPI says "100 MB" and means 100 MiB; no client reads that.
"""

import re

__all__ = ["PATTERN", "size_exact", "size_of", "size_text", "size_told", "unit_of"]

_STEP = 1024
_LARGE = {"KiB": _STEP, "MiB": _STEP**2, "GiB": _STEP**3, "TiB": _STEP**4}
_UNITS = {"": 1, "B": 1, **{name.upper(): unit for name, unit in _LARGE.items()}}
_MOST_BYTES = 1 << 60

PATTERN = r"[0-9]{1,15}\s*(([KkMmGgTt][Ii])?[Bb])?"
"""What a size looks like, for regular expressions of every kind; units are powers of 1024 and say so."""

_SIZE = re.compile(r"([0-9]{1,15})\s*([A-Za-z]{0,3})")


def size_of(text: str) -> int | None:
    """Return a size in bytes from a text such as "100 MiB"; None where it is none. Units are powers of 1024."""
    found = _SIZE.fullmatch(text.strip())
    unit = _UNITS.get(found[2].upper()) if found else None
    if found is None or unit is None:
        return None
    size = int(found[1]) * unit
    return size if size <= _MOST_BYTES else None


def size_text(size: int) -> str:
    """Return a size as it would be written, with the largest unit of which it is a whole number."""
    for name, unit in reversed(_LARGE.items()):
        if size and size % unit == 0:
            return f"{size // unit} {name}"
    return str(size)


def size_told(size: int) -> str:
    """Return a size as people read it, `1.5 KiB`: whole where it is exact, else with one decimal."""
    unit, name = unit_of(size)
    if unit == 1:
        return f"{size} bytes" if size != 1 else "1 byte"
    return f"{size / unit:.1f} {name}" if size % unit else f"{size // unit} {name}"


def size_exact(size: int) -> str:
    """Return a size as `size_told` does, and its bytes where that is not all of it."""
    is_exact = size % unit_of(size)[0] == 0
    return size_told(size) if is_exact else f"{size_told(size)} ({size:,} bytes)"


def unit_of(size: int) -> tuple[int, str]:
    """Return the unit in which a size is told, in bytes, with its name: 1 for what has less than 1024."""
    if size < _STEP:
        return 1, "bytes"
    for name, unit in _LARGE.items():
        # What would round up to 1024 of one unit is one of the next.
        if round(size / unit, 1) < _STEP:
            return unit, name
    return unit, name
