"""How a project begins: made by its owner, or by the first upload of a publisher that waited for it."""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from bonded.dists.names import ProjectName, parse_project_name
from bonded.index.book import tables
from bonded.index.book.journal import Journal
from bonded.index.names_rules import alike, name_fault, taken_fault

__all__ = ["Beginnings"]

_PENDING = tables.pending


class Beginnings(Journal):
    """The projects' names, seen through one connection and its transaction."""

    def name_fault(self, name: str) -> str:
        """Return why no new project may have this name, in PyPI's words; an empty text if one may."""
        fault = name_fault(name)
        if fault:
            return fault
        query = (
            select(tables.project.c.name)
            .where(tables.project.c.alike == alike(name))
            .order_by(tables.project.c.name)
        )
        others = tuple(map(ProjectName, self.connection.execute(query).scalars()))
        return taken_fault(parse_project_name(name), others)

    def create_project(self, name: ProjectName, display: str, at: float, *, by: str = "") -> None:
        """Take a name, if it is free.

        Publishers of others that wait for it, or for one that looks like it, wait no more. Those of `by` stay, to be
        told that the project exists, as on PyPI.
        """
        query = select(tables.project.c.id).where(tables.project.c.name == name)
        if self.connection.execute(query).first() is not None:
            return
        values = {"name": name, "display": display, "alike": alike(name)}
        self.connection.execute(insert(tables.project).values(values))
        self.touch(name, self.event(at, "project:create", name, {"display": display, "by": by}))
        others = _PENDING.c.alike == values["alike"], _PENDING.c.added_by != by
        self.drop_pending("pending:invalidate", at, *others, details={"project": name})

    def begin_project(self, token_hash: str, name: ProjectName, display: str, at: float) -> None:
        """Make the project that the publisher of a token waits for, and let the publisher have it.

        Raises NoResultFound if none waits any more; ask `standing` first, in the same transaction.
        """
        query = (
            select(_PENDING.c.id, _PENDING.c.publisher_id, _PENDING.c.added_by)
            .join(tables.exchange, tables.exchange.c.waiting_id == _PENDING.c.publisher_id)
            .where(tables.exchange.c.token == token_hash, _PENDING.c.name == name)
        )
        row = self.connection.execute(query).one()
        self.connection.execute(delete(_PENDING).where(_PENDING.c.id == row.id))
        self.create_project(name, display, at, by=row.added_by)
        self.attach(row.publisher_id, name)
        details = {"id": row.publisher_id, "pending": row.id, "by": row.added_by}
        self.event(at, "publisher:add", name, details)

    def attach(self, publisher_id: str, name: ProjectName) -> bool:
        """Let a publisher have an existing project; tell whether that is new."""
        project_id = select(tables.project.c.id).where(tables.project.c.name == name)
        values = {"publisher_id": publisher_id, "project_id": project_id.scalar_subquery()}
        return self.add_new(tables.publisher_project, values)

    def drop_pending(
        self,
        tag: str,
        at: float,
        *which: ColumnElement[bool],
        details: Mapping[str, object] = MappingProxyType({}),
    ) -> int:
        """End pending publishers, each with an event; return how many there were."""
        rows = self.connection.execute(
            select(_PENDING.c.id, _PENDING.c.name, _PENDING.c.added_by, tables.publisher.c.title)
            .join(tables.publisher)
            .where(*which)
            .order_by(_PENDING.c.id)
        ).all()
        for row in rows:
            self.connection.execute(delete(_PENDING).where(_PENDING.c.id == row.id))
            what = {"id": row.id, "publisher": row.title, "added_by": row.added_by}
            self.event(at, tag, row.name, {**what, **details})
        return len(rows)

    def touch(self, name: ProjectName, serial: int, **values: object) -> None:
        """Move the serial of a project, with whatever else changes in its row."""
        where = tables.project.c.name == name
        self.connection.execute(update(tables.project).where(where).values(serial=serial, **values))
