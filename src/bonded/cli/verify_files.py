"""The user's files that `bonded verify` reads and writes."""

from pathlib import Path

from bonded.errors import UsageError

__all__ = ["read", "write"]


def read(path: Path) -> bytes:
    """Return a file's bytes; raises UsageError that names it."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all; raises UsageError that names it."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
