"""A copy of an index while it is served: the book as it was at one moment, and every file that it names.

Order makes it consistent. The book is copied first, in one read transaction that stops nobody, then the files that
it names; they never change, so it does not matter when they are read. A file that somebody deletes meanwhile is not
there when its turn comes: then the book is copied again, and only what is new is asked for. In the copy, the book has
its name last, so a copy that was cut off is none, or is still the one of before.

A copy in a folder has the layout of a data folder and is brought up to date by the next one: files that are there are
not copied again. Where a first copy fails, nothing of it stays; one that was there before stays whole, beside files
that the next one needs. A copy in a tar file is written anew each time.
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from bonded.errors import BondedError, UsageError
from bonded.index.running.data_folder import BOOK, FILES, MARKER, read_served

__all__ = [
    "FORMAT",
    "MANIFEST",
    "Copied",
    "Damaged",
    "back_up",
    "named_files",
    "place_of",
    "written",
]

FORMAT = 1
MANIFEST = "backup.json"

_ROUNDS = 10
"""How often the book is copied again because files went away under it."""

_BLOCK = 1 << 20


class Damaged(BondedError):
    """A file of the index, or of a copy, is not what its name says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy has: how many files with how many bytes, and of them how many were copied now."""

    files: int
    bytes: int
    new_files: int
    new_bytes: int


class _Target(Protocol):
    """Where a copy goes."""

    def has(self, digest: str, size: int) -> bool:
        """Tell whether a file is there already."""
        ...

    def put(self, digest: str, stream: BinaryIO, size: int) -> str:
        """Copy a file and return the digest of what was copied."""
        ...

    def finish(self, book: Path, small: Mapping[str, bytes], named: Mapping[str, int]) -> None:
        """Put the book in its place, and let go of files that it does not name."""
        ...


def place_of(digest: str) -> str:
    """Return where a file lies in a data folder, and in a copy of one."""
    return f"{FILES}/{digest[:2]}/{digest[2:]}"


def named_files(book: Path) -> Mapping[str, int]:
    """Return the digest and the size of every file that a book of SQLite names."""
    with closing(sqlite3.connect(f"file:{book}?mode=ro", uri=True)) as connection:
        return dict(connection.execute("SELECT blake2b_256, size FROM file"))


def back_up(data: Path, to: Path, *, at: float, version: str) -> Copied:
    """Copy the index in a folder to a folder, or to a file that ends in `.tar`; it may be served meanwhile.

    `at` is the time in seconds since 1970. Raises UsageError for a folder that holds no index with a book of its own,
    a place inside of it or one that is something else, and Damaged where a file is not what its name says.
    """
    read_served(data)
    if to.resolve().is_relative_to(data.resolve()):
        raise UsageError(
            f"{to} is inside the index's own folder {data}, and a copy there would be lost with it",
            hint="give a place outside of it, best on another disk",
        )
    if not (data / BOOK).is_file():
        raise UsageError(
            f"{data} has no book of its own: it is kept in PostgreSQL",
            hint=f"copy it with pg_dump first, and then {data / FILES} and {data / MARKER}: in this order, they fit",
        )
    try:
        with _target(to) as target, tempfile.TemporaryDirectory(dir=to.parent) as room:
            return _copied(data, target, Path(room) / BOOK, at=at, version=version)
    except sqlite3.DatabaseError as error:
        raise UsageError(
            f"the index's book {data / BOOK} cannot be copied: {error}",
            hint="`bonded fsck` says whether it is whole",
        ) from None
    except OSError as error:
        raise UsageError(
            f"{to} cannot be written: {error.strerror or error}",
            hint="give a folder, or a file that ends in .tar, where there is room",
        ) from None


def _copied(data: Path, target: _Target, book: Path, *, at: float, version: str) -> Copied:
    new: dict[str, int] = {}
    for _ in range(_ROUNDS):
        _copy_book(data / BOOK, book)
        named = named_files(book)
        if _copy_files(data, target, named, new):
            copied = Copied(
                files=len(named),
                bytes=sum(named.values()),
                new_files=len(new),
                new_bytes=sum(new.values()),
            )
            about = {"format": FORMAT, "at": at, "version": version, **asdict(copied)}
            small = {
                MARKER: (data / MARKER).read_bytes(),
                MANIFEST: (json.dumps(about, indent=2) + "\n").encode(),
            }
            target.finish(book, small, named)
            return copied
    raise Damaged(
        "files that the book names are missing, or go away as fast as they are copied",
        hint="`bonded fsck` says what is missing",
    )


def _copy_book(source: Path, to: Path) -> None:
    """Copy the book in one step: a single look at it, while others go on writing."""
    to.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as here,
        closing(sqlite3.connect(to)) as there,
    ):
        here.backup(there)
        # The copy is one file, to be read anywhere; a server that opens it goes back to its own way of writing.
        there.execute("PRAGMA journal_mode = DELETE")


def _copy_files(data: Path, target: _Target, named: Mapping[str, int], new: dict[str, int]) -> bool:
    """Copy what is not there yet; return whether all was there to be copied."""
    whole = True
    for digest, size in sorted(named.items()):
        if digest in new or target.has(digest, size):
            continue
        try:
            stream = (data / place_of(digest)).open("rb")
        except FileNotFoundError:
            whole = False
            continue
        with stream:
            if os.fstat(stream.fileno()).st_size != size or (
                target.put(digest, stream, size) != digest
            ):
                raise Damaged(
                    f"{data / place_of(digest)} is not what its name says",
                    hint="`bonded fsck` says what else is damaged; put back a good copy of the file",
                )
        new[digest] = size
    return whole


def written(stream: BinaryIO, to: Path) -> str:
    """Write a file, wait until the disk has it, and return its BLAKE2b digest."""
    hasher = hashlib.blake2b(digest_size=32)
    with to.open("wb") as out:
        while block := stream.read(_BLOCK):
            hasher.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return hasher.hexdigest()


@contextmanager
def _target(to: Path) -> Iterator[_Target]:
    if to.suffix == ".tar":
        partial = to.with_name(f".{to.name}.partial")
        try:
            with tarfile.open(partial, "w", format=tarfile.PAX_FORMAT) as archive:
                yield _Tar(archive)
            _synced(partial)
            partial.replace(to)
        finally:
            partial.unlink(missing_ok=True)
        return
    is_new = not to.exists()
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_empty = not any(to.iterdir())
    if not is_empty and not (to / MANIFEST).is_file():
        raise UsageError(
            f"{to} is not empty, and what is in it is no copy of an index",
            hint="give the folder of a copy, or one that does not exist yet",
        )
    try:
        yield _Folder(to)
    except Exception:
        # Whoever breaks it off, by Ctrl-C, may go on with what is there; what failed leaves nothing of its own.
        if is_empty:
            shutil.rmtree(to) if is_new else _cleared(to)
        raise


def _cleared(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


class _Folder:
    """A copy in a folder, brought up to date."""

    def __init__(self, root: Path) -> None:
        self._root = root
        if not (root / MANIFEST).is_file():
            # From now on the folder is known as ours, so that a copy that is cut off can be taken up again.
            (root / MANIFEST).write_text(json.dumps({"format": FORMAT}) + "\n", encoding="ascii")

    def has(self, digest: str, size: int) -> bool:
        path = self._root / place_of(digest)
        return path.is_file() and path.stat().st_size == size

    def put(self, digest: str, stream: BinaryIO, size: int) -> str:
        del size
        final = self._root / place_of(digest)
        final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = final.with_name(f".{final.name}.partial")
        try:
            got = written(stream, partial)
            if got == digest:
                partial.replace(final)
        finally:
            partial.unlink(missing_ok=True)
        return got

    def finish(self, book: Path, small: Mapping[str, bytes], named: Mapping[str, int]) -> None:
        for name, content in small.items():
            self._place(name, content)
        self._place(BOOK, book.read_bytes())
        for path in (self._root / FILES).glob("??/*"):
            if path.parent.name + path.name not in named:
                path.unlink()

    def _place(self, name: str, content: bytes) -> None:
        partial = self._root / f".{name}.partial"
        partial.write_bytes(content)
        _synced(partial)
        partial.replace(self._root / name)


class _Tar:
    """A copy in a tar file; the book is its last member."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive

    def has(self, digest: str, size: int) -> bool:
        del digest, size
        return False

    def put(self, digest: str, stream: BinaryIO, size: int) -> str:
        counted = _Hashing(stream)
        self._archive.addfile(_member(place_of(digest), size), counted)
        return counted.hasher.hexdigest()

    def finish(self, book: Path, small: Mapping[str, bytes], named: Mapping[str, int]) -> None:
        del named  # what was deleted meanwhile is left out when the copy is put back
        for name, content in small.items():
            self._archive.addfile(_member(name, len(content)), io.BytesIO(content))
        with book.open("rb") as stream:
            self._archive.addfile(_member(BOOK, book.stat().st_size), stream)


class _Hashing:
    """A stream that hashes what is read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self.hasher = hashlib.blake2b(digest_size=32)
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self.hasher.update(block)
        return block


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _synced(path: Path) -> None:
    """Wait until the disk has it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
