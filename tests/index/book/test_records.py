"""The book on both databases: whole transactions, one writer at a time, and no book of another version."""

import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError

from bonded.dists.names import ProjectName
from bonded.errors import RemoteError, UsageError
from bonded.index.book import tables
from bonded.index.book.databases import telling
from bonded.index.book.entries import Entries
from bonded.index.book.records import OtherVersion, Records
from books import KINDS, new_database, opened, place

P = ProjectName("p")
both = pytest.mark.parametrize("kind", KINDS)


def tags(records: Records) -> list[str]:
    """Return the tags of all events."""
    with records.reading() as book:
        return list(book.connection.execute(select(tables.event.c.tag)).scalars())


class Broken(Exception):
    """Something that goes wrong in the middle."""


def lose(change: Callable[[], AbstractContextManager[Entries]]) -> None:
    """Write an event down, and break."""
    with change() as book:
        book.event(1.0, "lost", "x", {})
        raise Broken


@both
def test_a_change_is_whole(kind: str, tmp_path: Path) -> None:
    """What a block that raises has written is not there; the next change is not disturbed."""
    with opened(place(kind, tmp_path)) as (records, _):
        with pytest.raises(Broken):
            lose(records.writing)
        with records.writing() as book:
            book.event(2.0, "kept", "x", {})

        assert tags(records) == ["kept"]


@both
def test_a_look_stays_the_same(kind: str, tmp_path: Path) -> None:
    """Whoever reads sees one state of the book from the first question to the last."""
    with opened(place(kind, tmp_path)) as (records, _), records.reading() as before:
        query = select(tables.event.c.tag)
        first = before.connection.execute(query).all()
        with records.writing() as book:
            book.event(1.0, "new", "x", {})

        assert (before.connection.execute(query).all(), first) == ([], [])
        assert tags(records) == ["new"]


@both
def test_writers_take_turns(kind: str, tmp_path: Path) -> None:
    """What a writer has read is still true when it commits, also against writers with a connection of their own."""
    where = place(kind, tmp_path)
    with opened(where) as (records, _), opened(where) as (others, _):
        with records.writing() as book:
            book.create_project(P, "p", 0.0)

        def add(to: Records) -> None:
            for _ in range(10):
                with to.writing() as book:
                    project = book.project(P)
                    assert project is not None
                    book.touch(project.name, project.serial + 1)

        threads = [threading.Thread(target=add, args=[to]) for to in (records, others) * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with records.reading() as book:
            project = book.project(P)
            assert project is not None

            assert project.serial == 41


@both
def test_changes_that_wait_together_succeed_and_fail_alone(kind: str, tmp_path: Path) -> None:
    """Of small changes that share a commit, one that fails takes back its own work only, and is told so."""
    outcomes: dict[int, object] = {}
    with opened(place(kind, tmp_path)) as (records, _):

        def ask(number: int) -> None:
            def work(book: Entries) -> int:
                book.event(0.0, str(number), "x", {})
                if number % 3 == 0:
                    raise Broken
                return number

            try:
                outcomes[number] = records.together(work)
            except Broken:
                outcomes[number] = "broken"

        threads = [threading.Thread(target=ask, args=[number]) for number in range(12)]
        with records.writing():
            for thread in threads:
                thread.start()
            while len(records._jobs) < 12:
                threading.Event().wait(0.001)
        for thread in threads:
            thread.join()

        assert outcomes == {n: "broken" if n % 3 == 0 else n for n in range(12)}
        assert sorted(map(int, tags(records))) == [n for n in range(12) if n % 3]


def test_where_a_database_ends_a_transaction_by_itself_all_are_told(tmp_path: Path) -> None:
    """SQLite undoes everything where the disk fails: then nobody is told that their change has happened."""
    outcomes: dict[int, str] = {}
    with opened(place("sqlite", tmp_path)) as (records, _):
        with records.writing() as book:
            when = "CREATE TRIGGER full AFTER INSERT ON event WHEN NEW.tag = '2' BEGIN"
            book.connection.execute(text(f"{when} SELECT RAISE(ROLLBACK, 'full'); END"))

        def ask(number: int) -> None:
            def work(book: Entries) -> None:
                book.event(0.0, str(number), "x", {})

            try:
                records.together(work)
            except sqlite3.Error:
                outcomes[number] = "told"
            else:
                outcomes[number] = "done"

        with records.writing():
            threads = [threading.Thread(target=ask, args=[number]) for number in range(5)]
            for count, thread in enumerate(threads, start=1):
                thread.start()
                while len(records._jobs) < count:
                    threading.Event().wait(0.001)
        for thread in threads:
            thread.join()

        assert outcomes == dict.fromkeys(range(5), "told")
        assert tags(records) == []
        records.together(lambda book: book.event(0.0, "after", "x", {}))
        assert tags(records) == ["after"]


@both
def test_who_waits_for_a_commit_that_fails_is_told(kind: str, tmp_path: Path) -> None:
    """A change whose commit fails has not happened, and raises."""
    with opened(place(kind, tmp_path)) as (records, _):

        def work(book: Entries) -> None:
            book.event(0.0, "lost", "x", {})
            raise Broken

        with pytest.raises(Broken):
            records.together(work)

        assert tags(records) == []


@both
@pytest.mark.parametrize(("version", "age"), [(1, "older"), (99, "newer")])
def test_a_book_of_another_version_is_refused(
    kind: str, version: int, age: str, tmp_path: Path
) -> None:
    """Nothing is read or changed in a book that an older or newer bonded keeps in another way."""
    where = place(kind, tmp_path)
    with opened(where) as (records, _), records.writing() as book:
        book.connection.execute(update(tables.book).values(version=version))

    with pytest.raises(OtherVersion, match=f"version {version}, {age} than"):
        Records(where)


def test_a_book_without_a_version_is_the_first(tmp_path: Path) -> None:
    """The first books had no version written in them."""
    where = place("sqlite", tmp_path)
    with opened(where) as (records, _), records.writing() as book:
        tables.book.drop(book.connection)

    with pytest.raises(OtherVersion, match="version 1, older"):
        Records(where)


@both
def test_a_book_that_lacks_a_table_is_refused(kind: str, tmp_path: Path) -> None:
    """A book of this version that was made in another way is told, before anything is asked of it."""
    where = place(kind, tmp_path)
    with opened(where) as (records, _), records.writing() as book:
        tables.data_folder.drop(book.connection)

    with pytest.raises(OtherVersion, match="it lacks data_folder"):
        Records(where)


@both
def test_a_book_belongs_to_one_folder(kind: str, tmp_path: Path) -> None:
    """The first folder that has an id is written down, and stays."""
    with opened(place(kind, tmp_path)) as (records, _):
        asked = [records.belongs_to(folder) for folder in ("", "first", "second", "")]

    assert asked == ["", "first", "first", "first"]


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root:secret@localhost/x",
        "nonsense secret",
        "sqlite:///secret",
        "",
        "postgresql://u:secret@h:x/d",
    ],
)
def test_a_place_that_is_no_database_is_refused(url: str) -> None:
    """Only PostgreSQL is given by its address; what was given is not repeated, for it may hold a password."""
    with pytest.raises(UsageError) as raised:
        Records(url)

    assert "secret" not in str(raised.value)


def test_without_its_driver_postgresql_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver of PostgreSQL is an extra."""
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)

    with pytest.raises(UsageError, match="psycopg") as raised:
        Records("postgresql://localhost/x")

    assert "bonded[postgresql]" in raised.value.hint


def test_a_database_may_restart() -> None:
    """Connections that the database has closed meanwhile are replaced without anybody noticing."""
    import psycopg

    where = new_database()
    with opened(where) as (records, _):
        with records.reading(), records.reading():
            """Two connections are open."""
        with psycopg.connect(where, autocommit=True) as own:
            own.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with records.writing() as book:
            book.event(0.0, "again", "x", {})

        assert tags(records) == ["again"]


def test_a_server_that_says_nothing_is_given_up() -> None:
    """What accepts a connection and never answers does not hold whoever asks."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(RemoteError, match=r"cannot be used: .*timeout"):
            Records(f"postgresql://u@127.0.0.1:{port}/x?connect_timeout=1&sslmode=disable")


def test_a_statement_ends_in_time() -> None:
    """A statement has a minute, unless whoever runs the database says otherwise."""
    where, bounds = new_database(), []
    set_here = "ALTER DATABASE {} SET statement_timeout = '7s'"
    for _ in range(2):
        with opened(where) as (records, _), records.writing() as book:
            ask = text("SELECT current_setting('statement_timeout'), current_database()")
            bound, name = book.connection.execute(ask).one()
            bounds.append(bound)
            book.connection.execute(text(set_here.format(name)))

    assert bounds == ["1min", "7s"]


@both
def test_a_durable_book_keeps_the_same(kind: str, tmp_path: Path) -> None:
    """Waiting for the disk changes nothing but the time; the book is there when it is opened again."""
    where = place(kind, tmp_path)
    with opened(where, durable=True) as (records, _), records.writing() as book:
        book.connection.execute(
            insert(tables.filename_log).values(filename="x", blake2b_256="0" * 64)
        )
    with opened(where) as (records, _), records.reading() as book:
        assert book.connection.execute(select(tables.filename_log)).all() == [("x", "0" * 64, None)]


@pytest.mark.parametrize("raw", [bytes(range(256)) * 40, b"SQLite format 3\0" + bytes(9000)])
def test_a_file_that_is_no_book_is_said(tmp_path: Path, raw: bytes) -> None:
    """A broken file is the owner's to put back, not a bug to report."""
    path = tmp_path / "index.sqlite"
    path.write_bytes(raw)

    with pytest.raises(UsageError, match=r"index\.sqlite cannot be used: ") as raised:
        Records(path)

    assert "copy of the data folder" in raised.value.hint


def test_a_server_that_is_away_is_said() -> None:
    """A database that does not answer is an error of the network; its password is not repeated."""
    with pytest.raises(RemoteError, match="the index's database cannot be used: ") as raised:
        Records("postgresql://u:secret@127.0.0.1:1/x")

    assert "secret" not in str(raised.value) + raised.value.hint
    assert "\n" not in raised.value.message


def test_our_own_mistakes_stay_bugs(tmp_path: Path) -> None:
    """What a statement did wrong is not the owner's fault."""
    with opened(tmp_path / "book") as (records, _):
        again = insert(tables.book).values(version=tables.VERSION)
        with (
            pytest.raises(IntegrityError),
            telling(tmp_path / "book"),
            records.writing() as book,
        ):
            book.connection.execute(again)


@both
def test_a_note_is_there_at_once_and_the_next_change_is_durable(kind: str, tmp_path: Path) -> None:
    """What is noted does not wait for the disk, is whole all the same, and leaves no trace on its connection."""
    where = place(kind, tmp_path)
    asked = "PRAGMA synchronous" if kind == "sqlite" else "SHOW synchronous_commit"
    told: list[object] = []
    with opened(where, durable=True) as (records, _), opened(where) as (others, _):
        for change in (records.writing, records.noting, records.writing):
            with change() as book:
                book.event(1.0, "x", "x", {})
                told.append(book.connection.exec_driver_sql(asked).scalar())
        with pytest.raises(Broken):
            lose(records.noting)

        assert tags(others) == ["x"] * 3
        assert told == ([2, 1, 2] if kind == "sqlite" else ["on", "off", "on"])


def test_a_refusal_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    """Anybody can be refused; what that writes down is a note."""
    from bonded.index.book.databases import Connections, Purpose
    from index_world import wheel_offer, world

    purposes: list[Purpose] = []
    transaction = Connections.transaction
    with world(tmp_path, durable=True) as stage, pytest.MonkeyPatch.context() as patched:

        def noticed(self: Connections, purpose: Purpose) -> object:
            purposes.append(purpose)
            return transaction(self, purpose)

        patched.setattr(Connections, "transaction", noticed)
        assert stage.upload(wheel_offer(), token="bonded-" + "x" * 43).status_code == 403

        assert purposes == [Purpose.READ, Purpose.READ, Purpose.NOTE]
