"""Publishers in the book: who may publish what, and who is near to a token.

A publisher is filed under its sources, so that a look-up reads only what it finds: an index with a hundred thousand
publishers answers as fast as one with ten.
"""

import json
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.databases import Prepared
from bonded.index.book.entries import Entries
from bonded.index.book.records import Records
from bonded.index.book.tables import fingerprint
from bonded.minting.ports import Candidates, Pending, Registered
from bonded.publishers import Publisher, from_fields

__all__ = ["Registrations", "concerned", "file_publisher", "find_publisher", "look", "parsed"]

_FEW = 20
"""Publishers of an issuer that are all shown to explain a refusal: an index for one project has one or two."""

_MANY = 100
"""Publishers that are held against a token at most, to explain a refusal."""

_OF_ONE_SOURCE = 10_000
"""Publishers that are held against a token at most, to decide; nobody registers as many workflows of one place."""


_REMEMBERED = 1024
"""Look-ups whose answers are remembered."""

_LAST_EVENT = Prepared(select(func.max(tables.event.c.id)))


class Registrations:
    """The publishers of one index."""

    _records: Records
    _new_id: Callable[[], str]
    _seen: dict[tuple[str, ...], tuple[int | None, Candidates]]

    def register(
        self, publisher: Publisher, project: ProjectName, at: float, *, by: str = ""
    ) -> str:
        """Let a publisher publish a project and return the publisher's id; the project is made if it is new.

        A publisher that was disabled may publish again, with the ids that its next token brings.
        """
        with self._records.writing() as book:
            book.create_project(project, project, at, by=by)
            publisher_id = file_publisher(book, publisher, self._new_id())
            _enable(book, publisher_id, at, by)
            if book.attach(publisher_id, project):
                details = {"id": publisher_id, "publisher": publisher.title, "by": by}
                book.event(at, "publisher:add", project, details)
        return publisher_id

    def unregister(
        self, publisher_id: str, project: ProjectName, at: float, *, by: str = ""
    ) -> bool:
        """Take a project from a publisher, and tell whether it had it; its living tokens lose it at once."""
        table = tables.publisher_project
        ids = select(tables.project.c.id).where(tables.project.c.name == project)
        of_it = table.c.publisher_id == publisher_id
        with self._records.writing() as book:
            gone = delete(table).where(of_it, table.c.project_id.in_(ids))
            if book.connection.execute(gone).rowcount == 0:
                return False
            book.take_from_tokens(publisher_id, project)
            book.event(at, "publisher:remove", project, {"id": publisher_id, "by": by})
        return True

    def enable(self, publisher_id: str, at: float, by: str) -> bool:
        """Let a disabled publisher publish again, with the ids that its next token brings; tell whether it was."""
        with self._records.writing() as book:
            return _enable(book, publisher_id, at, by)

    def registrations(self) -> Sequence[Registered]:
        """Return every publisher that has projects, in the order of titles."""
        statement = _registered(select(tables.publisher_project.c.publisher_id))
        with self._records.reading() as book:
            found = _grouped(book.connection.execute(statement).all())
        return sorted(found, key=lambda one: (one.publisher.title, one.id))

    def has_issuer(self, issuer: str, *, now: float) -> bool:
        """Whether a publisher of exactly this issuer has a project, or waits for one at `now`."""
        has, waits = tables.publisher_project, tables.pending
        of_it = tables.publisher.c.issuer == issuer
        with self._records.reading() as book:
            return any(
                book.connection.execute(query.limit(1)).first()
                for query in (
                    select(tables.publisher.c.id).join(has).where(of_it),
                    select(tables.publisher.c.id).join(waits).where(of_it, waits.c.expires > now),
                )
            )

    def near(self, issuer: str, sources: Sequence[str], *, now: float) -> Candidates:
        """Return the publishers of exactly this issuer that are filed under one of these sources.

        Asked for several sources that nothing is filed under, it returns all publishers of the issuer if they are few.
        """
        key = (issuer, *sources)
        with self._records.reading() as book:
            # Whatever changes who is near is an event, so what was found before is still true if none came since.
            ((last_event,),) = _LAST_EVENT.rows(book.connection, {})
            seen, found = self._seen.get(key, (None, Candidates()))
            if seen is not None and seen == last_event:
                return found
            found = look(book, issuer, sources, now=now)
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        if not found.pending:  # these expire, which is no event
            self._seen[key] = last_event, found
        return found


def look(book: Entries, issuer: str, sources: Sequence[str], *, now: float) -> Candidates:
    """Return what `Registrations.near` does, as the book is in this transaction."""
    keys = {f"source_{n}": fingerprint(issuer, source) for n, source in enumerate(sources)}
    most = _OF_ONE_SOURCE if len(sources) == 1 else _MANY
    filed = _filed_under(len(sources))
    found = _found(book.connection, filed, now=now, issuer=issuer, most=most, **keys)
    if len(sources) > 1 and found == Candidates() and _are_few(book, issuer):
        return _found(book.connection, _all(), now=now, issuer=issuer)
    return found


def file_publisher(book: Entries, publisher: Publisher, new_id: str) -> str:
    """Return the id of a publisher, which is written down under `new_id` if it is new."""
    known = find_publisher(book, publisher)
    if known is not None:
        return known
    row = {
        "id": new_id,
        "fingerprint": _identity(publisher),
        "issuer": publisher.issuer,
        "kind": publisher.kind,
        "title": publisher.title,
        "fields": _fields(publisher),
    }
    book.connection.execute(insert(tables.publisher).values(row))
    for source in dict.fromkeys(publisher.sources()):
        where = {"source": fingerprint(publisher.issuer, source), "publisher_id": new_id}
        book.connection.execute(insert(tables.publisher_source).values(where))
    return new_id


def find_publisher(book: Entries, publisher: Publisher) -> str | None:
    """Return the id of exactly this publisher, or None if the book has none."""
    same = tables.publisher.c.fingerprint == _identity(publisher)
    query = select(tables.publisher.c.id).where(same)
    return book.connection.execute(query).scalar_one_or_none()


def concerned(book: Entries, publisher_id: str) -> Sequence[ProjectName]:
    """Return the projects that a publisher has, and those that it waits for, in the order of names."""
    has, waits = tables.publisher_project, tables.pending
    query = union(
        select(tables.project.c.name).join(has).where(has.c.publisher_id == publisher_id),
        select(waits.c.name).where(waits.c.publisher_id == publisher_id),
    ).order_by("name")
    return [ProjectName(name) for name in book.connection.execute(query).scalars()]


@lru_cache(maxsize=4096)
def parsed(kind: str, fields: str) -> Publisher:
    """Return the publisher that is kept as this kind and JSON; raises InvalidPublisher if it is none any more."""
    return from_fields(kind, json.loads(fields))


def _fields(publisher: Publisher) -> str:
    return json.dumps(publisher.to_fields(), sort_keys=True)


def _identity(publisher: Publisher) -> str:
    return fingerprint(publisher.issuer, publisher.kind, _fields(publisher))


def _enable(book: Entries, publisher_id: str, at: float, by: str) -> bool:
    table = tables.publisher
    where = table.c.id == publisher_id, table.c.disabled != ""
    again = update(table).where(*where).values(disabled="", pins="{}")
    if book.connection.execute(again).rowcount == 0:
        return False
    book.event(at, "publisher:enable", publisher_id, {"by": by})
    return True


def _registered(which: Select[Any]) -> Select[Any]:
    """Return the query for publishers with their projects, one row for each pair."""
    table = tables.publisher
    columns = (table.c.id, table.c.kind, table.c.fields, table.c.pins, table.c.disabled)
    return (
        select(*columns, tables.project.c.name)
        .join(tables.publisher_project, tables.publisher_project.c.publisher_id == table.c.id)
        .join(tables.project, tables.project.c.id == tables.publisher_project.c.project_id)
        .where(table.c.id.in_(which))
        .order_by(table.c.id, tables.project.c.name)
    )


def _awaiting(which: Select[Any]) -> Select[Any]:
    """Return the query for what waits; a publisher that is disabled waits for nothing."""
    table, pending = tables.publisher, tables.pending
    return (
        select(pending.c.id, table.c.kind, table.c.fields, pending.c.name, tables.project.c.id)
        .join(table, table.c.id == pending.c.publisher_id)
        .outerjoin(tables.project, tables.project.c.name == pending.c.name)
        .where(table.c.id.in_(which), table.c.disabled == "", pending.c.expires > bindparam("now"))
        .order_by(pending.c.id)
    )


_Queries = tuple[Prepared, Prepared]


@cache
def _filed_under(count: int) -> _Queries:
    """Return the queries for the publishers under so many sources."""
    keys: list[BindParameter[str]] = [bindparam(f"source_{n}") for n in range(count)]
    table = tables.publisher_source
    which = (
        select(table.c.publisher_id)
        .join(tables.publisher)
        .where(or_(*(table.c.source == key for key in keys)), _OF_ISSUER)
        .limit(bindparam("most"))
    )
    return Prepared(_registered(which)), Prepared(_awaiting(which))


@cache
def _all() -> _Queries:
    """Return the queries for all publishers of an issuer."""
    which = select(tables.publisher.c.id).where(_OF_ISSUER)
    return Prepared(_registered(which)), Prepared(_awaiting(which))


def _are_few(book: Entries, issuer: str) -> bool:
    query = select(tables.publisher.c.id).where(tables.publisher.c.issuer == issuer)
    return len(book.connection.execute(query.limit(_FEW + 1)).all()) <= _FEW


_OF_ISSUER = tables.publisher.c.issuer == bindparam("issuer")


def _found(connection: Connection, queries: _Queries, **values: object) -> Candidates:
    registered, awaiting = (query.rows(connection, values) for query in queries)
    return Candidates(
        registered=_grouped(registered),
        pending=tuple(
            Pending(
                id=pending_id,
                publisher=parsed(kind, fields),
                project=ProjectName(name),
                project_exists=project_id is not None,
            )
            for pending_id, kind, fields, name, project_id in awaiting
        ),
    )


def _grouped(rows: Sequence[Any]) -> tuple[Registered, ...]:
    """Put the rows of each publisher together, in the order in which they come."""
    projects: dict[tuple[str, str, str, str, str], list[ProjectName]] = {}
    for *publisher, name in rows:
        projects.setdefault(tuple(publisher), []).append(name)
    return tuple(
        Registered(
            id=publisher_id,
            publisher=parsed(kind, fields),
            projects=tuple(names),
            pins=json.loads(pins),
            disabled=disabled,
        )
        for (publisher_id, kind, fields, pins, disabled), names in projects.items()
    )
