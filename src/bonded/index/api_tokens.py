"""Tokens for administrators, by their hashes: made and ended on the index's own data."""

from collections.abc import Sequence

from sqlalchemy import delete, or_, select

from bonded.errors import UsageError
from bonded.index import tables
from bonded.index.model import ApiToken
from bonded.index.records import Records

__all__ = ["ApiTokens"]

_COLUMNS = [column for column in tables.api_token.c if column.name not in {"hash", "projects"}]


class ApiTokens:
    """The API tokens of one index."""

    _records: Records

    def add_api_token(
        self,
        token_hash: str,
        name: str,
        scope: str,
        at: float,
        expires: float | None,
        *,
        by: str = "",
    ) -> None:
        """Write a token down; raises UsageError if one of this name is there."""
        row = {
            "hash": token_hash,
            "name": name,
            "scope": scope,
            "created": at,
            "expires": expires,
        }
        with self._records.writing() as book:
            if not book.add_new(tables.api_token, row):
                raise UsageError(
                    f"there is an API token named {name!r} already",
                    hint="Choose another name, or revoke that token first.",
                )
            details = {"scope": scope, "expires": expires, "by": by}
            book.event(at, "api-token:add", name, details)

    def api_token(self, token_hash: str, now: float) -> ApiToken | None:
        """Return what the token of this hash is, or None if there is none, or none any more."""
        table = tables.api_token
        alive = or_(table.c.expires.is_(None), table.c.expires > now)
        query = select(*_COLUMNS).where(table.c.hash == token_hash, alive)
        with self._records.reading() as book:
            row = book.connection.execute(query).one_or_none()
        return None if row is None else ApiToken(**row._mapping)  # noqa: SLF001 - the row's public view

    def api_tokens(self) -> Sequence[ApiToken]:
        """Return every token that was not revoked, in the order of names."""
        query = select(*_COLUMNS).order_by(tables.api_token.c.name)
        with self._records.reading() as book:
            rows = book.connection.execute(query).all()
        return [ApiToken(**row._mapping) for row in rows]  # noqa: SLF001 - the row's public view

    def revoke_api_token(self, name: str, at: float, *, by: str = "") -> bool:
        """End a token at once, and tell whether there was one of this name."""
        with self._records.writing() as book:
            gone = delete(tables.api_token).where(tables.api_token.c.name == name)
            if book.connection.execute(gone).rowcount == 0:
                return False
            book.event(at, "api-token:remove", name, {"by": by})
        return True
