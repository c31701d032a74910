"""`/-/api/projects`: what is published, in its owners' hands."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from bonded.index.administration import Administration, Target, Unacceptable
from bonded.index.web.admin.asking import answered, body_of, dry_run, numbers

__all__ = ["ProjectAddresses"]


class ProjectAddresses:
    """What owners ask about projects."""

    def __init__(self, administration: Administration) -> None:
        self._projects = administration.projects

    async def listed(self, request: Request, by: str) -> Response:
        """List projects in the order of names, those that follow `?after=`, at most `?limit=`."""
        limit = numbers(request, "limit")
        after = request.query_params.get("after", "")
        found = await run_in_threadpool(lambda: self._projects(by).listed(after, **limit))
        return answered({"projects": found})

    async def shown(self, request: Request, by: str) -> Response:
        """Show a project with its versions and files."""
        return answered(
            await run_in_threadpool(self._projects(by).shown, request.path_params["name"])
        )

    async def delete(self, request: Request, by: str) -> Response:
        """Delete a file, a version or a project; with `?dry_run=true`, only say what would go."""
        is_dry = dry_run(request)
        path = request.path_params
        target = Target(
            project=path["name"],
            version=path.get("version", ""),
            filename=path.get("filename", ""),
        )
        desk = self._projects(by)
        return answered(await run_in_threadpool(lambda: desk.delete(target, dry_run=is_dry)))

    async def yank(self, request: Request, by: str) -> Response:
        """Yank a version or a file, with a reason."""
        document = await _read(
            request, {"version": str, "filename": str, "reason": str, "dry_run": bool}
        )
        reason, dry_run = document.pop("reason", ""), document.pop("dry_run", False)
        target = Target(project=request.path_params["name"], **document)
        desk = self._projects(by)
        return answered(await run_in_threadpool(lambda: desk.yank(target, reason, dry_run=dry_run)))

    async def unyank(self, request: Request, by: str) -> Response:
        """Take a yank back."""
        document = await _read(request, {"version": str, "filename": str, "dry_run": bool})
        dry_run = document.pop("dry_run", False)
        target = Target(project=request.path_params["name"], **document)
        desk = self._projects(by)
        return answered(await run_in_threadpool(lambda: desk.unyank(target, dry_run=dry_run)))

    async def set_status(self, request: Request, by: str) -> Response:
        """Say what becomes of a project."""
        document = await _read(request, {"status": str, "reason": str, "dry_run": bool})
        name, desk = request.path_params["name"], self._projects(by)
        status = document.pop("status", "")
        return answered(await run_in_threadpool(lambda: desk.set_status(name, status, **document)))

    async def set_limits(self, request: Request, by: str) -> Response:
        """Give a project limits of its own; with null, those of the index."""
        sizes = int | None
        document = await _read(
            request, {"file_size": sizes, "project_size": sizes, "dry_run": bool}
        )
        name, desk = request.path_params["name"], self._projects(by)
        dry_run = document.pop("dry_run", False)
        return answered(
            await run_in_threadpool(lambda: desk.set_limits(name, document, dry_run=dry_run))
        )


async def _read(request: Request, members: dict[str, Any]) -> dict[str, Any]:
    """Return the body, a JSON object with some of these members; raises Unacceptable for others."""
    document = await body_of(request, members)
    for name, value in document.items():
        kind = members[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Unacceptable(f"{name!r} is {_told(kind)}, got {value!r}")
    return document


def _told(kind: Any) -> str:
    return {str: "a text", bool: "true or false"}.get(kind, "a number of bytes or null")
