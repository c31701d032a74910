"""The index's book in SQLite: one file, one writer at a time, any number of readers.

Writers are serialised by a lock in this process and by `BEGIN IMMEDIATE` between processes, so a transaction that has
begun to write cannot fail half-way for want of the lock, and what a check saw inside it is still true at the commit.
The unique constraints stand behind the checks, never in place of them.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from bonded.index import tables
from bonded.index.entries import Entries

__all__ = ["Records"]

_BUSY_SECONDS = 30


class Records:
    """The book of one index; `close` lets go of the file."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._engine = _engine(path, durable=durable)
        with self._lock, self._engine.connect() as connection:
            tables.schema.create_all(connection)
            connection.commit()

    @contextmanager
    def reading(self) -> Iterator[Entries]:
        """Look at the book as it is now; the look stays the same while the block lasts."""
        with self._engine.connect() as connection:
            yield Entries(connection)

    @contextmanager
    def writing(self) -> Iterator[Entries]:
        """Change the book: everything at the end of the block, nothing when it raises."""
        with self._lock, self._engine.connect() as connection:
            connection.execution_options(bonded_begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield Entries(connection)

    def close(self) -> None:
        """Close every connection; nobody may be reading."""
        self._engine.dispose()


def _engine(path: Path, *, durable: bool) -> Engine:
    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        poolclass=QueuePool,
        pool_size=40,
        connect_args={"check_same_thread": False, "timeout": _BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def opened(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = (
            None  # transactions begin where we say, not where the driver guesses
        )
        for pragma in (
            "journal_mode = WAL",
            "foreign_keys = ON",
            f"synchronous = {'FULL' if durable else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        how = connection.get_execution_options().get("bonded_begin", "BEGIN")
        connection.exec_driver_sql(how)

    return engine
