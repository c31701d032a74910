"""The user's files that `bonded verify` reads and writes."""

from pathlib import Path

from bonded.errors import UsageError

__all__ = ["looks_like_file", "read", "write"]

_SUFFIXES = (
    ".whl", ".tar.gz", ".tgz", ".tar.bz2", ".zip", ".egg", ".lock", ".toml", ".txt", ".in",
    ".json", ".cfg", ".yml", ".yaml", ".py",
)  # fmt: skip


def looks_like_file(word: str) -> bool:
    """Whether a word that is no file here was meant as one: it has a slash, or a suffix of such files.

    Most of these would be names of projects too (PEP 508 allows dots), which nobody means.
    """
    return "/" in word or "\\" in word or word.lower().endswith(_SUFFIXES)


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
