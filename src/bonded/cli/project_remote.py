"""The projects of an index from far away: the methods of `index.administration` over the API."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bonded.cli.owner_api import Api
from bonded.errors import UsageError
from bonded.index.administration import Target

__all__ = ["RemoteProjects"]


class RemoteProjects:
    """The projects of one index."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def listed(self, after: str = "", limit: int = 100) -> list[dict[str, Any]]:
        """Return projects in the order of names."""
        return self._api.listed(
            "projects", "/projects", query={"after": after, "limit": str(limit)}
        )

    def shown(self, name: str) -> dict[str, Any]:
        """Return one project with its limits, versions and files."""
        return self._api.ask("GET", _path(name))

    def yank(self, target: Target, reason: str = "", *, dry_run: bool = False) -> dict[str, Any]:
        """Yank a version or a file."""
        return self._change(target.project, "yank", {**_which(target), "reason": reason}, dry_run)

    def unyank(self, target: Target, *, dry_run: bool = False) -> dict[str, Any]:
        """Take a yank back."""
        return self._change(target.project, "unyank", _which(target), dry_run)

    def delete(self, target: Target, *, dry_run: bool = False) -> dict[str, Any]:
        """Delete a file, a version or a project."""
        path = _path(target.project)
        if target.filename:
            path += f"/files/{_quoted(target.filename)}"
        elif target.version:
            path += f"/versions/{_quoted(target.version)}"
        return self._api.ask("DELETE", path, query={"dry_run": "true" if dry_run else ""})

    def set_status(
        self, name: str, status: str, reason: str = "", *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Say what becomes of a project."""
        return self._change(name, "status", {"status": status, "reason": reason}, dry_run)

    def set_limits(
        self, name: str, limits: Mapping[str, int | None], *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Give a project limits of its own."""
        return self._change(name, "limits", limits, dry_run)

    def _change(
        self,
        name: str,
        what: str,
        body: Mapping[str, object],
        dry_run: bool,  # noqa: FBT001 - always by place, from the methods above
    ) -> dict[str, Any]:
        return self._api.ask("POST", f"{_path(name)}/{what}", body={**body, "dry_run": dry_run})


def _path(name: str) -> str:
    return f"/projects/{_quoted(name)}"


def _quoted(text: str) -> str:
    """Return a text as one part of a path; a part that some server on the way would take out names nothing."""
    if text in {"", ".", ".."}:
        raise UsageError(f"{text!r} names nothing")
    return quote(text, safe="")


def _which(target: Target) -> dict[str, str]:
    given = {"version": target.version, "filename": target.filename}
    return {name: text for name, text in given.items() if text}
