"""The API tokens of an index from far away: the methods of `index.administration` over the API."""

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from bonded.cli.owner_api import Api
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

    def revoke(self, name: str) -> None:
        """End a token."""
        self._api.ask("DELETE", f"/tokens/{quote(name, safe='')}")
