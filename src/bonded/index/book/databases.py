"""The two databases under the index's book, and how each is told that a transaction reads or writes.

Transactions begin where we say, not where a driver guesses. Statements that are asked for a thousand times a second are
made into text once (`Prepared`) and given to the driver itself: what SQLAlchemy does for each execution is worth its
time everywhere else.
"""

import sys
import threading
from collections import deque, namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.sql import ClauseElement

from bonded.errors import RemoteError, UsageError

__all__ = ["Connections", "Mark", "Prepared", "Purpose", "open_database", "telling", "troubles"]

_BUSY_SECONDS = 30
_CHECKPOINT_PAGES = 4000
"""Pages of the log after which they are moved to the file; more at once move pages that change often less often."""

_BOUNDS = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""After how long a PostgreSQL that does not answer is given up, where the address does not say so.

libpq's parameters, in seconds, the last in milliseconds. A machine that is gone is found out within a minute.
"""

_STATEMENT_TIMEOUT = """\
SELECT set_config('statement_timeout', '60s', false) WHERE current_setting('statement_timeout') = '0'
"""
"""No statement takes a minute, waiting for other writers included; what the database's owner has set counts."""

_WRITERS_LOCK = 0x626F6E646564
"""The number of the lock that writers hold on PostgreSQL: "bonded" in ASCII."""


class Prepared:
    """A statement whose text is made once for each kind of database.

    `columns` are those that an insert sets. Values are given as the driver takes them.
    """

    def __init__(self, statement: ClauseElement, *, columns: Sequence[str] = ()) -> None:
        self._statement = statement
        self._columns = list(columns) or None
        self._made: dict[str, tuple[str, dict[str, object]]] = {}
        self._row: Callable[[Sequence[Any]], Any] | None = None

    def rows(self, connection: Connection, values: Mapping[str, object]) -> Sequence[Any]:
        """Run a statement that returns rows, and return them all as tuples with the names of their columns."""
        cursor = self._run(connection, values)
        if self._row is None:
            self._row = _named([column[0] for column in cursor.description])
        rows = [self._row(row) for row in cursor.fetchall()]
        cursor.close()
        return rows

    def count(self, connection: Connection, values: Mapping[str, object]) -> int:
        """Run a statement that changes rows, and return how many."""
        cursor = self._run(connection, values)
        count: int = cursor.rowcount
        cursor.close()
        return count

    def _run(self, connection: Connection, values: Mapping[str, object]) -> Any:
        dialect = connection.dialect
        made = self._made.get(dialect.name)
        if made is None:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
            constants = {name: one for name, one in compiled.params.items() if one is not None}
            made = self._made[dialect.name] = str(compiled), constants
        text, constants = made
        driver: Any = connection.connection.driver_connection
        return driver.execute(text, {**constants, **values} if constants else values)


def _named(columns: Sequence[str]) -> Callable[[Sequence[Any]], Any]:
    """Return what gives the values of a row the names of their columns."""
    row = namedtuple("Row", columns)  # type: ignore[misc]  # noqa: PYI024 - its fields are known when the statement ran
    return row._make


class Purpose(Enum):
    """What a transaction is for.

    `NOTE` is a change that may be lost when the power goes: it is there at once for whoever looks, whatever becomes of
    this process, but its commit does not wait for the disk.
    """

    READ = "read"
    WRITE = "write"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Frame:
    """The statements that begin a transaction, and those that are run when it is over."""

    before: tuple[str, ...]
    after: tuple[str, ...] = ()


class Connections:
    """Connections to one database, kept open, and lent for one transaction each.

    `framing` has the statements around a transaction of each kind. At most `size` are lent at once, any number
    for if it is 0.
    """

    def __init__(
        self, engine: Engine, framing: "Mapping[Purpose, Frame]", *, size: int = 0
    ) -> None:
        self._engine = engine
        self._framing = framing
        self._idle: deque[Connection] = deque()
        self._places = threading.BoundedSemaphore(size) if size else None

    @contextmanager
    def transaction(self, purpose: "Purpose") -> Iterator[Connection]:
        """Lend a connection in a new transaction, which is committed at the end, or taken back if the block raises."""
        frame = self._framing[purpose]
        if self._places is not None:
            self._places.acquire()
        try:
            connection = self._begun(frame.before)
            try:
                yield connection
                # SQLAlchemy takes no notice of what was given to the driver itself.
                (connection if connection.in_transaction() else connection.connection).commit()
                for statement in frame.after:
                    connection.connection.driver_connection.execute(statement)  # type: ignore[union-attr]  # it is open
            except BaseException:
                # Whatever happened to it, it begins anew; to close it takes everything back.
                connection.close()
                raise
            self._idle.append(connection)
        finally:
            if self._places is not None:
                self._places.release()

    def close(self) -> None:
        """Close every connection that is not lent."""
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()

    def _begun(self, statements: Sequence[str]) -> Connection:
        """Return a connection whose transaction has begun; those that the database has closed meanwhile are let go."""
        while True:
            try:
                connection, is_new = self._idle.pop(), False
            except IndexError:
                connection, is_new = self._engine.connect(), True
            driver: Any = connection.connection.driver_connection
            try:
                for statement in statements:
                    driver.execute(statement)
            except Exception as error:
                connection.invalidate()
                connection.close()
                if is_new or not self._engine.dialect.is_disconnect(error, driver, None):  # type: ignore[arg-type]  # the driver's own
                    raise
            else:
                return connection


class Mark:
    """A place in a transaction up to which can be taken back what was done after it.

    Given to the driver itself: many small changes share a transaction, and each has one.
    """

    def __init__(self, connection: Connection) -> None:
        """Set the mark."""
        driver: Any = connection.connection.driver_connection
        driver.execute("SAVEPOINT mark")
        self._driver = driver

    def release(self) -> None:
        """Let what was done be part of the transaction; raises what the driver raises where that is over."""
        self._driver.execute("RELEASE SAVEPOINT mark")

    def take_back(self) -> None:
        """Undo what was done since; raises what the driver raises where the whole transaction is undone already.

        SQLite does that by itself where the disk is full or broken.
        """
        self._driver.execute("ROLLBACK TO SAVEPOINT mark")
        self.release()


@contextmanager
def telling(place: Path | str) -> Iterator[None]:
    """Tell the owner of a database why it cannot be worked with, where that is not our doing.

    Raises UsageError for a file, RemoteError for a server, in place of what the driver raised. The address of a server
    is not repeated, for it may hold a password.
    """
    try:
        yield
    except Exception as error:
        reason = _reason(error)
        if reason is None:
            raise
        if isinstance(place, Path):
            raise UsageError(
                f"the index's book {place} cannot be used: {reason}",
                hint="put back a copy of the data folder that is whole, or look to the disk and who may write there",
            ) from error
        raise RemoteError(
            f"the index's database cannot be used: {reason}",
            hint="is the server up, and is the url under [database] its address?",
        ) from error


def troubles() -> tuple[type[Exception], ...]:
    """Return what is raised where a database cannot do its work now: a full disk, a lock held too long, no connection.

    It says nothing about the request, which may be made again. To be asked once the database is open.
    """
    drivers = [driver for name in ("sqlite3", "psycopg") if (driver := sys.modules.get(name))]
    return (OperationalError, *(driver.OperationalError for driver in drivers))


def _reason(error: Exception) -> str | None:
    """Return what a driver said of a database that is broken, closed or out of reach; None for other errors."""
    told = error.orig if isinstance(error, DBAPIError) else error
    # The names of PEP 249; what is under them is about one statement, and so about us.
    drivers = [driver for name in ("sqlite3", "psycopg") if (driver := sys.modules.get(name))]
    for driver in drivers:
        if isinstance(told, driver.OperationalError) or type(told) is driver.DatabaseError:
            return " ".join(str(told).split())
    return None


def open_database(place: Path | str, *, durable: bool) -> Connections:
    """Return connections to a file of SQLite or to the database of a URL; raises UsageError if it cannot be."""
    if isinstance(place, Path):
        place.parent.mkdir(parents=True, exist_ok=True)
        return _sqlite(f"sqlite+pysqlite:///{place}", durable=durable)
    try:
        url = make_url(place)
        kind = url.get_backend_name()
        if kind == "postgresql":
            return _postgresql(url.set(drivername="postgresql+psycopg"), durable=durable)
    except ModuleNotFoundError:
        raise UsageError(
            "PostgreSQL needs the driver psycopg",
            hint="Install it with: pip install 'bonded[postgresql]'",
        ) from None
    except (ArgumentError, ValueError):
        kind = "unknown"
    raise UsageError(
        f"a database is given as postgresql://USER:PASSWORD@HOST/NAME, not as one of the kind {kind!r}",
        hint="Without one, the index keeps its book in a file in its data folder.",
    )


def _sqlite(url: str, *, durable: bool) -> Connections:
    engine = create_engine(
        url,
        poolclass=NullPool,
        paramstyle="named",
        connect_args={"check_same_thread": False, "timeout": _BUSY_SECONDS},
    )
    pragmas = (
        "journal_mode = WAL",
        "foreign_keys = ON",
        f"synchronous = {'FULL' if durable else 'OFF'}",
        f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
    )

    @event.listens_for(engine, "connect")
    def opened(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    write = "BEGIN IMMEDIATE"
    # In this mode the log is written but not waited for: the book stays whole, a power cut may take its end.
    lax, strict = "PRAGMA synchronous = NORMAL", "PRAGMA synchronous = FULL"
    framing = {
        Purpose.READ: Frame(("BEGIN",)),
        Purpose.WRITE: Frame((write,)),
        Purpose.NOTE: Frame((lax, write), (strict,)) if durable else Frame((write,)),
    }
    return Connections(engine, framing)


def _postgresql(url: URL, *, durable: bool) -> Connections:
    bounds = {name: one for name, one in _BOUNDS.items() if name not in url.query}
    engine = create_engine(url, poolclass=NullPool, connect_args=bounds)

    @event.listens_for(engine, "connect")
    def opened(connection: Any, _record: object) -> None:
        connection.execute(f"SET synchronous_commit = {'on' if durable else 'off'}")
        connection.execute(_STATEMENT_TIMEOUT)
        connection.commit()

    # At the default level each statement sees what the writer before has committed.
    write = f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})"
    framing = {
        Purpose.READ: Frame(("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",)),
        Purpose.WRITE: Frame((write,)),
        Purpose.NOTE: Frame((write, "SET LOCAL synchronous_commit = off")),
    }
    return Connections(engine, framing, size=10)
