"""Up to where a project, or the index, has changed: the one question that every read of a page asks.

On SQLite a connection of its own asks it in some microseconds, less than handing it to a thread costs, so it is asked
where the request is answered. It only reads, one row by its key, and ends its look at once: it holds up no writer, and
none holds it up. A database on the other side of a socket is asked in a thread.

`PRAGMA data_version` would tell whether anything at all has changed since the last look. It costs nearly as much as the
row itself (measured: 2.8 to 4.7 microseconds, the row 3.8 to 8), and an index that is written to would ask both.
"""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import bindparam, func, select

from bonded.dists.names import ProjectName
from bonded.index import tables
from bonded.index.databases import Prepared
from bonded.index.listing import Listing

__all__ = ["BookSerials", "FileSerials"]

_MAPPED = 1 << 30
"""Bytes of the file that are read in place, so that an index of any size is looked up without copying its pages."""

_BUSY_SECONDS = 1.0

_PROJECT = select(tables.project.c.serial).where(tables.project.c.name == bindparam("project"))
_INDEX = select(func.max(tables.event.c.id))
"""The number of the last event: whatever changes a page writes one. The last of a primary key is found at once."""


class FileSerials:
    """Serials in a book of SQLite, asked without leaving the thread; `close` lets go of the file."""

    is_quick = True

    def __init__(self, path: Path) -> None:
        """Open a book that is there already."""
        self._connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        self._connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
        self._project, self._index = str(_PROJECT.compile()), str(_INDEX.compile())

    def of(self, name: ProjectName) -> int | None:
        """Return the serial of a project; None where there is no such project."""
        rows = self._connection.execute(self._project, {"project": name}).fetchall()
        return int(rows[0][0]) if rows else None

    def index(self) -> int:
        """Return the serial of the whole index."""
        return int(self._connection.execute(self._index).fetchall()[0][0] or 0)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class BookSerials:
    """Serials in any book, asked in a transaction that `reading` gives."""

    is_quick = False

    def __init__(self, reading: Callable[[], AbstractContextManager[Listing]]) -> None:
        self._reading = reading
        self._project = Prepared(_PROJECT)

    def of(self, name: ProjectName) -> int | None:
        """Return the serial of a project; None where there is no such project."""
        with self._reading() as book:
            rows = self._project.rows(book.connection, {"project": name})
        return int(rows[0][0]) if rows else None

    def index(self) -> int:
        """Return the serial of the whole index."""
        with self._reading() as book:
            return book.serial()

    def close(self) -> None:
        """There is nothing of its own to let go of."""
