"""What happened on the index, as it is written down inside a transaction of the book.

`insert` is PostgreSQL's throughout the room, for its `ON CONFLICT`, which SQLite's compiler writes in the same words.
"""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Boolean, Connection, Table, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from bonded.index.book import tables
from bonded.index.book.databases import Prepared
from bonded.index.model import Refusal, RefusedUpload

__all__ = ["KEPT_OF_STRANGERS", "KEPT_REFUSALS", "Journal", "plain"]

KEPT_REFUSALS = 10_000
"""Refusals of those with a token that are kept."""

KEPT_OF_STRANGERS = 1_000
"""Refusals of those without: apart, for these come by the thousand and must not push the others out."""

_LONGEST_NAME = 255
"""Characters that are kept of the name of a stranger's file: no file system takes a longer one."""

_LONGEST_MESSAGE = 1_000

_ADD_EVENT = Prepared(
    insert(tables.event).returning(tables.event.c.id), columns=["at", "tag", "subject", "details"]
)
_ADD_REFUSAL = Prepared(
    insert(tables.upload_refusal).returning(tables.upload_refusal.c.id),
    columns=["at", "filename", "check_name", "status", "message", "is_stranger"],
)


def _forget_refusals() -> Prepared:
    """Return what throws away all but the last refusals of one kind."""
    table, newer = tables.upload_refusal, tables.upload_refusal.alias()
    kind = bindparam("is_stranger", type_=Boolean)
    last = (
        select(newer.c.id)
        .where(newer.c.is_stranger == kind)
        .order_by(newer.c.id.desc())
        .limit(1)
        .offset(bindparam("kept"))
        .scalar_subquery()
    )
    return Prepared(delete(table).where(table.c.is_stranger == kind, table.c.id <= last))


_FORGET_REFUSALS = _forget_refusals()


def plain(text: str) -> str:
    """Return a text as every database takes it: PostgreSQL's texts hold no NUL."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


class Journal:
    """Events and refused uploads, seen through one connection and its transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def add_new(self, table: Table, values: Mapping[str, object]) -> bool:
        """Add a row, unless a unique constraint keeps it from one that is there; tell whether it was added."""
        statement = insert(table).values(values).on_conflict_do_nothing().inline()
        options = {"preserve_rowcount": True}
        return self.connection.execute(statement, execution_options=options).rowcount == 1

    def event(self, at: float, tag: str, subject: str, details: Mapping[str, object]) -> int:
        """Write down that something happened; return its serial."""
        values = {"at": at, "tag": tag, "subject": subject, "details": json.dumps(details)}
        return int(_ADD_EVENT.rows(self.connection, values)[0].id)

    def refused_upload(self, refused: RefusedUpload) -> None:
        """Write down that an upload was refused, and forget the oldest: anybody can be refused, any number of times."""
        filename, message = plain(refused.filename), plain(refused.refusal.message)
        kind = refused.is_stranger
        values = {
            "at": refused.at,
            "filename": filename[:_LONGEST_NAME] if kind else filename,
            "check_name": refused.refusal.check,
            "status": refused.refusal.status,
            "message": message[:_LONGEST_MESSAGE] if kind else message,
            "is_stranger": kind,
        }
        _ADD_REFUSAL.rows(self.connection, values)
        kept = KEPT_OF_STRANGERS if kind else KEPT_REFUSALS
        _FORGET_REFUSALS.count(self.connection, {"is_stranger": kind, "kept": kept})

    def refused_uploads(self) -> Sequence[RefusedUpload]:
        """Return every refused upload in the order of arrival."""
        query = select(tables.upload_refusal).order_by(tables.upload_refusal.c.id)
        return [
            RefusedUpload(
                at=row.at,
                filename=row.filename,
                refusal=Refusal(check=row.check_name, status=row.status, message=row.message),
                is_stranger=row.is_stranger,
            )
            for row in self.connection.execute(query)
        ]
