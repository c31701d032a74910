"""Upload tokens in the book: their hashes, and what each may do at the moment when it is used.

What a token may do is looked up at every use: the projects that it was minted for, and of these only those that its
publisher still has, or still waits for. So whoever removes or disables a publisher ends its tokens at once.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Update, bindparam, or_, select, update

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.api_tokens import ApiTokens
from bonded.index.book.databases import Prepared
from bonded.index.model import Standing
from bonded.publishers import InvalidPublisher, Publisher, from_fields

__all__ = ["Tokens"]


_EXCHANGE, _OWNER, _AWAITING = tables.exchange, tables.publisher.alias(), tables.publisher.alias()

_MINTED = Prepared(
    select(
        *(_EXCHANGE.c.at, _EXCHANGE.c.expires, _EXCHANGE.c.revoked, _EXCHANGE.c.projects),
        *(_EXCHANGE.c.publisher_id, _OWNER.c.title, _OWNER.c.disabled),
        *(_OWNER.c.kind, _OWNER.c.fields, _EXCHANGE.c.details, _EXCHANGE.c.waiting_id),
        _AWAITING.c.title.label("waiting_title"),
        _AWAITING.c.disabled.label("waiting_disabled"),
        _AWAITING.c.kind.label("waiting_kind"),
        _AWAITING.c.fields.label("waiting_fields"),
    )
    .outerjoin(_OWNER, _OWNER.c.id == _EXCHANGE.c.publisher_id)
    .outerjoin(_AWAITING, _AWAITING.c.id == _EXCHANGE.c.waiting_id)
    .where(_EXCHANGE.c.token == bindparam("hash"))
)
_ATTACHED = Prepared(
    select(tables.project.c.name)
    .join(tables.publisher_project)
    .where(tables.publisher_project.c.publisher_id == bindparam("publisher"))
)
_AWAITED = Prepared(
    select(tables.pending.c.name).where(tables.pending.c.publisher_id == bindparam("publisher"))
)


class Tokens(ApiTokens):
    """The tokens, seen through one connection and its transaction."""

    def standing(self, token_hash: str) -> Standing | None:
        """Return what the token of this hash may do, or None where there is no such token."""
        minted = _MINTED.rows(self.connection, {"hash": token_hash})
        return self._publishers(minted[0]) if minted else self._owners(token_hash)

    def _publishers(self, row: Any) -> Standing:
        """Return the standing of a minted token."""
        minted = frozenset(map(ProjectName, json.loads(row.projects)))
        has = row.publisher_id if row.disabled == "" else None
        waits = row.waiting_id if row.waiting_disabled == "" else None
        of_owner, of_waiting = (
            minted & (self._attached(one) if one is not None else frozenset())
            for one in (has, waits)
        )
        waiting = minted & self._awaited(waits)
        return Standing(
            publisher=row.title or row.waiting_title,
            projects=of_owner | of_waiting,
            waiting=waiting,
            not_before=row.at,
            expires=row.expires,
            revoked=bool(row.revoked) or (has is None and waits is None),
            speakers={
                **_speaking(of_waiting | waiting, row.waiting_kind, row.waiting_fields),
                **_speaking(of_owner, row.kind, row.fields),
            },
            claims=json.loads(row.details).get("claims") or {},
        )

    def _owners(self, token_hash: str) -> Standing | None:
        """Return the standing of a token that an owner gave out, also of one that uploads nothing."""
        token = self.api_token(token_hash)
        if token is None:
            return None
        return Standing(
            publisher=None,
            name=token.name,
            scope=token.scope,
            projects=frozenset(token.projects),
            not_before=token.created,
            expires=token.expires,
        )

    def _attached(self, publisher: str) -> frozenset[ProjectName]:
        return _names(_ATTACHED.rows(self.connection, {"publisher": publisher}))

    def _awaited(self, publisher: str | None) -> frozenset[ProjectName]:
        return _names(_AWAITED.rows(self.connection, {"publisher": publisher}))

    def revoke(self, token_hash: str) -> bool:
        """End a token of a trusted publisher early; tell whether there was one that lived."""
        table = tables.exchange
        which = table.c.token == token_hash, table.c.revoked.is_(False)
        return self.connection.execute(_end().where(*which)).rowcount == 1

    def revoke_all(self, publisher_id: str) -> None:
        """End every token of a publisher for good: it stays dead when the publisher comes back."""
        self.connection.execute(_end().where(*_tokens_of(publisher_id)))

    def take_from_tokens(self, publisher_id: str, project: ProjectName) -> None:
        """Take a project from every token of a publisher: they do not have it back when the publisher has."""
        table = tables.exchange
        query = select(table.c.id, table.c.projects).where(*_tokens_of(publisher_id))
        for exchange_id, projects in self.connection.execute(query).all():
            left = json.dumps([name for name in json.loads(projects) if name != project])
            same = table.c.id == exchange_id
            self.connection.execute(update(table).where(same).values(projects=left))


def _names(rows: Sequence[Any]) -> frozenset[ProjectName]:
    return frozenset(ProjectName(row.name) for row in rows)


def _speaking(
    projects: frozenset[ProjectName], kind: str, fields: str
) -> dict[ProjectName, Publisher]:
    """Return who speaks for each project; nobody, if what is kept makes no publisher any more."""
    if not projects:
        return {}
    try:
        return dict.fromkeys(projects, from_fields(kind, json.loads(fields)))
    except InvalidPublisher:
        return {}


def _end() -> Update:
    return update(tables.exchange).values(revoked=True)


def _tokens_of(publisher_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    table = tables.exchange
    its = or_(table.c.publisher_id == publisher_id, table.c.waiting_id == publisher_id)
    return table.c.token.is_not(None), its
