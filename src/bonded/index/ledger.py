"""The mint's part of the book: publishers, the projects they may publish, grants, tokens used once, refusals."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from bonded.dists.names import ProjectName
from bonded.index import tables
from bonded.minting.ports import Candidates, Grant, Refusal, Registered
from bonded.publishers import Judgement, Publisher, from_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from bonded.index.records import Records

__all__ = ["BookLedger"]

_KEPT_REFUSALS = 10_000
"""Refusals kept; whoever sends more has told us enough, and must not fill the disk."""


class BookLedger:
    """Publishers and Ledger of `minting.ports`, kept in the index's book."""

    def __init__(self, records: "Records", *, new_id: "Callable[[], str]") -> None:
        self._records = records
        self._new_id = new_id

    def register(self, publisher: Publisher, project: ProjectName, at: float) -> str:
        """Let a publisher publish a project and return the publisher's id; the project is made if it is new."""
        identity = {
            "issuer": publisher.issuer,
            "kind": publisher.kind,
            "fields": _json(publisher.to_fields()),
        }
        table = tables.publisher
        with self._records.writing() as book:
            book.create_project(project, project, at)
            connection = book.connection
            new = {"id": self._new_id(), "title": publisher.title, **identity}
            connection.execute(upsert(table).values(new).on_conflict_do_nothing())
            same = (table.c[name] == value for name, value in identity.items())
            publisher_id = connection.execute(select(table.c.id).where(*same)).scalar_one()
            project_id = connection.execute(
                select(tables.project.c.id).where(tables.project.c.name == project)
            ).scalar_one()
            pair = {"publisher_id": publisher_id, "project_id": project_id}
            connection.execute(
                upsert(tables.publisher_project).values(pair).on_conflict_do_nothing()
            )
            book.event(at, "publisher:add", project, {"publisher": publisher.title})
        return str(publisher_id)

    def unregister(self, publisher_id: str, project: ProjectName, at: float) -> None:
        """Take a project from a publisher; its living tokens lose it at once."""
        table = tables.publisher_project
        with self._records.writing() as book:
            ids = select(tables.project.c.id).where(tables.project.c.name == project)
            book.connection.execute(
                delete(table).where(
                    table.c.publisher_id == publisher_id,
                    table.c.project_id.in_(ids),
                )
            )
            book.event(at, "publisher:remove", project, {"publisher": publisher_id})

    def near(self, issuer: str, sources: Sequence[str], *, now: float) -> Candidates:  # noqa: ARG002 - all are few
        """Return every publisher of exactly this issuer, and of no other."""
        query = select(tables.publisher).where(tables.publisher.c.issuer == issuer)
        with self._records.reading() as book:
            rows = book.connection.execute(query.order_by(tables.publisher.c.id)).all()
            registered = tuple(
                Registered(
                    id=row.id,
                    publisher=from_fields(row.kind, json.loads(row.fields)),
                    projects=tuple(_projects_of(book.connection, row.id)),
                )
                for row in rows
            )
        return Candidates(registered=registered)

    def grant(self, grant: Grant, *, issuer: str, jti: str, jti_expires: float) -> bool:
        """Write down that an ID token was used, and the grant that it gave, in one transaction."""
        with self._records.writing() as book:
            connection = book.connection
            connection.execute(
                delete(tables.used_jti).where(tables.used_jti.c.expires < grant.issued_at)
            )
            used = upsert(tables.used_jti).values(issuer=issuer, jti=jti, expires=jti_expires)
            if connection.execute(used.on_conflict_do_nothing()).rowcount != 1:
                return False
            book.add_token(
                grant.token_hash,
                publisher_id=grant.publisher_id,
                projects=grant.projects,
                not_before=grant.issued_at,
                expires=grant.expires_at,
                claims=grant.claims,
            )
            details = {"expires": grant.expires_at, "claims": grant.identity.to_dict()}
            for project in grant.projects:
                book.event(grant.issued_at, "token:add", project, details)
        return True

    def refused(self, refusal: Refusal) -> None:
        """Write a refusal down with everything that its owner needs, and forget the oldest."""
        table = tables.mint_refusal
        with self._records.writing() as book:
            row = {"at": refusal.at, "code": refusal.code, "details": _json(_details(refusal))}
            book.connection.execute(insert(table).values(row))
            newest = select(func.max(table.c.id)).scalar_subquery()
            book.connection.execute(delete(table).where(table.c.id <= newest - _KEPT_REFUSALS))

    def refusals(self) -> Sequence[Mapping[str, Any]]:
        """Return what was written down about every refusal, the oldest first."""
        query = select(tables.mint_refusal.c.details).order_by(tables.mint_refusal.c.id)
        with self._records.reading() as book:
            return [json.loads(details) for details in book.connection.execute(query).scalars()]


def _projects_of(connection: Any, publisher_id: str) -> Sequence[ProjectName]:
    query = (
        select(tables.project.c.name)
        .join(tables.publisher_project)
        .where(tables.publisher_project.c.publisher_id == publisher_id)
        .order_by(tables.project.c.name)
    )
    return [ProjectName(name) for name in connection.execute(query).scalars()]


def _details(refusal: Refusal) -> dict[str, object]:
    judgements = refusal.selection.judgements if refusal.selection else ()
    return {
        "at": refusal.at,
        "code": refusal.code,
        "description": refusal.description,
        "audience": refusal.audience,
        "issuer": refusal.issuer,
        "fault": str(refusal.fault) if refusal.fault else None,
        "claims": refusal.claims.to_dict() if refusal.claims is not None else None,
        "judgements": [_judgement(judgement) for judgement in judgements],
    }


def _judgement(judgement: Judgement) -> dict[str, object]:
    return {
        "publisher": judgement.publisher.title,
        "kind": judgement.publisher.kind,
        "fields": judgement.publisher.to_fields(),
        "mismatches": [
            {"claim": one.claim, "expected": one.expected, "got": one.got, "how": one.how}
            for one in judgement.mismatches
        ],
    }


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True)
