"""What happened on the index, as it is written down inside a transaction of the book.

`insert` is PostgreSQL's throughout the room, for its `ON CONFLICT`, which SQLite's compiler writes in the same words.
"""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.dialects.postgresql import insert

from bonded.index import tables
from bonded.index.model import Refusal, RefusedUpload

__all__ = ["KEPT_REFUSALS", "Journal", "plain"]

KEPT_REFUSALS = 10_000


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
        result = self.connection.execute(insert(tables.event).values(values))
        assert result.inserted_primary_key is not None
        return int(result.inserted_primary_key[0])

    def refused_upload(self, refused: RefusedUpload) -> None:
        """Write down that an upload was refused, and forget the oldest: anybody can be refused, any number of times."""
        table = tables.upload_refusal
        added = self.connection.execute(
            insert(table)
            .values(
                at=refused.at,
                filename=plain(refused.filename),
                check_name=refused.refusal.check,
                status=refused.refusal.status,
                message=plain(refused.refusal.message),
            )
            .returning(table.c.id)
        ).scalar_one()
        self.connection.execute(delete(table).where(table.c.id <= added - KEPT_REFUSALS))

    def refused_uploads(self) -> Sequence[RefusedUpload]:
        """Return every refused upload in the order of arrival."""
        query = select(tables.upload_refusal).order_by(tables.upload_refusal.c.id)
        return [
            RefusedUpload(
                at=row.at,
                filename=row.filename,
                refusal=Refusal(check=row.check_name, status=row.status, message=row.message),
            )
            for row in self.connection.execute(query)
        ]
