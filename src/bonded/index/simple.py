"""One project page, two renderings: HTML as PEP 503 froze it, JSON as PEP 691 grew it (version 1.4).

Addresses of files are relative to the page, so that a page is right under every host name and port that the index is
reached by. Those of provenance are given in full, as PEP 740 wants it, so a page that has any is made for one origin.
JSON is compact with sorted keys, so that the same facts are the same bytes and the same ETag; the fields of the objects
below stand in that order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from html import escape
from typing import NamedTuple

import msgspec
from packaging.version import Version

from bonded.dists.names import ProjectName
from bonded.index.model import Project

__all__ = [
    "HTML",
    "JSON",
    "Listed",
    "Page",
    "PageFile",
    "file_path",
    "index_html",
    "index_json",
    "iso_time",
    "project_page",
    "provenance_path",
    "render_html",
    "render_json",
    "shown_status",
    "to_json",
    "version_order",
]

HTML = "application/vnd.pypi.simple.v1+html"
JSON = "application/vnd.pypi.simple.v1+json"

_API_VERSION = "1.4"
_SHOWN_STATUS = {"archived-noindex": "archived"}
_TO_ROOT = "../.."


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """One file on a page; `url` is relative to the page.

    `core_metadata` is the SHA-256 of the `.metadata` beside the file, None where there is none. `yanked` is None, or
    the reason, which may be empty. `provenance` is the address of its provenance from the root of this index, None
    where there is none.
    """

    filename: str
    url: str
    sha256: str
    version: str = ""
    requires_python: str | None = None
    size: int | None = None
    upload_time: str | None = None
    yanked: str | None = None
    core_metadata: str | None = None
    provenance: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What an installer may know about a project; `serial` is None for another index's project."""

    name: ProjectName
    status: str = "active"
    reason: str = ""
    serial: int | None = None
    versions: Sequence[str] = ()
    files: Sequence[PageFile] = field(default=())

    @property
    def is_located(self) -> bool:
        """Whether it says where it is: a page with provenance does, and so differs from origin to origin."""
        return any(file.provenance for file in self.files)


class Listed(NamedTuple):
    """A project in the list of all: its normal name, as its metadata spells it, and its serial.

    A tuple, because half a million of them are made at once.
    """

    name: str
    display: str
    serial: int


def project_page(project: Project, files: Iterable[PageFile]) -> Page:
    """Return the page of a project of this index; a quarantined one shows no files (PEP 792)."""
    visible = [] if project.status == "quarantined" else list(files)
    order = cache(Version)
    visible.sort(key=lambda file: (order(file.version), file.filename))
    return Page(
        name=project.name,
        status=shown_status(project.status),
        reason=project.reason,
        serial=project.serial,
        versions=list(dict.fromkeys(file.version for file in visible)),
        files=visible,
    )


def shown_status(status: str) -> str:
    """Return a project's status as readers may know it: one of the four of PEP 792."""
    return _SHOWN_STATUS.get(status, status)


def file_path(blake2b_256: str, filename: str) -> str:
    """Return where a file is, from the root of the index."""
    return f"/packages/{blake2b_256[:2]}/{blake2b_256[2:4]}/{blake2b_256[4:]}/{filename}"


def provenance_path(project: str, version: str, filename: str) -> str:
    """Return where the provenance of a file is, from the root of the index."""
    return f"/integrity/{project}/{version}/{filename}/provenance"


def iso_time(seconds: float) -> str:
    """Return a time as PyPI writes it: ISO 8601 in UTC with a Z, microseconds where there are any."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


class _Hash(msgspec.Struct, frozen=True):
    sha256: str


class _File(
    msgspec.Struct,
    frozen=True,
    rename={
        "core_metadata": "core-metadata",
        "dist_info_metadata": "data-dist-info-metadata",
        "requires_python": "requires-python",
        "upload_time": "upload-time",
    },
):
    """A file of PEP 691. Other indexes may not tell size and time; a null would be no valid page."""

    core_metadata: _Hash | bool
    dist_info_metadata: _Hash | bool
    filename: str
    hashes: _Hash
    provenance: str | None
    requires_python: str | None
    size: int | msgspec.UnsetType
    upload_time: str | msgspec.UnsetType
    url: str
    yanked: str | bool


def render_json(page: Page, origin: str = "") -> bytes:
    """Return the page as `application/vnd.pypi.simple.v1+json`.

    `origin` is the scheme and authority that its reader reached the index by; without it addresses of provenance are
    relative.
    """
    meta: dict[str, object] = {"api-version": _API_VERSION}
    if page.serial is not None:
        meta["_last-serial"] = page.serial
    status = {"status": page.status} | ({"reason": page.reason} if page.reason else {})
    start = origin or _TO_ROOT
    return to_json(
        {
            "meta": meta,
            "name": page.name,
            "project-status": status,
            "versions": list(page.versions),
            "files": [_file_object(file, start) for file in page.files],
        }
    )


def _file_object(file: PageFile, start: str) -> _File:
    core_metadata = _Hash(file.core_metadata) if file.core_metadata else False
    return _File(
        core_metadata=core_metadata,
        dist_info_metadata=core_metadata,
        filename=file.filename,
        hashes=_Hash(file.sha256),
        provenance=f"{start}{file.provenance}" if file.provenance else None,
        requires_python=file.requires_python,
        size=msgspec.UNSET if file.size is None else file.size,
        upload_time=msgspec.UNSET if file.upload_time is None else file.upload_time,
        url=file.url,
        yanked=False if file.yanked is None else (file.yanked or True),
    )


def render_html(page: Page, origin: str = "") -> bytes:
    """Return the page as `application/vnd.pypi.simple.v1+html`; `origin` as for JSON."""
    metas = [f'    <meta name="pypi:project-status" content="{escape(page.status)}">\n']
    if page.reason:
        metas.append(
            f'    <meta name="pypi:project-status-reason" content="{escape(page.reason)}">\n'
        )
    start = origin or _TO_ROOT
    links = "".join([_link(file, start) for file in page.files])
    head = _head(f"Links for {page.name}", "".join(metas))
    return f"{head}{links}{_foot(page.serial)}".encode()


def _link(file: PageFile, start: str) -> str:
    more = ""
    if file.requires_python:
        more += f' data-requires-python="{escape(file.requires_python)}"'
    if file.yanked is not None:
        more += f' data-yanked="{escape(file.yanked)}"'
    if file.core_metadata:
        digest = f"sha256={escape(file.core_metadata)}"
        more += f' data-dist-info-metadata="{digest}" data-core-metadata="{digest}"'
    if file.provenance:
        more += f' data-provenance="{escape(start + file.provenance)}"'
    href = escape(f"{file.url}#sha256={file.sha256}")
    return f'    <a href="{href}"{more}>{escape(file.filename)}</a><br />\n'


def _head(title: str, metas: str = "") -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n  <head>\n    <meta charset="utf-8">\n'
        f'    <meta name="pypi:repository-version" content="{_API_VERSION}">\n{metas}'
        f"    <title>{escape(title)}</title>\n  </head>\n  <body>\n    <h1>{escape(title)}</h1>\n"
    )


def _foot(serial: int | None) -> str:
    mark = "" if serial is None else f"\n<!--SERIAL {serial}-->"
    return f"  </body>\n</html>{mark}"


class _Name(msgspec.Struct, frozen=True, rename={"serial": "_last-serial"}):
    serial: int
    name: str


def index_json(batches: Iterable[Sequence[Listed]], serial: int) -> Iterable[bytes]:
    """Give the list of projects as JSON, one piece for each batch of them."""
    encode = msgspec.json.encode
    meta = {"_last-serial": serial, "api-version": _API_VERSION}
    yield b'{"meta":' + encode(meta) + b',"projects":['
    between = b""
    for batch in batches:
        names = [_Name(one.serial, one.display) for one in batch]
        if names:
            yield between + encode(names)[1:-1]
            between = b","
    yield b"]}\n"


def index_html(batches: Iterable[Sequence[Listed]], serial: int) -> Iterable[bytes]:
    """Give the list of projects as HTML, one piece for each batch of them."""
    yield _head("Simple index").encode()
    for batch in batches:
        links = [
            f'    <a href="{escape(one.name)}/">{escape(one.display)}</a><br />\n' for one in batch
        ]
        yield "".join(links).encode()
    yield _foot(serial).encode()


def to_json(value: object) -> bytes:
    """Return JSON as PyPI writes it: compact, sorted, not escaped, with a line end."""
    return msgspec.json.encode(value, order="deterministic") + b"\n"


def version_order(versions: Iterable[str]) -> list[str]:
    """Return versions from the lowest to the highest; those that PEP 440 cannot read come first."""
    return sorted(versions, key=_version_key)


def _version_key(text: str) -> tuple[bool, Version, str]:
    try:
        return True, Version(text), text
    except ValueError:
        return False, Version("0"), text
