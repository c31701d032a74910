"""Values into HTML. Every value is escaped on its way into a template; the one exception is a sanitised README."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from bonded.index.model import Found
from bonded.index.pages.files import shown_time
from bonded.index.pages.project import ProjectPage
from bonded.index.pages.site import Site

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Asset", "Results", "assets", "error_html", "home_html", "project_html", "results_html"]

_NOWHERE = "https://the-address-of-this-index"
_KINDS = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages refer to; its name changes with its bytes, so it may be kept for ever."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One page of what a search found; `is_cut` tells that there may be more than was looked at."""

    query: str
    total: int
    is_cut: bool
    shown: Sequence[Found]
    page: int
    pages: int


def home_html(site: Site, newest: Sequence[Found], origin: str) -> bytes:
    """Return the first page; `origin` is the address of the index as its reader reached it, empty if nobody knows."""
    return _html("home.html", site, newest=newest, origin=origin or _NOWHERE)


def results_html(site: Site, results: Results) -> bytes:
    """Return a page of search results."""
    # A lone surrogate cannot stand in the addresses of the other pages.
    query = results.query.encode("utf-8", "replace").decode()
    return _html("results.html", site, results=replace(results, query=query))


def project_html(site: Site, page: ProjectPage, readme: str, origin: str) -> bytes:
    """Return a project's page; `readme` is sanitised HTML, empty where there is none, `origin` as for `home_html`."""
    from markupsafe import Markup

    safe = Markup(readme)  # noqa: S704 - what pages.readme made is sanitised or escaped
    return _html("project.html", site, page=page, readme=safe, origin=origin or _NOWHERE)


def error_html(site: Site, status: int, title: str, message: str) -> bytes:
    """Return a page that says no."""
    return _html("error.html", site, status=status, title=title, message=message)


@cache
def assets() -> Mapping[str, Asset]:
    """Return the files beside the pages under the names by which pages ask for them."""
    return {
        _hashed(name, data): Asset(data, _KINDS[name.rpartition(".")[2]])
        for name, data in _stored().items()
    }


def _hashed(name: str, data: bytes) -> str:
    stem, _, kind = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(data).hexdigest()[:16]}.{kind}"


@cache
def _stored() -> Mapping[str, bytes]:
    folder = files("bonded.index.pages") / "assets"
    return {
        entry.name: entry.read_bytes()
        for entry in folder.iterdir()
        if entry.name.rpartition(".")[2] in _KINDS
    }


def _html(template: str, site: Site, **values: object) -> bytes:
    text = _templates().get_template(template).render(site=site, **values)
    # A lone surrogate can come out of JSON; no page can hold one.
    return text.encode("utf-8", "replace")


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("bonded.index.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = {name: f"/assets/{_hashed(name, data)}" for name, data in _stored().items()}
    environment.globals.update(assets=names, shown_time=shown_time)
    return environment
