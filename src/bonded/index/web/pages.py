"""The few pages for people."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bonded.index.ports import Book
from bonded.index.web.simple import requested_project

__all__ = ["Pages"]


class Pages:
    """What there is to read about this index; projects of the index behind it are not described here."""

    def __init__(self, book: Book, *, title: str) -> None:
        self._book = book
        self._title = title

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        return (
            Route("/", self.home, methods=["GET"]),
            Route("/project/{name}/", self.project, methods=["GET"]),
            Route("/project/{name}/{version}/", self.project, methods=["GET"]),
        )

    def home(self, _request: Request) -> Response:
        """Say what answers here."""
        text = f"{self._title}: a package index by bonded.\n\n/simple/ for installers, /legacy/ for uploads.\n"
        return Response(text, media_type="text/plain")

    def project(self, request: Request) -> Response:
        """Send a reader to the project's files; upload clients print this address."""
        return RedirectResponse(f"/simple/{requested_project(request)}/", 302)
