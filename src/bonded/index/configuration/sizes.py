"""Sizes as people write them: a number of bytes, or one with a unit, `100 MiB`. The one reader, for files and flags."""

import re

__all__ = ["PATTERN", "size_of", "size_text"]

_UNITS = {"": 1, "B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}
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
    units = (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))
    for name, unit in units:
        if size and size % unit == 0:
            return f"{size // unit} {name}"
    return str(size)
