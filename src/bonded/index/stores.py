"""Where an index keeps what it keeps: its book, and the folder of its files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bonded.errors import UsageError
from bonded.index.blobs import Folder
from bonded.index.book.databases import telling
from bonded.index.book.records import Records
from bonded.index.running.data_folder import BOOK
from bonded.index.settings import Settings

__all__ = ["open_book", "open_folder", "open_stores", "place_of_book"]


def place_of_book(settings: Settings) -> Path | str:
    """Return the file of the book, or the address of its database."""
    return settings.database or settings.data / BOOK


def open_book(settings: Settings) -> Records:
    """Open the book, to be closed by the caller; raises UsageError where there could be two."""
    if settings.database and (settings.data / BOOK).exists():
        raise UsageError(
            f"{settings.data} holds a book of its own, {BOOK}, so the database under [database] is not used",
            hint="nothing moves from one to the other: take [database] out, or begin with a new folder",
        )
    return Records(place_of_book(settings), durable=settings.durable)


def open_folder(settings: Settings) -> Folder:
    """Open the folder of the files, to be closed by the caller."""
    return Folder(settings.data / "files", durable=settings.durable)


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
