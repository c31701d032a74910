"""The few pages for people, and `/pypi/<name>/json` for programs."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bonded.index.ports import Book
from bonded.index.project_json import project_json
from bonded.index.simple import to_json
from bonded.index.web.simple import conditional, requested_project

__all__ = ["Pages"]


class Pages:
    """What there is to read about this index; projects of the index behind it are not described here."""

    def __init__(self, book: Book, *, title: str) -> None:
        self._book = book
        self._title = title

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        forms = ("/pypi/{name}/json", "/pypi/{name}/{version}/json")
        return (
            Route("/", self.home, methods=["GET"]),
            Route("/project/{name}/", self.project, methods=["GET"]),
            Route("/project/{name}/{version}/", self.project, methods=["GET"]),
            *(
                Route(path + slash, self.json, methods=["GET"])
                for path in forms
                for slash in ("", "/")
            ),
        )

    def home(self, _request: Request) -> Response:
        """Say what answers here."""
        text = f"{self._title}: a package index by bonded.\n\n/simple/ for installers, /legacy/ for uploads.\n"
        return Response(text, media_type="text/plain")

    def project(self, request: Request) -> Response:
        """Send a reader to the project's files; upload clients print this address."""
        return RedirectResponse(f"/simple/{requested_project(request)}/", 302)

    def json(self, request: Request) -> Response:
        """Describe a project or one of its releases."""
        name = requested_project(request)
        version = request.path_params.get("version")
        if request.path_params["name"] != name:
            inner = f"{version}/" if version else ""
            return RedirectResponse(f"/pypi/{name}/{inner}json", 301)
        with self._book.reading() as book:
            project = book.project(name)
            described = project and project_json(
                project, book.releases(name), book.files(name), version
            )
        if project is None or described is None:
            raise HTTPException(404, f"There is no project {name!r}, or it has no such release.")
        return conditional(request, to_json(described), "application/json", project.serial)
