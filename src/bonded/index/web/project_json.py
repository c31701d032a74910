"""`/pypi/NAME/json` and `/pypi/NAME/VERSION/json`: a project described for programs, prepared like its page.

That of another index's project is made for each request, from what is kept of it.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from bonded.dists.names import ProjectName
from bonded.index.foreign_json import foreign_json, foreign_release
from bonded.index.model import File, Release
from bonded.index.ports import Book, Elsewhere, Reading
from bonded.index.project_json import by_version, latest, project_json
from bonded.index.simple import Page, to_json
from bonded.index.web.arriving import arrived
from bonded.index.web.prepared import PreparedPages, Rendered, wanted
from bonded.index.web.representation import read_headers, represent
from bonded.index.web.simple import requested_project

__all__ = ["ProjectJson"]

_OFFERS = ("application/json",)


class ProjectJson:
    """Descriptions of the projects of this index, and of those of the index behind it, as far as its pages go."""

    def __init__(
        self,
        book: Book,
        *,
        prepared: PreparedPages,
        owns: Callable[[ProjectName], bool],
        elsewhere: Elsewhere | None,
    ) -> None:
        self._book = book
        self._prepared = prepared
        self._owns = owns
        self._elsewhere = elsewhere

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        forms = ("/pypi/{name}/json", "/pypi/{name}/{version}/json")
        return tuple(
            Route(path + slash, self.json, methods=["GET"]) for path in forms for slash in ("", "/")
        )

    async def json(self, request: Request) -> ASGIApp:
        """Describe a project or one of its releases."""
        name = requested_project(request)
        version: str | None = request.path_params.get("version")
        if request.path_params["name"] != name:
            return RedirectResponse(_path(name, version), 301)
        found = await run_in_threadpool(self._found, request, name, version)
        if isinstance(found, Future):
            # No thread of ours stands here while another index is asked.
            page = await arrived(found)
            found = None if page is None else await self._other(request, page, version)
        if found is None:
            raise HTTPException(404, f"There is no project {name!r}, or it has no such release.")
        return found

    def _found(
        self, request: Request, name: ProjectName, version: str | None
    ) -> ASGIApp | Future[Page | None] | None:
        """Return a description of ours, or what will bring the page of another index."""
        if self._elsewhere is not None and not self._owns(name):
            return self._elsewhere.page(name)
        return self._prepared.answer(
            request.scope, _OFFERS, lambda _kind, origin: self._rendered(name, version, origin)
        )

    async def _other(self, request: Request, page: Page, version: str | None) -> ASGIApp | None:
        """Describe a project of another index by its page, and by the metadata of the release, verified as any file."""
        release = foreign_release(page, version)
        if release is None or self._elsewhere is None:
            return None
        held, file = None, release.described_by
        if file is not None:
            name = f"{file.filename}.metadata"
            coming = await run_in_threadpool(self._elsewhere.file, page.name, file.sha256, name)
            held = await arrived(coming)

        def made() -> ASGIApp:
            metadata = os.pread(held.fileno(), held.size, 0) if held is not None else b""
            origin = self._prepared.origin_of(request.scope)
            described = foreign_json(page, release, metadata, origin, whole=version is None)
            kind, coding = wanted(read_headers(request.scope), _OFFERS)
            return represent(to_json(described), kind, coding)

        return await run_in_threadpool(made)

    def _rendered(self, name: ProjectName, version: str | None, origin: str) -> Rendered | None:
        with self._book.reading() as book:
            project = book.project(name)
            if project is None or project.status == "quarantined":
                return None
            release, files = _read(book, name, version)
        if release is None:
            return None
        described = project_json(project, release, files, origin, whole=version is None)
        return Rendered(
            project=name,
            serial=project.serial,
            body=to_json(described),
            # Other spellings of a version are answered, but not kept: there is no end of them.
            path=_path(name, version and release.version),
            is_located=True,
        )


def _read(
    book: Reading, name: ProjectName, version: str | None
) -> tuple[Release | None, Mapping[str, Sequence[File]]]:
    """Return the release that is described, and the files by version: of the whole project only without a version.

    So whoever reads every version of a project with ten thousand does not read it all ten thousand times.
    """
    if version is not None:
        release = book.release(name, version)
        if release is None:
            return None, {}
        return release, {release.version: book.release_files(name, release.version)}
    files = by_version((one.version for one in book.outlines(name)), book.files(name))
    newest = latest(files)
    return (None if newest is None else book.release(name, newest)), files


def _path(name: ProjectName, version: str | None) -> str:
    return f"/pypi/{name}/{version}/json" if version else f"/pypi/{name}/json"
