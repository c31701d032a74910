"""An index full of projects, written straight into its book: what `reads.py` and `scale.py` measure on."""

import hashlib
import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bonded.index.blobs import Folder
from bonded.index.book import tables
from bonded.index.book.records import Records
from bonded.index.running.data_folder import BOOK, Served, make_folder, write_served

NOW = 1_800_000_000.0
_BATCH = 20_000
_COLUMNS = {
    "project": "id name display alike status reason size serial",
    "event": "id at tag subject details",
    "release": "id project_id version canonical created metadata",
    "file": "id release_id filename packagetype python_version size md5 sha256 blake2b_256"
    " requires_python metadata_sha256 uploaded comment",
    "filename_log": "filename blake2b_256",
}

_Rows = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """A project to be, and its files: each a version, a name, and its bytes, or only how many they would be."""

    name: str
    files: Sequence[tuple[str, str, bytes | int]]


def releases(name: str, count: int, data: Callable[[str], bytes | int]) -> Stock:
    """Return a project of `count` releases of one wheel each; `data` gives the bytes of a file by its name."""
    stem = name.replace("-", "_")
    names = [(f"1.{number}", f"{stem}-1.{number}-py3-none-any.whl") for number in range(count)]
    return Stock(name=name, files=[(version, one, data(one)) for version, one in names])


def fill(data: Path, stocks: Iterable[Stock]) -> None:
    """Make an index in a folder that has these projects; files with bytes are put where they are served from."""
    make_folder(data)
    write_served(data, Served(audience="bench"))
    Records(data / BOOK, durable=False).close()
    connection = sqlite3.connect(data / BOOK, isolation_level=None)
    # All or nothing is enough here: a half-made index is made anew.
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -500000")
    # Indexes are made when all rows are there: in order, and so ten times as fast.
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    indexes = connection.execute(query).fetchall()
    connection.execute("BEGIN")
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    ids = itertools.count(1)
    coming = iter(stocks)
    while batch := list(itertools.islice(coming, _BATCH)):
        for table, rows in _rows(data, batch, ids).items():
            connection.executemany(_statement(table), rows)
    for _, statement in indexes:
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def _statement(table: str) -> str:
    """Return the text that inserts a row; what the index has a default for gets it."""
    columns = _COLUMNS[table].split()
    defaults: list[object] = []
    for column in tables.schema.tables[table].columns:
        if column.default is not None and column.name not in columns:
            defaults.append(column.default.arg)  # type: ignore[attr-defined]  # all of them are constants
            columns.append(column.name)
    marks = ["?"] * (len(columns) - len(defaults)) + [repr(one) for one in defaults]
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(marks)})"


def _rows(data: Path, stocks: Sequence[Stock], ids: Iterator[int]) -> _Rows:
    rows: _Rows = {table: [] for table in _COLUMNS}
    for stock in stocks:
        project = next(ids)
        name = stock.name
        rows["project"].append((project, name, name, name, "active", "", 0, project))
        rows["event"].append((project, NOW, "file:add", name, "{}"))
        for version, filename, content in stock.files:
            own = next(ids)
            rows["release"].append((own, project, version, version, NOW, "{}"))
            md5, sha256, blake2b, size = _stored(data, filename, content)
            more = (size, md5, sha256, blake2b, ">=3.9", sha256, NOW, "")
            rows["file"].append((own, own, filename, "bdist_wheel", "py3", *more))
            rows["filename_log"].append((filename, blake2b))
    return rows


def _stored(data: Path, filename: str, content: bytes | int) -> tuple[str, str, str, int]:
    """Return the digests and the size of a file, and put it into its place if it has bytes."""
    body = filename.encode() if isinstance(content, int) else content
    sha256 = hashlib.sha256(body).hexdigest()
    if isinstance(content, int):
        return sha256[:32], sha256, sha256[::-1], content
    blake2b = hashlib.blake2b(body, digest_size=32).hexdigest()
    path = Folder(data / "files").path(blake2b)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return hashlib.md5(body).hexdigest(), sha256, blake2b, len(body)
