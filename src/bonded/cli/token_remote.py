"""The API tokens of an index from far away: the methods of `index.administration` over the API."""

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from bonded.cli.owner_api import Api
from bonded.errors import UsageError
from bonded.index.administration import NewToken

__all__ = ["RemoteTokens"]


class RemoteTokens:
    """The API tokens of one index."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def listed(self) -> list[dict[str, Any]]:
        """Return every token that was not revoked."""
        return self._api.listed("tokens", "/tokens")

    def add(self, new: NewToken) -> dict[str, Any]:
        """Make a token and return it with its secret."""
        body = {**asdict(new), "projects": list(new.projects)}
        return self._api.ask("POST", "/tokens", body=body)

    def revoke(self, name: str, *, dry_run: bool = False) -> dict[str, Any]:
        """End a token."""
        if name in {"", ".", ".."}:  # some server on the way would take such a part of a path out
            raise UsageError(f"{name!r} names nothing")
        query = {"dry_run": "true" if dry_run else ""}
        return self._api.ask("DELETE", f"/tokens/{quote(name, safe='')}", query=query)
