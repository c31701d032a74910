"""The mint's part of the book: `Publishers` and `Ledger` of `minting.ports`, with what their owners ask of it.

registrations  who may publish what             pending    who waits for a project that does not exist
audit          every exchange and its outcome
"""

import json
from collections.abc import Callable

from sqlalchemy import bindparam, select, update

from bonded.index.book import tables
from bonded.index.book.audit import Audit, record_grant, record_refusal
from bonded.index.book.databases import Prepared
from bonded.index.book.entries import Entries
from bonded.index.book.journal import plain
from bonded.index.book.pending import PendingPublishers, drop_expired
from bonded.index.book.records import Records
from bonded.index.book.registrations import Registrations
from bonded.index.book.tables import fingerprint
from bonded.minting.ports import Grant, Refusal

__all__ = ["BookLedger"]

_SWEEP_SECONDS = 60.0
"""Seconds between two sweeps of what is over; each reads only what it throws away."""

_GRACE = 3600.0
"""Seconds that what is over is kept all the same: the clocks of several servers differ, and a token that ended shortly
ago is still told that it ended."""

_WAITING = Prepared(
    select(tables.pending.c.publisher_id).where(tables.pending.c.id == bindparam("id"))
)


class BookLedger(Registrations, PendingPublishers, Audit):
    """Who may publish, and every grant, in the book of one index."""

    def __init__(self, records: Records, *, new_id: Callable[[], str]) -> None:
        self._records = records
        self._new_id = new_id
        self._seen = {}
        self._next_sweep = 0.0

    def grant(self, grant: Grant, *, issuer: str, jti: str, jti_expires: float) -> bool:
        """Write down that an ID token was used, the grant that it gave and the exchange, in one transaction."""
        used = fingerprint(issuer, jti) if jti else None

        def write(book: Entries) -> bool:
            self._sweep(book, grant.issued_at)
            waiting_id = _waiting_id(book, grant) if grant.pending_ids else None
            fresh = record_grant(book, grant, waiting_id=waiting_id, jti=used, forget=jti_expires)
            if fresh and grant.pins:
                _pin(book, grant)
            return fresh

        return self._records.together(write)

    def refused(self, refusal: Refusal) -> None:
        """Write a refusal down with everything that its owner needs, and end what it ends, in one transaction."""

        def write(book: Entries) -> None:
            record_refusal(book, refusal)
            if refusal.disable:
                _disable(book, refusal)
            which = tables.pending.c.id.in_(refusal.drop_pending)
            if refusal.drop_pending:
                book.drop_pending("pending:void", refusal.at, which)

        self._records.together(write)

    def _sweep(self, book: Entries, now: float) -> None:
        """Throw away what is over, now and then."""
        if now < self._next_sweep:
            return
        self._next_sweep = now + _SWEEP_SECONDS
        over = now - _GRACE
        table = tables.exchange
        for key in (table.c.jti, table.c.token):
            ended = update(table).where(key.is_not(None), table.c.forget < over)
            book.connection.execute(ended.values({key: None}))
        drop_expired(book, now)


def _waiting_id(book: Entries, grant: Grant) -> str | None:
    """Return the publisher behind the pending ones of a grant; None if there are none, or none any more."""
    for pending_id in grant.pending_ids:
        for (publisher_id,) in _WAITING.rows(book.connection, {"id": pending_id}):
            return str(publisher_id)
    return None


def _pin(book: Entries, grant: Grant) -> None:
    """Keep ids that came with a grant; those that were kept before stay as they are."""
    same = tables.publisher.c.id == grant.publisher_id
    query = select(tables.publisher.c.pins).where(same)
    pins = json.loads(book.connection.execute(query).scalar_one())
    kept = json.dumps({**grant.pins, **pins}, sort_keys=True)
    book.connection.execute(update(tables.publisher).where(same).values(pins=kept))
    details = {"pins": dict(grant.pins)}
    book.event(grant.issued_at, "publisher:pin", grant.publisher_id or "", details)


def _disable(book: Entries, refusal: Refusal) -> None:
    """End a publisher's rights and its tokens, and say why."""
    reason = refusal.description.partition("the publisher is disabled: ")[2].removesuffix(")")
    which = tables.publisher.c.id == refusal.disable, tables.publisher.c.disabled == ""
    ended = update(tables.publisher).where(*which).values(disabled=plain(reason or refusal.code))
    if book.connection.execute(ended).rowcount == 1:
        book.revoke_all(refusal.disable)
        book.event(refusal.at, "publisher:disable", refusal.disable, {"reason": reason})
