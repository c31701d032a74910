"""The pages for people: search, what is new, a project with its README, and the files that pages are made with.

What the pages of all versions of a project share is read once for each of its serials, so that whoever reads every one
of ten thousand versions does not have ten thousand rows read for each.

A page is made once for each serial of its project, or of the index, and kept among the other prepared pages. READMEs,
which may take long, are rendered outside the transaction that read them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from bonded.dists.names import ProjectName
from bonded.index.model import File, Found, Project, Release
from bonded.index.page_cache import PageCache
from bonded.index.pages.markup import Results, assets, home_html, project_html, results_html
from bonded.index.pages.project import History, history_of, project_page
from bonded.index.pages.search import FOUND, MAX_QUERY, asked, ranked
from bonded.index.pages.site import Site
from bonded.index.ports import Book, Reading
from bonded.index.readmes import Made, Readmes
from bonded.index.web.guards import GUARDS
from bonded.index.web.prepared import PreparedPages, Rendered, wanted
from bonded.index.web.representation import read_headers, represent
from bonded.index.web.simple import requested_project

__all__ = ["Pages"]

_OFFERS = ("text/html",)
_NEWEST = 12
_PER_PAGE = 25
_FOR_EVER = "max-age=31536000, immutable"
_NOT_KEPT = ""
_HIGHEST = 100
"""Versions that the page of one version lists; the page of the project has them all."""

_HISTORIES = 16 << 20
_LINE = 1024
"""Bytes for histories, and about what a line of one takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What the book says of a project, for one page."""

    project: Project
    history: History
    release: Release | None
    files: Sequence[File]


class Pages:
    """What there is to read about this index; projects of the index behind it are not described here."""

    def __init__(
        self, book: Book, *, prepared: PreparedPages, site: Site, readmes: Readmes
    ) -> None:
        self._book = book
        self._prepared = prepared
        self._site = site
        self._readmes = readmes
        self._histories: PageCache[tuple[int, History]] = PageCache(
            _HISTORIES, lambda kept: _LINE * (1 + len(kept[1].releases))
        )

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered, and by whom."""
        return (
            Route("/", self.home, methods=["GET"]),
            Route("/search", self.search, methods=["GET"]),
            *(
                Route(path + slash, self.project, methods=["GET"])
                for path in ("/project/{name}", "/project/{name}/{version}")
                for slash in ("", "/")
            ),
            Route("/assets/{filename}", self.asset, methods=["GET"]),
        )

    def home(self, request: Request) -> ASGIApp:
        """Show what is new, and how to install from here and publish here."""
        found = self._prepared.answer(
            request.scope, _OFFERS, lambda _kind, origin: self._home(origin)
        )
        assert found is not None
        return found

    def search(self, request: Request) -> ASGIApp:
        """Show which projects a query finds, so many on a page."""
        query = " ".join(request.query_params.get("q", "").split())[:MAX_QUERY]
        wish = asked(query)
        with self._book.reading() as book:
            found = ranked(wish, book.find(wish))
        pages = max(1, -(-len(found) // _PER_PAGE))
        page = _number(request.query_params.get("page", ""), pages)
        results = Results(
            query=query,
            total=len(found),
            is_cut=len(found) >= FOUND,
            shown=found[(page - 1) * _PER_PAGE : page * _PER_PAGE],
            page=page,
            pages=pages,
        )
        kind, coding = wanted(read_headers(request.scope), _OFFERS)
        return represent(results_html(self._site, results), kind, coding, guards=GUARDS)

    def project(self, request: Request) -> ASGIApp:
        """Show a project: the release that installers would take, or the one that is asked for."""
        name = requested_project(request)
        version: str = request.path_params.get("version", "")
        address = _path(name, version)
        if request.scope["path"] != address:
            return RedirectResponse(address, 301)
        found = self._prepared.answer(
            request.scope, _OFFERS, lambda _kind, origin: self._project(name, version, origin)
        )
        if found is None:
            raise HTTPException(404, self._unknown(name))
        return found

    def asset(self, request: Request) -> Response:
        """Send a file that pages are made with; its name changes with its bytes."""
        found = assets().get(request.path_params["filename"])
        if found is None:
            raise HTTPException(404, "There is no such file.")
        response = Response(
            found.data, media_type=found.media_type, headers={"cache-control": _FOR_EVER}
        )
        response.raw_headers += GUARDS
        return response

    def _home(self, origin: str) -> Rendered:
        with self._book.reading() as book:
            serial = book.serial()
            # One project may have published several versions in a row.
            newest = _projects(book.newest(_NEWEST * 4))[:_NEWEST]
        return Rendered(
            project=None,
            serial=serial,
            body=home_html(self._site, newest, origin),
            path="/",
            is_located=True,
            guards=GUARDS,
        )

    def _project(self, name: ProjectName, version: str, origin: str) -> Rendered | None:
        """Make the page; it is kept, unless its README was not rendered for lack of time."""
        with self._book.reading() as book:
            project = book.project(name)
            if project is None:
                return None
            facts = self._read(book, project, version)
        page = project_page(
            project, facts.history, facts.release, facts.files, pinned=bool(version)
        )
        readme = Made("") if page.is_hidden else self._readme(facts.release)
        # Other spellings of a version are answered, but not kept: there is no end of them.
        spelling = facts.release.version if version and facts.release else ""
        return Rendered(
            project=name,
            serial=project.serial,
            body=project_html(self._site, page, readme.html, origin),
            path=_path(name, spelling) if readme.lasting else _NOT_KEPT,
            is_located=True,
            guards=GUARDS,
        )

    def _read(self, book: Reading, project: Project, version: str) -> _Facts:
        """Return what a page needs; 404 where there is no such version."""
        name = project.name
        if version:
            # What strangers ask for and nobody has costs one look, however many versions there are.
            release = book.release(name, version)
            if release is None:
                raise HTTPException(
                    404, f"There is no release {version!r} of {name!r} on this index."
                )
            history = self._highest(book, project)
        else:
            history = history_of(book.outlines(name))
            release = book.release(name, history.newest) if history.newest else None
        files = book.release_files(name, release.version) if release else ()
        return _Facts(project=project, history=history, release=release, files=files)

    def _highest(self, book: Reading, project: Project) -> History:
        """Return the highest versions of a project, as they are at its serial."""
        kept = self._histories.get(project.name)
        if kept is None or kept[0] != project.serial:
            history = history_of(book.outlines(project.name), most=_HIGHEST)
            kept = project.serial, history
            self._histories.put(project.name, kept)
        return kept[1]

    def _readme(self, release: Release | None) -> Made:
        fields = release.metadata if release else {}
        text = str(fields.get("description") or "")
        if not text.strip():
            return Made("")
        return self._readmes.made(text, str(fields.get("description_content_type") or ""))

    def _unknown(self, name: ProjectName) -> str:
        text = f"There is no project {name!r} on this index."
        if self._site.has_upstream:
            text += " The index behind this one may have it: installers get it from here, but it is not described here."
        return text


def _path(name: ProjectName, version: str) -> str:
    return f"/project/{name}/{version}/" if version else f"/project/{name}/"


def _projects(newest: Sequence[Found]) -> list[Found]:
    """Return each project once, with the newest of its versions."""
    seen: dict[ProjectName, Found] = {}
    for one in newest:
        seen.setdefault(one.name, one)
    return list(seen.values())


def _number(text: str, last: int) -> int:
    """Return a page's number, the first one where the text is none, and no more than there are."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1  # noqa: PLR2004 - no huge numbers
    return min(max(number, 1), last)
