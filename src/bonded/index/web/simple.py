"""`/simple/`: what installers ask first. A page is made once for each serial of its project, and kept."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from bonded.dists.names import InvalidName, ProjectName, parse_project_name
from bonded.index.ports import Book, Elsewhere
from bonded.index.simple import HTML, JSON, Page, project_page, render_html, render_json
from bonded.index.web.arriving import arrived
from bonded.index.web.foreign_pages import ForeignPages
from bonded.index.web.names import NamesList
from bonded.index.web.prepared import PreparedPages, Rendered
from bonded.index.web.representation import Representation, conditional

__all__ = ["SimplePages", "conditional", "requested_project"]

_OFFERS = ("text/html", HTML, JSON)


class SimplePages:
    """The simple API over the book, and over another index for names that are not ours."""

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
        self._foreign = ForeignPages()
        self._names = NamesList(book, prepared)

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        return (
            Route("/simple", _to_index, methods=["GET"]),
            Route("/simple/", self.index, methods=["GET"]),
            Route("/simple/{name}", self.detail, methods=["GET"]),
            Route("/simple/{name}/", self.detail, methods=["GET"]),
        )

    def index(self, request: Request) -> ASGIApp:
        """List the projects of this index; those of the index behind it are not counted."""
        return self._names.answer(request.scope, _OFFERS)

    async def detail(self, request: Request) -> ASGIApp:
        """Show one project's files."""
        name = requested_project(request)
        path = f"/simple/{name}/"
        if request.url.path != path:
            return RedirectResponse(path, 301)
        found = await run_in_threadpool(self._found, request, name, path)
        if isinstance(found, Future):
            # No thread of ours stands here while another index is asked.
            page = await arrived(found)
            found = await run_in_threadpool(self._other, request, page)
        if found is None:
            raise HTTPException(404, f"There is no project {name!r}.")
        return found

    def _found(
        self, request: Request, name: ProjectName, path: str
    ) -> Representation | Future[Page | None] | None:
        """Return what is at hand, or what will bring the page of another index."""
        if self._owns(name):
            return self._own(request, name, path)
        if self._elsewhere is None:
            return None
        coming = self._elsewhere.page(name)
        return self._other(request, coming.result()) if coming.done() else coming

    def _own(self, request: Request, name: ProjectName, path: str) -> Representation | None:
        return self._prepared.answer(
            request.scope, _OFFERS, lambda kind, origin: self._rendered(name, path, kind, origin)
        )

    def _other(self, request: Request, page: Page | None) -> Representation | None:
        if page is None:
            return None
        return self._foreign.answer(request.scope, _OFFERS, page, _as_bytes)

    def _rendered(self, name: ProjectName, path: str, kind: str, origin: str) -> Rendered | None:
        """Make the page of a project of this index."""
        with self._book.reading() as book:
            project = book.project(name)
            if project is None:
                return None
            page = project_page(project, book.page_files(name))
        return Rendered(
            project=name,
            serial=project.serial,
            body=_as_bytes(page, kind, origin),
            path=path,
            is_located=page.is_located,
        )


def requested_project(request: Request) -> ProjectName:
    """Return the project in the address, or answer 404 where no project can have such a name."""
    text = request.path_params["name"]
    try:
        return parse_project_name(text)
    except InvalidName:
        raise HTTPException(404, "There is no project of this name, nor can there be.") from None


def _as_bytes(page: Page, kind: str, origin: str = "") -> bytes:
    return render_json(page, origin) if kind == JSON else render_html(page, origin)


async def _to_index(_request: Request) -> Response:
    return RedirectResponse("/simple/", 301)
