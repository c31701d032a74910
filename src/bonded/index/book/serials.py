"""Up to where a project, or the index, has changed: the one question that every read of a page asks.

On SQLite a connection of its own asks it in some microseconds, less than handing it to a thread costs, so it is asked
where the request is answered. It only reads, one row by its key, and ends its look at once: it holds up no writer, and
none holds it up. A database on the other side of a socket is asked in a thread.

Before that comes a shorter question: has anybody, in this process or another, committed anything since the last look
(`PRAGMA data_version`)? What held then holds still. Requests that are answered in one turn of the event loop share that
look. They may: whatever runs before `_look_again`, which is put in line at the look itself, was in line before it, so
its request was here before it, and all that had been committed when the request was sent has been seen.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.databases import Prepared
from bonded.index.book.listing import Listing

__all__ = ["BookSerials", "FileSerials"]

_BUSY_SECONDS = 1.0

_PROJECT = select(tables.project.c.serial).where(tables.project.c.name == bindparam("project"))
_INDEX = select(func.max(tables.event.c.id))
"""The number of the last event: whatever changes a page writes one. The last of a primary key is found at once."""

_GENERATION = "PRAGMA data_version"


class FileSerials:
    """Serials in a book of SQLite, asked without leaving the thread; `close` lets go of the file."""

    def __init__(self, path: Path) -> None:
        """Open a book that is there already."""
        self._connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        dialect = SQLiteDialect_pysqlite(paramstyle="qmark")
        self._project, self._index = (
            str(query.compile(dialect=dialect)) for query in (_PROJECT, _INDEX)
        )
        self._lock = threading.Lock()
        self._look: tuple[asyncio.AbstractEventLoop, int] | None = None

    def of(self, name: ProjectName) -> int | None:
        """Return the serial of a project; None where there is no such project."""
        rows = self._rows(self._project, name)
        return int(rows[0][0]) if rows else None

    def index(self) -> int:
        """Return the serial of the whole index."""
        return int(self._rows(self._index)[0][0] or 0)

    def generation(self) -> int:
        """Return a number that changes whenever anything was committed; to be asked on an event loop."""
        loop = asyncio.get_running_loop()
        if self._look is None or self._look[0] is not loop:
            self._look = loop, int(self._rows(_GENERATION)[0][0])
            loop.call_soon(self._look_again)
        return self._look[1]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _look_again(self) -> None:
        self._look = None

    def _rows(self, text: str, *values: str) -> Sequence[Any]:
        with self._lock:
            return self._connection.execute(text, values).fetchall()


class BookSerials:
    """Serials in any book, asked in a transaction that `reading` gives."""

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

    def generation(self) -> None:
        """There is no quick way to tell whether anything has changed."""

    def close(self) -> None:
        """There is nothing of its own to let go of."""
