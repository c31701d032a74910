"""Whether a name is this index's by what the book says: it is, was, or will be a project here."""

from sqlalchemy import bindparam, exists, or_, select

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.databases import Prepared
from bonded.index.book.journal import Journal

__all__ = ["Holdings"]

# A project that was deleted has no row any more, but that it began stays in the book of events, which only grows.
_HOLDS = Prepared(
    select(
        or_(
            exists().where(tables.project.c.name == bindparam("name")),
            exists().where(
                tables.event.c.subject == bindparam("name"), tables.event.c.tag == "project:create"
            ),
            exists().where(
                tables.pending.c.name == bindparam("name"),
                tables.pending.c.expires > bindparam("now"),
            ),
        ).label("holds")
    )
)


class Holdings(Journal):
    """The names of this index, seen through one connection and its transaction."""

    def holds(self, name: ProjectName, now: float) -> bool:
        """Tell whether a project of this name is here or was, or a publisher waits for it."""
        (row,) = _HOLDS.rows(self.connection, {"name": name, "now": now})
        return bool(row.holds)
