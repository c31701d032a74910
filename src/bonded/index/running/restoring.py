"""A copy of an index put back into a new folder, every file checked against its name on the way.

What is there in the end is a data folder as `bonded serve` makes one. The file that marks it as an index comes last, so
a folder that was filled half-way is none; where the copy cannot be put back, what was made of it is taken away again.
"""

import json
import re
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from bonded.errors import UsageError
from bonded.index.running.backup import (
    FORMAT,
    MANIFEST,
    Damaged,
    named_files,
    place_of,
    written,
)
from bonded.index.running.data_folder import BOOK, FILES, MARKER

__all__ = ["restore"]

_BLOCK = 1 << 20
_BLOB = re.compile(rf"{FILES}/([0-9a-f]{{2}})/([0-9a-f]{{62}})")
_SMALL = 1 << 20
"""Bytes of the marker and of the manifest at most."""

_PARTIAL = f".{BOOK}.partial"

Member = tuple[str, BinaryIO]
"""The name of a file in a copy, and its bytes."""


def restore(copy: Path, data: Path) -> int:
    """Put a copy back into a folder that is new or empty, and return how many files it has.

    Raises UsageError where there is no copy or the folder is in use, Damaged where a file is missing or is not what its
    name says.
    """
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise UsageError(
            f"{data} is there already",
            hint="a copy is put back into a folder that is empty, or does not exist yet",
        )
    try:
        with ExitStack() as closing:
            members = closing.enter_context(_members(copy))
            closing.enter_context(_undone_unless_whole(data))
            return _restored(copy, members, data)
    except OSError as error:
        raise UsageError(f"{error.filename or copy}: {error.strerror or error}") from None


@contextmanager
def _undone_unless_whole(data: Path) -> Iterator[None]:
    """Make the folder that is to be filled; where the block raises, leave what was there before: none, or an empty one.

    The folders above it that had to be made stay.
    """
    was_there = data.is_dir()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for path in data.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if not was_there:
            data.rmdir()
        raise


def _restored(copy: Path, members: Iterator[Member], data: Path) -> int:
    small: dict[str, bytes] = {}
    found: set[str] = set()
    for name, stream in members:
        blob = _BLOB.fullmatch(name)
        if name in {MANIFEST, MARKER}:
            small[name] = stream.read(_SMALL)
        elif name == BOOK:
            written(stream, data / _PARTIAL)
        elif blob is not None:
            digest = blob[1] + blob[2]
            (data / place_of(digest)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if written(stream, data / name) != digest:
                raise _damaged(f"{name} in {copy} is not what its name says")
            found.add(digest)
        else:
            raise UsageError(f"{copy} is no copy of an index: it has {name!r}")
    _check_manifest(copy, small)
    named = _named(copy, data / _PARTIAL)
    if missing := sorted(set(named) - found):
        raise _damaged(f"{copy} lacks {len(missing)} files that its book names: {missing[0]}")
    for digest in found - set(named):
        (data / place_of(digest)).unlink()
    (data / _PARTIAL).rename(data / BOOK)
    (data / MARKER).write_bytes(small[MARKER])
    return len(named)


def _check_manifest(copy: Path, small: dict[str, bytes]) -> None:
    try:
        manifest = json.loads(small.get(MANIFEST, b""))
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict) or "at" not in manifest or MARKER not in small:
        raise UsageError(
            f"{copy} is no whole copy of an index",
            hint="`bonded backup` makes one; was this one cut off?",
        )
    if manifest.get("format") != FORMAT:
        raise UsageError(
            f"{copy} cannot be read by this version of bonded",
            hint=f"it was made by bonded {manifest.get('version')}: use that, or a later one",
        )


def _named(copy: Path, book: Path) -> dict[str, int]:
    if not book.is_file():
        raise UsageError(
            f"{copy} is no whole copy of an index: it has no book",
            hint="`bonded backup` makes one; was this one cut off?",
        )
    try:
        return dict(named_files(book))
    except sqlite3.DatabaseError as error:
        raise _damaged(f"the book in {copy} cannot be read: {error}") from None


@contextmanager
def _members(copy: Path) -> Iterator[Iterator[Member]]:
    if copy.is_dir():
        yield _of_folder(copy)
        return
    if not copy.is_file():
        raise UsageError(f"there is no {copy}", hint="give what `bonded backup --to` was given")
    try:
        with tarfile.open(copy, "r:") as archive:
            yield _of_tar(copy, archive)
    except tarfile.TarError as error:
        raise UsageError(f"{copy} is no copy of an index: {error}") from None


def _of_folder(copy: Path) -> Iterator[Member]:
    for path in sorted(copy.rglob("*")):
        if path.is_file() and not path.name.endswith(".partial"):
            with path.open("rb") as stream:
                yield path.relative_to(copy).as_posix(), stream


def _of_tar(copy: Path, archive: tarfile.TarFile) -> Iterator[Member]:
    for member in archive:
        stream = archive.extractfile(member) if member.isreg() else None
        if stream is None:
            raise UsageError(f"{copy} is no copy of an index: {member.name!r} is no file")
        yield member.name, stream  # type: ignore[misc]  # a stream of bytes by another name


def _damaged(message: str) -> Damaged:
    return Damaged(message, hint="put back another copy; nothing was served from this one")
