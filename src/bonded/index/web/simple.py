"""`/simple/`: what installers ask first. A page is made once for each serial of its project, and kept."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from collections.abc import Sequence as Seq
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bonded.dists.names import InvalidName, ProjectName, parse_project_name
from bonded.index.model import Project
from bonded.index.ports import Book, Elsewhere
from bonded.index.simple import (
    HTML,
    JSON,
    Page,
    located,
    project_page,
    render_html,
    render_index_html,
    render_index_json,
    render_json,
)
from bonded.index.web.accept import preferred
from bonded.index.web.origin import origin

__all__ = ["SimplePages", "conditional", "requested_project"]

_OFFERS = ("text/html", HTML, JSON)
_KEPT_PAGES = 1024

_Key = tuple[ProjectName, str]
"""Project and rendering."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A page as bytes, and what it was made from."""

    serial: int
    body: bytes


class SimplePages:
    """The simple API over the book, and over another index for names that are not ours."""

    def __init__(
        self,
        book: Book,
        *,
        owns: Callable[[ProjectName], bool],
        elsewhere: Elsewhere | None,
        trusted_proxies: Collection[str] = frozenset(),
    ) -> None:
        self._book = book
        self._owns = owns
        self._elsewhere = elsewhere
        self._trusted_proxies = trusted_proxies
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def routes(self) -> Seq[BaseRoute]:
        """Return what is answered, and by whom."""
        return (
            Route("/simple", _to_index, methods=["GET"]),
            Route("/simple/", self.index, methods=["GET"]),
            Route("/simple/{name}", self.detail, methods=["GET"]),
            Route("/simple/{name}/", self.detail, methods=["GET"]),
        )

    def index(self, request: Request) -> Response:
        """List the projects of this index; those of the index behind it are not counted."""
        kind = preferred(request.headers.get("accept", ""), _OFFERS)
        with self._book.reading() as book:
            projects = book.projects()
        serial = max((project.serial for project in projects), default=0)
        render = render_index_json if kind == JSON else render_index_html
        return conditional(request, render(projects, serial), kind, serial)

    def detail(self, request: Request) -> Response:
        """Show one project's files."""
        name = requested_project(request)
        if request.url.path != f"/simple/{name}/":
            return RedirectResponse(f"/simple/{name}/", 301)
        kind = preferred(request.headers.get("accept", ""), _OFFERS)
        if self._owns(name):
            return self._own(request, name, kind)
        page = self._elsewhere.page(name) if self._elsewhere is not None else None
        if page is None:
            raise HTTPException(404, f"There is no project {name!r}.")
        return conditional(request, _rendered(page, kind), kind, None)

    def _own(self, request: Request, name: ProjectName, kind: str) -> Response:
        key = (name, JSON if kind == JSON else HTML)
        with self._book.reading() as book:
            project = book.project(name)
            if project is None:
                raise HTTPException(404, f"There is no project {name!r}.")
            kept = self._find(key, project)
            if kept is None:
                page = project_page(project, book.files(name))
                kept = self._keep(key, _Kept(project.serial, _rendered(page, kind)))
        return conditional(request, self._located(request, kept.body), kind, kept.serial)

    def _located(self, request: Request, body: bytes) -> bytes:
        """Return a page with full addresses of provenance; it stays as it is where the request names no host."""
        try:
            return located(body, origin(request, self._trusted_proxies))
        except HTTPException:
            return body

    def _find(self, key: _Key, project: Project) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.serial != project.serial:
                return None
            self._kept.move_to_end(key)
            return kept

    def _keep(self, key: _Key, kept: _Kept) -> _Kept:
        with self._lock:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT_PAGES:
                self._kept.popitem(last=False)
        return kept


def requested_project(request: Request) -> ProjectName:
    """Return the project in the address, or answer 404 where no project can have such a name."""
    text = request.path_params["name"]
    try:
        return parse_project_name(text)
    except InvalidName:
        raise HTTPException(404, "There is no project of this name, nor can there be.") from None


def conditional(
    request: Request, body: bytes, kind: str, serial: int | None, *, caching: str = "no-cache"
) -> Response:
    """Return bytes with a strong ETag, or 304 where the client has them already.

    Clients keep the page but ask every time (`no-cache`): what was published a moment ago is there to be installed.
    """
    etag = f'"{hashlib.sha256(body + kind.encode()).hexdigest()[:32]}"'
    headers = {"etag": etag, "vary": "Accept", "cache-control": caching}
    if serial is not None:
        headers["x-pypi-last-serial"] = str(serial)
    known = request.headers.get("if-none-match", "")
    if known == "*" or etag in {tag.strip().removeprefix("W/") for tag in known.split(",")}:
        return Response(status_code=304, headers=headers)
    charset = "; charset=utf-8" if kind == "text/html" else ""
    return Response(body, headers=headers | {"content-type": kind + charset})


def _rendered(page: Page, kind: str) -> bytes:
    return render_json(page) if kind == JSON else render_html(page)


async def _to_index(_request: Request) -> Response:
    return RedirectResponse("/simple/", 301)
