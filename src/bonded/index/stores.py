"""Where an index keeps what it keeps: its book, and the folder of its files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bonded.errors import UsageError
from bonded.index.blobs import Folder
from bonded.index.book.databases import telling
from bonded.index.book.records import Records
from bonded.index.running.data_folder import BOOK, FILES, MARKER, last_served
from bonded.index.settings import Settings

__all__ = ["open_book", "open_folder", "open_stores", "place_of_book"]


def place_of_book(settings: Settings) -> Path | str:
    """Return the file of the book, or the address of its database."""
    return settings.database or settings.data / BOOK


def open_book(settings: Settings) -> Records:
    """Open the book, to be closed by the caller; raises UsageError where there could be two.

    A book in a database belongs to one data folder, the first that it is opened with; with another it is not opened.
    """
    if settings.database and (settings.data / BOOK).exists():
        raise UsageError(
            f"{settings.data} holds a book of its own, {BOOK}, so the database under [database] is not used",
            hint="nothing moves from one to the other: take [database] out, or begin with a new folder",
        )
    records = Records(place_of_book(settings), durable=settings.durable)
    if settings.database:
        try:
            with telling(settings.database):
                _check_folder(records, settings.data)
        except BaseException:
            records.close()
            raise
    return records


def _check_folder(records: Records, data: Path) -> None:
    """Hold the folder against the book in a database: an empty folder in its place would lose every file."""
    mine = last_served(data).folder
    its = records.belongs_to(mine)
    if its != mine:
        raise UsageError(
            f"{data} is not the folder of the files that the book in the database names",
            hint=f"is its disk mounted? Give the right folder, or put back a copy of its files and {MARKER}; "
            f'where only {MARKER} was lost, write "folder": "{its}" into it',
        )


def open_folder(settings: Settings) -> Folder:
    """Open the folder of the files, to be closed by the caller."""
    return Folder(settings.data / FILES, durable=settings.durable)


@contextmanager
def open_stores(settings: Settings) -> Iterator[tuple[Records, Folder]]:
    """Open both for work on them without a server; one may be serving them meanwhile."""
    with telling(place_of_book(settings)):
        records, folder = open_book(settings), open_folder(settings)
        try:
            yield records, folder
        finally:
            folder.close()
            records.close()
