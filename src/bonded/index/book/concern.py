"""Whom a refusal concerns: the publisher in whose list the owner looks for it, and the projects.

    a pending publisher that ends with it      that one, and the project that was taken
    a publisher was nearest                    that one, and what it has and waits for
    genuine, but too old or for another index  the nearest of the same place, for its owner asks why

What is not genuine concerns nobody: anybody can write any name into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.entries import Entries
from bonded.index.book.registrations import concerned, find_publisher, look
from bonded.minting.ports import Refusal
from bonded.publishers import Publisher
from bonded.publishers import select as judge
from bonded.publishers.providers import provider_of_kind

__all__ = ["Concern", "concern"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A publisher's row, the id by which its owner knows it, and the projects that are at stake.

    `is_own` says that the very place which the publisher names sent this; else others can fill the list with it.
    """

    publisher_id: str
    shown_id: str
    projects: Sequence[ProjectName]
    is_own: bool


def concern(book: Entries, refusal: Refusal) -> Concern | None:
    """Return whom a refusal concerns, None if nobody."""
    if not refusal.is_genuine:
        return None
    if refusal.drop_pending and (void := _void(book, refusal)):
        return void
    nearest = refusal.selection.nearest if refusal.selection else None
    publisher = nearest.publisher if nearest else _of_same_place(book, refusal)
    publisher_id = find_publisher(book, publisher) if publisher else None
    if publisher is None or publisher_id is None:
        return None
    # A token that is over, or for another index, can be shown by whoever found it, any number of times.
    is_own = refusal.fault is None and _is_from(publisher, refusal)
    return Concern(
        publisher_id=publisher_id,
        shown_id=_shown_id(book, publisher_id),
        projects=concerned(book, publisher_id),
        is_own=is_own and all(one.passed for one in refusal.pinned),
    )


def _void(book: Entries, refusal: Refusal) -> Concern | None:
    table = tables.pending
    query = select(table.c.id, table.c.publisher_id, table.c.name)
    query = query.where(table.c.id.in_(refusal.drop_pending)).order_by(table.c.name)
    rows = book.connection.execute(query).all()
    if not rows:
        return None
    return Concern(
        publisher_id=rows[0].publisher_id,
        shown_id=rows[0].id,
        projects=[ProjectName(row.name) for row in rows],
        is_own=True,
    )


def _of_same_place(book: Entries, refusal: Refusal) -> Publisher | None:
    """Return the nearest publisher of the place that a genuine token comes from."""
    assert refusal.claims is not None
    table = tables.publisher
    kinds = select(table.c.kind).distinct().where(table.c.issuer == refusal.claims.issuer)
    for kind in book.connection.execute(kinds).scalars().all():
        provider = provider_of_kind(kind)
        sources = provider.sources_of(refusal.claims)[:1] if provider else ()
        found = look(book, refusal.claims.issuer, sources, now=refusal.at)
        near = [one.publisher for one in found.registered]
        near += [one.publisher for one in found.pending]
        same = [one for one in near if one.kind == kind and _is_from(one, refusal)]
        if nearest := judge(same, refusal.claims).nearest:
            return nearest.publisher
    return None


def _is_from(publisher: Publisher, refusal: Refusal) -> bool:
    """Whether a genuine token comes from the very place that a publisher names."""
    provider = provider_of_kind(publisher.kind)
    return bool(provider and refusal.claims and provider.same_source(publisher, refusal.claims))


def _shown_id(book: Entries, publisher_id: str) -> str:
    """Return the id that lists show: a publisher that only waits is known by its waiting."""
    has, waits = tables.publisher_project, tables.pending
    if book.connection.execute(select(has).where(has.c.publisher_id == publisher_id)).first():
        return publisher_id
    query = select(waits.c.id).where(waits.c.publisher_id == publisher_id).order_by(waits.c.id)
    return book.connection.execute(query).scalars().first() or publisher_id
