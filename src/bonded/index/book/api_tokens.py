"""API tokens in the book, by their hashes: for administrators, for uploads to named projects, for readers."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.databases import Prepared
from bonded.index.book.journal import Journal
from bonded.index.model import ApiToken, Scope

__all__ = ["ApiTokens"]

_TABLE = tables.api_token
_OF_HASH = Prepared(select(_TABLE).where(_TABLE.c.hash == bindparam("hash")))
_END = Prepared(select(_TABLE.c.expires).where(_TABLE.c.hash == bindparam("hash")))


class ApiTokens(Journal):
    """The API tokens, seen through one connection and its transaction."""

    def add_api_token(self, token_hash: str, token: ApiToken, *, by: str) -> bool:
        """Write a token down by its hash only, and tell whether its name was free; one that ended gives its name up."""
        ended = delete(_TABLE).where(_TABLE.c.name == token.name, _TABLE.c.expires <= token.created)
        self.connection.execute(ended)
        row = {
            "hash": token_hash,
            "name": token.name,
            "scope": token.scope.value,
            "projects": json.dumps(token.projects),
            "created": token.created,
            "expires": token.expires,
        }
        if not self.add_new(_TABLE, row):
            return False
        details = {
            "scope": token.scope.value,
            "projects": list(token.projects),
            "expires": token.expires,
            "by": by,
        }
        self.event(token.created, "api-token:add", token.name, details)
        return True

    def api_token(self, token_hash: str) -> ApiToken | None:
        """Return the token of this hash, also one that has ended."""
        rows = _OF_HASH.rows(self.connection, {"hash": token_hash})
        return _token(rows[0]) if rows else None

    def api_tokens(self) -> Sequence[ApiToken]:
        """Return every token that was not revoked, in the order of names, those included that have ended."""
        query = select(_TABLE).order_by(_TABLE.c.name)
        return [_token(row) for row in self.connection.execute(query)]

    def api_token_end(self, token_hash: str) -> float:
        """Return when an API token of whatever scope ends, 0 where there is none: all that a reader needs."""
        rows = _END.rows(self.connection, {"hash": token_hash})
        return float(rows[0][0]) if rows else 0.0

    def revoke_api_token(self, name: str, at: float, *, by: str) -> bool:
        """End a token at once, and tell whether there was one of this name."""
        if self.connection.execute(delete(_TABLE).where(_TABLE.c.name == name)).rowcount == 0:
            return False
        self.event(at, "api-token:remove", name, {"by": by})
        return True

    def take_from_api_tokens(self, project: ProjectName, at: float, *, by: str) -> None:
        """Take a project from every upload token; one that is left with none ends."""
        for token in self.api_tokens():
            if project not in token.projects:
                continue
            left = [name for name in token.projects if name != project]
            if not left:
                self.revoke_api_token(token.name, at, by=by)
                continue
            same = update(_TABLE).where(_TABLE.c.name == token.name)
            self.connection.execute(same.values(projects=json.dumps(left)))
            self.event(at, "api-token:change", token.name, {"lost": project, "by": by})


def _token(row: Any) -> ApiToken:
    return ApiToken(
        name=row.name,
        scope=Scope(row.scope),
        projects=tuple(map(ProjectName, json.loads(row.projects))),
        created=row.created,
        expires=row.expires,
    )
