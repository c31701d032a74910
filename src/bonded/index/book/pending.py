"""Publishers that wait for the first upload of a project that does not exist yet.

They reserve nothing: whoever makes the project first has it. Where one succeeds, the project begins with the first
upload, in its transaction (`beginnings.py`). One identity may wait for several projects, so that a repository with many
of them can begin them all; PyPI allows one.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import func, select

from bonded.dists.names import ProjectName, parse_project_name
from bonded.errors import UsageError
from bonded.index.book import tables
from bonded.index.book.entries import Entries
from bonded.index.book.records import Records
from bonded.index.book.registrations import file_publisher, parsed
from bonded.index.model import PendingPublisher
from bonded.index.names_rules import alike
from bonded.publishers import Publisher

__all__ = ["LIFETIME", "PendingPublishers", "PendingRefused"]

LIFETIME = 30 * 86_400.0
"""Seconds that a publisher waits for its project, as on PyPI."""

LIMIT = 3
"""Pending publishers that one may have at once, as on PyPI: names are not to be collected."""

MANY_HINT = "remove one that is not needed, or give 'max-pending' under [mint] a higher number"


class PendingRefused(UsageError):
    """A pending publisher that cannot be registered, in PyPI's words."""


class PendingPublishers:
    """The publishers of one index that wait."""

    _records: Records
    _new_id: Callable[[], str]

    def add_pending(
        self,
        publisher: Publisher,
        project: str,
        at: float,
        *,
        by: str,
        limit: int = LIMIT,
        lifetime: float = LIFETIME,
    ) -> str:
        """Let a publisher wait for a project and return the id of the waiting; `lifetime` is in seconds.

        Raises PendingRefused: the name is not free, too many wait for `by`, or this one waits already.
        """
        pending_id = self._new_id()
        with self._records.writing() as book:
            drop_expired(book, at)
            if fault := _too_many(book, by, limit):
                raise PendingRefused(fault, hint=MANY_HINT)
            if fault := book.name_fault(project):
                raise PendingRefused(fault)
            name = parse_project_name(project)
            row = {
                "id": pending_id,
                "publisher_id": _able(book, publisher, self._new_id()),
                "name": name,
                "alike": alike(name),
                "added_by": by,
                "created": at,
                "expires": at + lifetime,
            }
            if not book.add_new(tables.pending, row):
                raise PendingRefused("This publisher has already been registered for this project.")
            details = {"id": pending_id, "publisher": publisher.title, "by": by}
            book.event(at, "pending:add", name, details)
        return pending_id

    def pending(self, now: float) -> Sequence[PendingPublisher]:
        """Return every publisher that waits, the oldest first."""
        table = tables.pending
        query = (
            select(table, tables.publisher.c.kind, tables.publisher.c.fields)
            .join(tables.publisher)
            .where(table.c.expires > now)
            .order_by(table.c.created, table.c.id)
        )
        with self._records.reading() as book:
            return [
                PendingPublisher(
                    id=row.id,
                    publisher=parsed(row.kind, row.fields),
                    project=ProjectName(row.name),
                    added_by=row.added_by,
                    created=row.created,
                    expires=row.expires,
                )
                for row in book.connection.execute(query)
            ]

    def remove_pending(self, pending_id: str, at: float, by: str) -> bool:
        """Let a publisher wait no more, and tell whether it did; its tokens lose the project at once."""
        which = tables.pending.c.id == pending_id
        with self._records.writing() as book:
            waits = select(tables.pending.c.publisher_id, tables.pending.c.name).where(which)
            # Whoever waits again later waits anew: tokens of before have nothing of it.
            for publisher_id, name in book.connection.execute(waits).all():
                book.take_from_tokens(publisher_id, ProjectName(name))
            return book.drop_pending("pending:remove", at, which, details={"by": by}) > 0


def drop_expired(book: Entries, at: float) -> None:
    """End what has waited for too long."""
    book.drop_pending("pending:expire", at, tables.pending.c.expires <= at)


def _too_many(book: Entries, by: str, limit: int) -> str:
    """Return why `by` may have no more, or an empty text."""
    count = select(func.count()).select_from(tables.pending).where(tables.pending.c.added_by == by)
    if book.connection.execute(count).scalar_one() < limit:
        return ""
    return f"You can't register more than {limit} pending trusted publishers at once."


def _able(book: Entries, publisher: Publisher, new_id: str) -> str:
    """Return the id of the publisher; one that was disabled must be let back in by who owns its projects."""
    publisher_id = file_publisher(book, publisher, new_id)
    query = select(tables.publisher.c.disabled).where(tables.publisher.c.id == publisher_id)
    reason = book.connection.execute(query).scalar_one()
    if reason:
        raise PendingRefused(
            f"This publisher is disabled: {reason}.",
            hint="An owner of one of its projects must register it again.",
        )
    return publisher_id
