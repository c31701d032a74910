"""The publishers of an index from far away: the methods of `index.administration` over the API."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bonded.cli.owner_api import Api
from bonded.index.administration import NewPublisher

__all__ = ["RemotePublishers"]


class RemotePublishers:
    """The publishers of one index."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def registered(self, project: str = "") -> list[dict[str, Any]]:
        """Return every publisher, or those of one project."""
        return self._api.listed("publishers", "/publishers", query={"project": project})

    def pending(self) -> list[dict[str, Any]]:
        """Return every pending publisher."""
        return self._api.listed("pending", "/pending-publishers")

    def add(self, new: NewPublisher) -> dict[str, Any]:
        """Register a publisher and return it."""
        where = "/pending-publishers" if new.pending else "/publishers"
        body = {
            "project": new.project,
            "kind": new.kind,
            "fields": dict(new.fields),
            "dry_run": new.dry_run,
        }
        return self._api.ask("POST", where, body=body)

    def remove(self, publisher_id: str, project: str = "") -> list[str]:
        """Take one project, or all, from a publisher."""
        path = f"/publishers/{quote(publisher_id, safe='')}"
        removed = self._api.ask("DELETE", path, query={"project": project}).get("removed")
        return [str(name) for name in removed] if isinstance(removed, list) else []

    def enable(self, publisher_id: str) -> dict[str, Any]:
        """Let a disabled publisher publish again."""
        return self._api.ask("POST", f"/publishers/{quote(publisher_id, safe='')}/enable")

    def remove_pending(self, pending_id: str) -> None:
        """Forget a pending publisher."""
        self._api.ask("DELETE", f"/pending-publishers/{quote(pending_id, safe='')}")

    def exchanges(
        self, project: str = "", limit: int = 20, before: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the last answers of the mint."""
        query = {"project": project, "limit": str(limit), "before": str(before or "")}
        return self._api.listed("exchanges", "/exchanges", query=query)

    def try_token(self, token: str) -> dict[str, Any]:
        """Say what would happen to an ID token."""
        return self._api.ask("POST", "/publishers/test", body={"token": token})

    def try_claims(self, claims: Mapping[str, object]) -> dict[str, Any]:
        """Say what would happen to a token with these claims."""
        return self._api.ask("POST", "/publishers/test", body={"claims": dict(claims)})
