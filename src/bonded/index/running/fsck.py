"""Whether an index is whole: what the book says of its files, held against the files themselves.

A crash at any point leaves a whole index, so nothing of this is ever needed before a start. It is there to prove that,
and to find what a disk has lost, or somebody has changed by hand. The index may be served meanwhile: files are looked
at a 256th at a time (by the first two digits of their digests), each with a look of its own at the book; a fault that
is gone at the second look was only a change on its way.

Bytes that no file refers to are no fault: a crash between keeping them and committing leaves such. They are told, and
given back on demand. An upload that finds its bytes gone when it holds the writers' lock keeps them again, so whoever
holds that lock and finds that nothing refers to bytes may remove them.
"""

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import bindparam, func, select

from bonded.dists.digests import digest_stream
from bonded.index.blobs import Folder
from bonded.index.book import tables
from bonded.index.book.entries import Entries
from bonded.index.book.records import Records

__all__ = ["SHELVES", "Findings", "Orphan", "Violation", "examine"]

SHELVES = tuple(f"{number:02x}" for number in range(256))
"""The first two digits of digests."""

_FILE, _RELEASE, _PROJECT = tables.file, tables.release, tables.project
_LOG, _BESIDE = tables.filename_log, tables.beside

_LISTED = (
    select(
        *(_FILE.c.filename, _FILE.c.size, _FILE.c.md5, _FILE.c.sha256, _FILE.c.blake2b_256),
        *(_FILE.c.metadata_sha256, _FILE.c.proof, _BESIDE.c.metadata_file, _BESIDE.c.provenance),
        *(_PROJECT.c.id.label("project_id"), _LOG.c.blake2b_256.label("logged"), _LOG.c.deleted),
    )
    .outerjoin(_BESIDE, _BESIDE.c.file_id == _FILE.c.id)
    .outerjoin(_RELEASE, _RELEASE.c.id == _FILE.c.release_id)
    .outerjoin(_PROJECT, _PROJECT.c.id == _RELEASE.c.project_id)
    .outerjoin(_LOG, _LOG.c.filename == _FILE.c.filename)
    .where(_FILE.c.blake2b_256 >= bindparam("first"), _FILE.c.blake2b_256 < bindparam("last"))
    .order_by(_FILE.c.blake2b_256)
)
_total = func.coalesce(func.sum(_FILE.c.size), 0)
_WRONG_SIZES = (
    select(_PROJECT.c.name, _PROJECT.c.size, _total.label("total"))
    .outerjoin(_RELEASE, _RELEASE.c.project_id == _PROJECT.c.id)
    .outerjoin(_FILE, _FILE.c.release_id == _RELEASE.c.id)
    .group_by(_PROJECT.c.id, _PROJECT.c.name, _PROJECT.c.size)
    .having(_PROJECT.c.size != _total)
    .order_by(_PROJECT.c.name)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that must not be: `subject` is the file or project, `check` what it fails, `message` says how."""

    subject: str
    check: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """Bytes that nothing refers to, by their digest; `removed` tells whether they were given back."""

    blake2b_256: str
    size: int
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was looked at, and what is wrong with it; `read` tells whether every byte was."""

    files: int
    bytes: int
    read: bool
    violations: tuple[Violation, ...]
    orphans: tuple[Orphan, ...]

    def to_object(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)


def examine(
    records: Records,
    folder: Folder,
    *,
    read: bool = True,
    fix: bool = False,
    watch: Callable[[int, int], None] = lambda _done, _files: None,
) -> Findings:
    """Look at every file and return what is wrong.

    `read` reads every byte, to compare all digests and the metadata inside; without it names, sizes and the book are
    compared. `fix` removes bytes that nothing refers to. `watch` is told after each of the `SHELVES` how many are done,
    and how many files that were.
    """
    violations = list(_faults_of_projects(records))
    orphans: list[Orphan] = []
    files = size = 0
    for done, shelf in enumerate(SHELVES, start=1):
        stored = dict(folder.blobs(shelf))
        with records.reading() as book:
            listed = _listed(book, shelf)
        for row in listed:
            files, size = files + 1, size + row.size
            faults = list(_faults(row, folder, read=read))
            if faults and _is_same(records, row):
                violations += faults
        unknown = stored.keys() - {row.blake2b_256 for row in listed}
        orphans += _orphans(records, folder, sorted(unknown), stored, fix=fix)
        watch(done, files)
    return Findings(
        files=files,
        bytes=size,
        read=read,
        violations=tuple(violations),
        orphans=tuple(orphans),
    )


def _faults_of_projects(records: Records) -> Iterator[Violation]:
    with records.reading() as book:
        rows = book.connection.execute(_WRONG_SIZES).all()
    for row in rows:
        yield Violation(
            subject=row.name,
            check="project_size",
            message=f"expected {row.total} bytes, the sum of its files, got {row.size}",
        )


def _listed(book: Entries, beginning: str) -> Sequence[Any]:
    # `g` follows every digit that a digest may go on with, however a database sorts.
    between = {"first": beginning, "last": f"{beginning}g"}
    return book.connection.execute(_LISTED, between).all()


def _is_same(records: Records, row: Any) -> bool:
    """Tell whether a file is listed still, as it was."""
    with records.reading() as book:
        return any(one == row for one in _listed(book, row.blake2b_256))


def _faults(row: Any, folder: Folder, *, read: bool) -> Iterator[Violation]:
    """Yield what is wrong with one file."""
    for check, message in (*_faults_in_book(row), *_faults_of_bytes(row, folder, read=read)):
        yield Violation(subject=row.filename, check=check, message=message)


def _faults_in_book(row: Any) -> Iterator[tuple[str, str]]:
    """Yield what the book itself says wrongly."""
    if row.project_id is None:
        yield "project", "expected a release of a project, it is of none"
    if row.logged != row.blake2b_256:
        yield (
            "filename_log",
            f"expected its name to be taken by {row.blake2b_256}, got {row.logged}",
        )
    if row.deleted is not None:
        yield "filename_log", "it is listed, and its name is written down as one of a deleted file"
    if (row.metadata_sha256 is not None) != row.filename.endswith(".whl"):
        yield "metadata", "expected metadata beside every wheel, and beside nothing else"
    elif row.metadata_sha256 != _sha256(row.metadata_file):
        got = _sha256(row.metadata_file)
        yield "metadata", f"expected metadata of SHA-256 {row.metadata_sha256}, got {got}"
    if (row.proof is None) != (row.provenance is None):
        yield "provenance", "expected provenance beside every file that was proved, and no other"


def _faults_of_bytes(row: Any, folder: Folder, *, read: bool) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the bytes of a file."""
    path = folder.path(row.blake2b_256)
    try:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size != row.size:
                yield "size", f"expected {row.size} bytes, got {size}"
            if not read:
                return
            got = digest_stream(stream)
            for name in ("md5", "sha256", "blake2b_256"):
                expected = getattr(row, name)
                if getattr(got, name) != expected:
                    yield name, f"expected {expected}, got {getattr(got, name)}"
            if row.filename.endswith(".whl"):
                yield from _faults_of_metadata(row, stream)
    except FileNotFoundError:
        yield "bytes", f"expected {row.size} bytes in {path}, there is no such file"
    except OSError as error:
        yield "bytes", f"{path} cannot be read: {error.strerror}"


def _faults_of_metadata(row: Any, stream: Any) -> Iterator[tuple[str, str]]:
    """Yield whether a wheel says something else inside than what is served beside it."""
    member = "-".join(row.filename.removesuffix(".whl").split("-")[:2]) + ".dist-info/METADATA"
    try:
        with zipfile.ZipFile(stream) as archive:
            inside = archive.read(member)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, NotImplementedError) as error:
        yield "metadata", f"{member} cannot be read in the wheel: {error}"
        return
    if inside != row.metadata_file:
        yield "metadata", f"expected {member} beside it as it is in the wheel, they differ"


def _orphans(
    records: Records,
    folder: Folder,
    unknown: Sequence[str],
    stored: dict[str, os.stat_result],
    *,
    fix: bool,
) -> Iterator[Orphan]:
    """Yield what nothing refers to while nobody writes, and remove it if asked to."""
    if not unknown:
        return
    with records.writing() as book:
        for digest in unknown:
            if book.is_kept(digest):
                continue
            if fix:
                folder.remove(digest)
            yield Orphan(blake2b_256=digest, size=stored[digest].st_size, removed=fix)


def _sha256(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()
