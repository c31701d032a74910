"""`/pypi/NAME/json` and `/pypi/NAME/VERSION/json`: a project described for programs, prepared like its page."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from bonded.dists.names import ProjectName
from bonded.index.ports import Book
from bonded.index.project_json import chosen_release, project_json
from bonded.index.simple import to_json
from bonded.index.web.prepared import PreparedPages, Rendered
from bonded.index.web.simple import requested_project

__all__ = ["ProjectJson"]

_OFFERS = ("application/json",)


class ProjectJson:
    """Descriptions of the projects of this index; those of the index behind it are not described here."""

    def __init__(self, book: Book, *, prepared: PreparedPages) -> None:
        self._book = book
        self._prepared = prepared

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        forms = ("/pypi/{name}/json", "/pypi/{name}/{version}/json")
        return tuple(
            Route(path + slash, self.json, methods=["GET"]) for path in forms for slash in ("", "/")
        )

    def json(self, request: Request) -> ASGIApp:
        """Describe a project or one of its releases."""
        name = requested_project(request)
        version = request.path_params.get("version")
        if request.path_params["name"] != name:
            return RedirectResponse(_path(name, version), 301)
        found = self._prepared.answer(
            request.scope, _OFFERS, lambda _kind, origin: self._rendered(name, version, origin)
        )
        if found is None:
            raise HTTPException(404, f"There is no project {name!r}, or it has no such release.")
        return found

    def _rendered(self, name: ProjectName, version: str | None, origin: str) -> Rendered | None:
        with self._book.reading() as book:
            project = book.project(name)
            if project is None or project.status == "quarantined":
                return None
            releases, files = book.releases(name), book.files(name)
        release = chosen_release(releases, files, version)
        if release is None:
            return None
        described = project_json(project, release, releases, files, origin, whole=version is None)
        return Rendered(
            project=name,
            serial=project.serial,
            body=to_json(described),
            # Other spellings of a version are answered, but not kept: there is no end of them.
            path=_path(name, version and release.version),
            is_located=True,
        )


def _path(name: ProjectName, version: str | None) -> str:
    return f"/pypi/{name}/{version}/json" if version else f"/pypi/{name}/json"
