"""The index's book: a file of SQLite, or a database of PostgreSQL for indexes of several servers.

One writer at a time, any number of readers. Writers are serialised by a lock in this process, and between processes by
`BEGIN IMMEDIATE` on SQLite and by a lock that lasts as long as the transaction on PostgreSQL. So a transaction that has
begun to write cannot fail half-way for want of the lock, and what a check saw inside it is still true at the commit.
The unique constraints stand behind the checks, never in place of them.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, insert, inspect, select

from bonded.errors import UsageError
from bonded.index.book import tables
from bonded.index.book.databases import Mark, Purpose, open_database, telling
from bonded.index.book.entries import Entries

__all__ = ["OtherVersion", "Records"]

_OTHER_HINT = "Run the bonded that wrote it, or begin with an empty folder or database."

Result = TypeVar("Result")


class OtherVersion(UsageError):
    """The book was written by a bonded that keeps it in another way."""


class Records:
    """The book of one index; `close` lets go of it.

    `place` is the path of a file of SQLite, made if it is new, or the address of a database (an SQLAlchemy URL).
    `durable` makes every commit wait for the disk. `is_near` tells whether a short look takes less time than another
    thread takes to wake up. Raises UsageError if there is no such database, or a book of another version in it,
    RemoteError if its server cannot be had.
    """

    def __init__(self, place: Path | str, *, durable: bool = True) -> None:
        self.is_near = isinstance(place, Path)
        self._lock = threading.Lock()
        self._jobs: deque[_Job[Any]] = deque()
        self._connections = open_database(place, durable=durable)
        try:
            with telling(place), self.writing() as book:
                _prepare(book.connection)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Entries]:
        """Look at the book as it is now; the look stays the same while the block lasts."""
        with self._connections.transaction(Purpose.READ) as connection:
            yield Entries(connection)

    @contextmanager
    def writing(self) -> Iterator[Entries]:
        """Change the book: everything at the end of the block, nothing when it raises."""
        with self._lock, self._connections.transaction(Purpose.WRITE) as connection:
            yield Entries(connection)

    @contextmanager
    def noting(self) -> Iterator[Entries]:
        """Change the book like `writing`, without waiting for the disk: a power cut may take the change back, whole.

        For what anybody can cause to be written, any number of times.
        """
        with self._lock, self._connections.transaction(Purpose.NOTE) as connection:
            yield Entries(connection)

    def together(self, work: Callable[[Entries], Result]) -> Result:
        """Do one small change, and return what it returns; those that wait at the same time share one commit.

        Each happens as a whole or not at all, whatever becomes of the others; none returns before the commit.
        """
        job = _Job(work)
        self._jobs.append(job)
        with self._lock:
            # Whoever held the lock before may have done this one along with its own.
            if not job.done:
                self._do([self._jobs.popleft() for _ in range(len(self._jobs))])
        return job.outcome()

    def belongs_to(self, folder: str) -> str:
        """Return the id of the data folder that has the book's files: the given one, where none is written down yet.

        An empty id is never written down.
        """
        with self.reading() as book:
            known = _folder_of(book)
        if known or not folder:
            return known
        with self.writing() as book:
            if not (known := _folder_of(book)):
                book.connection.execute(insert(tables.data_folder).values(id=folder))
                return folder
        return known

    def close(self) -> None:
        """Close every connection; nobody may be reading."""
        self._connections.close()

    def _do(self, jobs: "list[_Job[Any]]") -> None:
        try:
            with self._connections.transaction(Purpose.WRITE) as connection:
                for job in jobs:
                    job.run(Entries(connection), alone=len(jobs) == 1)
        except BaseException as error:
            for job in jobs:
                job.error = job.error or error
            raise
        finally:
            for job in jobs:
                job.done = True


@dataclass(slots=True, eq=False)
class _Job(Generic[Result]):
    """A change that waits for its turn, then its outcome."""

    work: Callable[[Entries], Result]
    done: bool = False
    result: Result | None = None
    error: BaseException | None = None

    def run(self, book: Entries, *, alone: bool) -> None:
        """Do the change inside the transaction; one that fails takes back what it did, and nothing else.

        Raises where the whole transaction is gone with it: what others have done in it has not happened either.
        """
        if alone:
            self.result = self.work(book)
            return
        mark = Mark(book.connection)
        try:
            self.result = self.work(book)
        except Exception as error:  # noqa: BLE001 - raised where the work was asked for
            mark.take_back()
            self.error = error
        else:
            mark.release()

    def outcome(self) -> Result:
        """Return what the work returned, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # it is done, so this is what the work returned


def _folder_of(book: Entries) -> str:
    return book.connection.execute(select(tables.data_folder.c.id)).scalar() or ""


def _prepare(connection: Connection) -> None:
    """Make the tables of a new book; refuse one that was made in another way."""
    names = inspect(connection).get_table_names()
    if not names:
        tables.schema.create_all(connection)
        connection.execute(insert(tables.book).values(version=tables.VERSION))
        return
    # The first books said nothing of their version.
    version = (
        connection.execute(select(tables.book.c.version)).scalar_one() if "book" in names else 1
    )
    if version != tables.VERSION:
        age = "newer" if version > tables.VERSION else "older"
        raise OtherVersion(
            f"the index's book is of version {version}, {age} than this bonded, which keeps version {tables.VERSION}",
            hint=_OTHER_HINT,
        )
    if lacking := sorted(tables.schema.tables.keys() - set(names)):
        raise OtherVersion(
            f"the index's book is of another bonded: it lacks {', '.join(lacking)}",
            hint=_OTHER_HINT,
        )
