"""Every exchange at the mint, granted or refused, as it is written down for the owners.

What was granted is kept for ever. Refusals can be had by anyone, in any number, so of these only the last are kept.
They stand on shelves: what a stranger can fill is not where an owner has the traces of his own mistakes.

    strangers   not genuine, or near to no publisher                                    10,000 in all
    near        genuine, nearest to a publisher, from another place (renamed, a fork),   1,000 for each publisher
                or too old, or for another index
    own         genuine, from the publisher's own place                                  1,000 for each publisher
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.concern import concern
from bonded.index.book.databases import Prepared
from bonded.index.book.entries import Entries
from bonded.index.book.records import Records
from bonded.minting.ports import Grant, Refusal
from bonded.publishers import Judgement

__all__ = ["Audit", "record_grant", "record_refusal"]

GRANTED = "granted"
KEPT_OF_STRANGERS = 10_000
KEPT_OF_PUBLISHER = 1_000

_ADD = Prepared(
    insert(tables.exchange).on_conflict_do_nothing().returning(tables.exchange.c.id),
    columns=[column.name for column in tables.exchange.c if column.name != "id"],
)
_LINK = Prepared(insert(tables.exchange_project), columns=["project", "exchange_id"])


_NOTHING = dict.fromkeys(("waiting_id", "jti", "token", "expires", "forget")) | {"revoked": False}
"""The columns of a token, where none was given."""

_JSON = json.JSONEncoder(default=dict)
"""Claims may hold mappings that are no dicts."""


class Audit:
    """The exchanges of one index."""

    _records: Records

    def exchanges(
        self, limit: int = 100, project: ProjectName | None = None, *, before: int | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return the last exchanges as JSON values, the newest first: all, or those that concern one project.

        Of one project: those that gave a token for it, and refusals to whoever came nearest to one of its publishers.
        `code` is `granted` or the code of the refusal, `publisher_id` the publisher that got the token or came nearest
        (of one that waits, the id of the waiting), `projects` its projects at that time. `before` is the id of an
        exchange: only older ones are returned.
        """
        table, link = tables.exchange, tables.exchange_project
        query = select(table).order_by(table.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(table.c.id < before)
        if project is not None:
            of_it = link.c.project == project
            query = query.join(link, link.c.exchange_id == table.c.id).where(of_it)
        with self._records.reading() as book:
            rows = book.connection.execute(query).all()
        return [
            {
                "id": row.id,
                "at": row.at,
                "code": row.outcome,
                "granted": row.outcome == GRANTED,
                "publisher_id": row.publisher_id or row.waiting_id,
                "projects": json.loads(row.projects),
                **json.loads(row.details),
            }
            for row in rows
        ]


def record_grant(
    book: Entries, grant: Grant, *, waiting_id: str | None, jti: str | None, forget: float
) -> bool:
    """Write down that a token was given for another, unless that one was used before; tell which.

    `jti` is the fingerprint of the ID token, None if it may be used again; it is kept until `forget`.
    """
    identity = grant.identity
    row = {
        "at": grant.issued_at,
        "outcome": GRANTED,
        "publisher_id": grant.publisher_id,
        "waiting_id": waiting_id,
        "shelf": None,
        "jti": jti,
        "token": grant.token_hash,
        "expires": grant.expires_at,
        "revoked": False,
        "forget": max(forget, grant.expires_at),
    }
    details: dict[str, object] = {
        "issuer": identity.issuer,
        "expires": grant.expires_at,
        "claims": dict(identity),
        # What it gave then; the row's own projects are what is left of it.
        "projects": list(grant.projects),
    }
    if grant.publisher_id is None and grant.pending_ids:
        details["publisher_id"] = grant.pending_ids[0]
    return _record(book, row, details, grant.projects)


def record_refusal(book: Entries, refusal: Refusal) -> None:
    """Write down that none was given, with everything that was found, and forget the oldest."""
    found = concern(book, refusal)
    if found is None:
        shelf, kept = "strangers", KEPT_OF_STRANGERS
    else:
        place = "own" if found.is_own else "near"
        shelf, kept = f"{place} {found.publisher_id}", KEPT_OF_PUBLISHER
    row = {
        **_NOTHING,
        "at": refusal.at,
        "outcome": refusal.code,
        "publisher_id": found.publisher_id if found else None,
        "shelf": shelf,
    }
    details = _details(refusal)
    if found is not None:
        details["publisher_id"] = found.shown_id
    _record(book, row, details, found.projects if found else ())
    _forget(book, shelf, kept)


def _record(
    book: Entries,
    row: Mapping[str, object],
    details: Mapping[str, object],
    projects: Sequence[ProjectName],
) -> bool:
    texts = {"projects": json.dumps(projects), "details": _JSON.encode(details)}
    added = _ADD.rows(book.connection, {**row, **texts})
    for (exchange_id,) in added:
        for project in projects:
            _LINK.count(book.connection, {"project": project, "exchange_id": exchange_id})
    return bool(added)


def _forget(book: Entries, shelf: str, kept: int) -> None:
    """Throw away what stands on a shelf beyond its room, the oldest first."""
    table, link = tables.exchange, tables.exchange_project
    on_it = select(table.c.id, table.c.projects).where(table.c.shelf == shelf)
    beyond = on_it.order_by(table.c.id.desc()).offset(kept)
    for exchange_id, projects in book.connection.execute(beyond).all():
        same = link.c.exchange_id == exchange_id, link.c.project.in_(json.loads(projects))
        book.connection.execute(delete(link).where(*same))
        book.connection.execute(delete(table).where(table.c.id == exchange_id))


def _details(refusal: Refusal) -> dict[str, object]:
    judgements = refusal.selection.judgements if refusal.selection else ()
    return {
        "description": refusal.description,
        "audience": refusal.audience,
        "issuer": refusal.issuer,
        "fault": str(refusal.fault) if refusal.fault else refusal.trouble or None,
        "claims": dict(refusal.claims) if refusal.claims is not None else None,
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
