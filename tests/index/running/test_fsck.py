"""`fsck` finds whatever is wrong with an index, and nothing else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, update

from bonded.index.blobs import Folder
from bonded.index.book import tables
from bonded.index.book.records import Records
from bonded.index.running.fsck import SHELVES, Findings, examine
from bonded.index.settings import Settings
from bonded.index.stores import open_stores
from bonded.minting.policy import Policy
from books import KINDS, new_database
from index_world import sdist_offer, wheel_offer, world

OFFERS = (wheel_offer(), sdist_offer(), wheel_offer(version="2.0"))
WHEEL = str(OFFERS[0].filename)


@contextmanager
def published(folder: Path, database: str | None = None) -> Iterator[tuple[Records, Folder]]:
    """Publish three files, and give the stores of the index."""
    with world(folder, database=database) as stage:
        for offer in OFFERS:
            assert stage.upload(offer).status_code == 200
    settings = Settings(
        name="x", mint=Policy(audience="x"), data=folder, database=database, durable=False
    )
    with open_stores(settings) as stores:
        yield stores


def digest(records: Records, filename: str = WHEEL) -> str:
    """Return the digest under which a file lies."""
    with records.reading() as book:
        file = book.file(filename)
        assert file is not None
        return file.digests.blake2b_256


def faults(found: Findings) -> list[tuple[str, str]]:
    """Return what is wrong, shortly."""
    return [(fault.subject, fault.check) for fault in found.violations]


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_index_is_whole(kind: str, tmp_path: Path) -> None:
    """On both databases everything is looked at, and nothing is wrong."""
    told: list[tuple[int, int]] = []
    database = new_database() if kind == "postgresql" else None
    with published(tmp_path / "index", database) as (records, folder):
        found = examine(records, folder, watch=lambda *so_far: told.append(so_far))

    assert (found.files, found.violations, found.orphans) == (3, (), ())
    assert found.bytes == sum(len(offer.data) for offer in OFFERS)
    assert [done for done, _ in told] == list(range(1, len(SHELVES) + 1))
    assert told[-1] == (len(SHELVES), 3)


def cut(path: Path) -> None:
    """Take the last byte away."""
    path.write_bytes(path.read_bytes()[:-1])


def turn(path: Path) -> None:
    """Change one byte."""
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)


def swap_for_folder(path: Path) -> None:
    """Put something there that cannot be read."""
    path.unlink()
    path.mkdir()


DIGESTS = ["md5", "sha256", "blake2b_256"]


@pytest.mark.parametrize(
    ("harm", "read", "checks"),
    [
        (Path.unlink, True, ["bytes"]),
        (Path.unlink, False, ["bytes"]),
        (swap_for_folder, True, ["bytes"]),
        (cut, False, ["size"]),
        (cut, True, ["size", *DIGESTS, "metadata"]),
        (turn, False, []),
        (turn, True, DIGESTS),
    ],
)
def test_what_happens_to_bytes(
    tmp_path: Path, harm: Callable[[Path], object], *, read: bool, checks: list[str]
) -> None:
    """Lost and cut files are found at a glance, changed ones when they are read; each is named."""
    with published(tmp_path / "index") as (records, folder):
        harm(folder.path(digest(records)))
        found = examine(records, folder, read=read)

    assert {subject for subject, _ in faults(found)} <= {WHEEL}
    assert [check for _, check in faults(found) if check in checks] == checks
    assert bool(faults(found)) == bool(checks)


def _grow(connection: Connection) -> None:
    connection.execute(update(tables.project).values(size=1))


def _forget_name(connection: Connection) -> None:
    connection.execute(delete(tables.filename_log).where(tables.filename_log.c.filename == WHEEL))


def _bury(connection: Connection) -> None:
    log = tables.filename_log
    connection.execute(update(log).where(log.c.filename == WHEEL).values(deleted=1.0))


def _lose_metadata(connection: Connection) -> None:
    connection.execute(delete(tables.beside))


def _bend_metadata(connection: Connection) -> None:
    connection.execute(update(tables.beside).values(metadata_file=b"Name: other\n"))


def _deny_metadata(connection: Connection) -> None:
    file = tables.file
    connection.execute(update(file).where(file.c.filename == WHEEL).values(metadata_sha256=None))


def _claim_proof(connection: Connection) -> None:
    file = tables.file
    connection.execute(update(file).where(file.c.filename == WHEEL).values(proof="{}"))


SECOND = str(OFFERS[2].filename)


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (_grow, {("greeter", "project_size")}),
        (_forget_name, {(WHEEL, "filename_log")}),
        (_bury, {(WHEEL, "filename_log")}),
        (_lose_metadata, {(WHEEL, "metadata"), (SECOND, "metadata")}),
        (_bend_metadata, {(WHEEL, "metadata"), (SECOND, "metadata")}),
        (_deny_metadata, {(WHEEL, "metadata")}),
        (_claim_proof, {(WHEEL, "provenance")}),
    ],
)
def test_what_happens_to_the_book(
    tmp_path: Path, harm: Callable[[Connection], None], expected: set[tuple[str, str]]
) -> None:
    """Whatever was changed by hand in the book is found, without reading a file."""
    with published(tmp_path / "index") as (records, folder):
        with records.writing() as book:
            harm(book.connection)
        found = examine(records, folder, read=False)

    assert set(faults(found)) == expected


def test_a_file_of_no_project_is_found(tmp_path: Path) -> None:
    """A release that belongs nowhere takes its files with it out of every list."""
    import sqlite3

    with published(tmp_path / "index") as (records, folder):
        with sqlite3.connect(tmp_path / "index" / "index.sqlite") as outside:
            outside.execute("UPDATE release SET project_id = 99 + id")
        outside.close()
        found = examine(records, folder)

    assert ("greeter", "project_size") in faults(found)
    assert {check for subject, check in faults(found) if subject == WHEEL} == {"project"}


def test_metadata_that_differs_inside_is_found(tmp_path: Path) -> None:
    """What is served beside a wheel is what is in it, whatever its own digest says."""
    import hashlib

    with published(tmp_path / "index") as (records, folder):
        with records.writing() as book:
            _bend_metadata(book.connection)
            sha256 = hashlib.sha256(b"Name: other\n").hexdigest()
            file = tables.file
            wheels = update(file).where(file.c.packagetype == "bdist_wheel")
            book.connection.execute(wheels.values(metadata_sha256=sha256))
        found = examine(records, folder)
        quick = examine(records, folder, read=False)

    assert set(faults(found)) == {(WHEEL, "metadata"), (SECOND, "metadata")}
    assert faults(quick) == []


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_without_a_file_are_told_and_given_back(kind: str, tmp_path: Path) -> None:
    """What a crash left is no fault; it is removed on demand, and nothing else with it."""
    database = new_database() if kind == "postgresql" else None
    with published(tmp_path / "index", database) as (records, folder):
        spool = folder.spool()
        spool.write(b"lost")
        lost = spool.finish().blake2b_256
        spool.keep()
        spool.discard()
        told, fixed, after = (examine(records, folder, fix=fix) for fix in (False, True, False))

    assert [(one.blake2b_256, one.size, one.removed) for one in told.orphans] == [(lost, 4, False)]
    assert [one.removed for one in fixed.orphans] == [True]
    assert (after.orphans, after.violations, after.files) == ((), (), 3)


def test_a_file_that_goes_meanwhile_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is deleted between two looks was on its way out; what is published meanwhile is no orphan."""
    with published(tmp_path / "index") as (records, folder):
        path = Folder.path

        def late(self: Folder, blake2b_256: str) -> Path:
            monkeypatch.setattr(Folder, "path", path)
            with records.writing() as book:
                for table in (tables.beside, tables.file):
                    book.connection.execute(delete(table))
                book.connection.execute(update(tables.project).values(size=0))
            for shelf in SHELVES:
                for digest, _ in folder.blobs(shelf):
                    folder.remove(digest)
            return path(self, blake2b_256)

        monkeypatch.setattr(Folder, "path", late)
        found = examine(records, folder)

    assert found.violations == ()
