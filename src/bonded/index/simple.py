"""One project page, two renderings: HTML as PEP 503 froze it, JSON as PEP 691 grew it (version 1.4).

Addresses of files are relative to the page, so that a page is right under every host name and port that the index is
reached by. JSON is compact with sorted keys, so that the same facts are the same bytes and the same ETag.
"""

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from packaging.version import Version

from bonded.dists.names import ProjectName
from bonded.index.model import File, Project

__all__ = [
    "HTML",
    "JSON",
    "Page",
    "PageFile",
    "located",
    "project_page",
    "provenance_path",
    "render_html",
    "render_index_html",
    "render_index_json",
    "render_json",
]

HTML = "application/vnd.pypi.simple.v1+html"
JSON = "application/vnd.pypi.simple.v1+json"

_API_VERSION = "1.4"
_SHOWN_STATUS = {"archived-noindex": "archived"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """One file on a page; `url` is relative to the page.

    `core_metadata` is the SHA-256 of the `.metadata` beside the file, None where there is none. `yanked` is None, or
    the reason, which may be empty. `provenance` is the address of its provenance, None where there is none.
    """

    filename: str
    url: str
    sha256: str
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
    serial: int | None = None
    versions: Sequence[str] = ()
    files: Sequence[PageFile] = field(default=())


def project_page(project: Project, files: Iterable[File]) -> Page:
    """Return the page of a project of this index; a quarantined one shows no files (PEP 792)."""
    visible = [] if project.status == "quarantined" else list(files)
    visible.sort(key=lambda file: (Version(file.version), file.filename))
    return Page(
        name=project.name,
        status=_SHOWN_STATUS.get(project.status, project.status),
        serial=project.serial,
        versions=list(dict.fromkeys(file.version for file in visible)),
        files=[_page_file(file) for file in visible],
    )


def _page_file(file: File) -> PageFile:
    digest = file.digests.blake2b_256
    return PageFile(
        filename=file.filename,
        url=f"../../packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{file.filename}",
        sha256=file.digests.sha256,
        requires_python=file.requires_python or None,
        size=file.size,
        upload_time=iso_time(file.uploaded),
        yanked=file.yanked,
        core_metadata=file.metadata_sha256,
        provenance=f"../..{provenance_path(file)}" if file.proof else None,
    )


def provenance_path(file: File) -> str:
    """Return where the provenance of a file is, from the root of the index."""
    return f"/integrity/{file.project}/{file.version}/{file.filename}/provenance"


def iso_time(seconds: float) -> str:
    """Return a time as PyPI writes it: ISO 8601 in UTC with a Z, microseconds where there are any."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def render_json(page: Page) -> bytes:
    """Return the page as `application/vnd.pypi.simple.v1+json`."""
    meta: dict[str, object] = {"api-version": _API_VERSION}
    if page.serial is not None:
        meta["_last-serial"] = page.serial
    return to_json(
        {
            "meta": meta,
            "name": page.name,
            "project-status": {"status": page.status},
            "versions": list(page.versions),
            "files": [_file_object(file) for file in page.files],
        }
    )


def _file_object(file: PageFile) -> Mapping[str, object]:
    core_metadata = {"sha256": file.core_metadata} if file.core_metadata else False
    given: dict[str, object] = {
        "filename": file.filename,
        "url": file.url,
        "hashes": {"sha256": file.sha256},
        "requires-python": file.requires_python,
        "yanked": False if file.yanked is None else (file.yanked or True),
        "core-metadata": core_metadata,
        "data-dist-info-metadata": core_metadata,
        "provenance": file.provenance,
    }
    # Other indexes may not tell these two; a null would be no valid page.
    optional = {"size": file.size, "upload-time": file.upload_time}
    return given | {name: value for name, value in optional.items() if value is not None}


def located(body: bytes, origin: str) -> bytes:
    """Return a rendered project page as it is sent to whoever reached the index by `origin`, scheme and authority.

    Unlike those of files, addresses of provenance are given in full (PEP 740). No text on a page can look like one,
    because both renderings write quotation marks inside texts in another way.
    """
    for mark in (b'"provenance":"', b' data-provenance="'):
        body = body.replace(mark + b"../../", mark + origin.encode() + b"/")
    return body


def render_html(page: Page) -> bytes:
    """Return the page as `application/vnd.pypi.simple.v1+html`."""
    title = f"Links for {page.name}"
    links = (f"    {_link(file)}<br />" for file in page.files)
    status = f'    <meta name="pypi:project-status" content="{html.escape(page.status)}">'
    return _document(title, links, page.serial, status)


def _link(file: PageFile) -> str:
    attributes = {"href": f"{file.url}#sha256={file.sha256}"}
    if file.requires_python:
        attributes["data-requires-python"] = file.requires_python
    if file.yanked is not None:
        attributes["data-yanked"] = file.yanked
    if file.core_metadata:
        digest = f"sha256={file.core_metadata}"
        attributes |= {"data-dist-info-metadata": digest, "data-core-metadata": digest}
    if file.provenance:
        attributes["data-provenance"] = file.provenance
    text = " ".join(f'{name}="{html.escape(value)}"' for name, value in attributes.items())
    return f"<a {text}>{html.escape(file.filename)}</a>"


def _document(title: str, lines: Iterable[str], serial: int | None, *metas: str) -> bytes:
    document = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "  <head>",
        '    <meta charset="utf-8">',
        f'    <meta name="pypi:repository-version" content="{_API_VERSION}">',
        *metas,
        f"    <title>{html.escape(title)}</title>",
        "  </head>",
        "  <body>",
        f"    <h1>{html.escape(title)}</h1>",
        *lines,
        "  </body>",
        "</html>",
    ]
    if serial is not None:
        document.append(f"<!--SERIAL {serial}-->")
    return "\n".join(document).encode()


def render_index_json(projects: Sequence[Project], serial: int) -> bytes:
    """Return the list of all projects as JSON; quarantined ones are left out."""
    names = [
        {"_last-serial": project.serial, "name": project.display} for project in _listed(projects)
    ]
    return to_json(
        {"meta": {"_last-serial": serial, "api-version": _API_VERSION}, "projects": names}
    )


def render_index_html(projects: Sequence[Project], serial: int) -> bytes:
    """Return the list of all projects as HTML."""
    links = (
        f'    <a href="{project.name}/">{html.escape(project.display)}</a><br />'
        for project in _listed(projects)
    )
    return _document("Simple index", links, serial)


def _listed(projects: Sequence[Project]) -> Iterable[Project]:
    return (project for project in projects if project.status != "quarantined")


def to_json(value: object) -> bytes:
    """Return JSON as PyPI writes it: compact, sorted, not escaped, with a line end."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{text}\n".encode()


def version_order(versions: Iterable[str]) -> list[str]:
    """Return versions from the lowest to the highest; those that PEP 440 cannot read come first."""
    return sorted(versions, key=_version_key)


def _version_key(text: str) -> tuple[bool, Version, str]:
    try:
        return True, Version(text), text
    except ValueError:
        return False, Version("0"), text
