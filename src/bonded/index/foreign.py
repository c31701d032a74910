"""The page of a project as another index shows it, in JSON (PEP 691) or HTML (PEP 503), read with suspicion.

A file is taken over only if its name is safe in an address, it is not another project's, its own address is http or
https, and the page gives its SHA-256: without one nobody could say later whether the right file came.

What is no project page must not be taken for one without files: that would tell an installer that a project has no
releases when it was a sign-in form that came, or a page of a proxy. So a page must look like one.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from packaging.utils import canonicalize_name
from packaging.version import Version

from bonded.dists.metadata import has_long_number
from bonded.dists.names import InvalidName, ProjectName, parse_project_name
from bonded.index.simple import HTML, JSON, PageFile, version_order

__all__ = ["ForeignFile", "ForeignPage", "UnreadablePage", "read_page"]

_FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_STATUS = frozenset({"active", "archived", "quarantined", "deprecated"})
_JSON_TYPES = frozenset({JSON, "application/vnd.pypi.simple.latest+json", "application/json"})
_HTML_TYPES = frozenset({HTML, "application/vnd.pypi.simple.latest+html", "text/html"})
_MAX_FILENAME = 255
_WHEEL_PARTS = frozenset({5, 6})
_PLAIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")
_MAX_SIZE = 1 << 50


class UnreadablePage(ValueError):
    """The other index answered with something that is no project page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFile:
    """A file as it will be shown, with an empty address, and where it really is.

    `version` is None where the name of the file does not say one. `uploaded` is what the other index says, in seconds
    since 1970, None where it says nothing that can be read.
    """

    shown: PageFile
    url: str
    version: Version | None = None
    uploaded: float | None = None

    @property
    def metadata_url(self) -> str:
        """Return where the `.metadata` beside the file is (PEP 658)."""
        parts = urlsplit(self.url)
        return parts._replace(path=f"{parts.path}.metadata").geturl()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPage:
    """A project of another index."""

    status: str = "active"
    versions: Sequence[str] = ()
    files: Sequence[ForeignFile] = field(default=())


def read_page(body: str, *, media_type: str, url: str, name: ProjectName) -> ForeignPage:
    """Read the page of a project that came from `url`; raises `UnreadablePage`."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind in _JSON_TYPES:
        return _read_json(body, url, name)
    if kind in _HTML_TYPES:
        return _read_html(body, url, name)
    raise UnreadablePage(f"its page came as {kind[:80]!r}")


def _read_html(body: str, url: str, name: ProjectName) -> ForeignPage:
    reader = _Links(url, name)
    reader.feed(body)
    reader.close()
    if not reader.files and not reader.is_page:
        raise UnreadablePage(
            "its HTML is no project page: it links no file with a SHA-256, nor says that it is one"
        )
    files = _unique(reader.files)
    return ForeignPage(status=reader.status, versions=_versions_of(files), files=files)


def _read_json(body: str, url: str, name: ProjectName) -> ForeignPage:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadablePage("its page is not JSON") from None
    files = document.get("files") if isinstance(document, dict) else None
    if not isinstance(files, list):
        raise UnreadablePage("its page has no list of files")
    meta = document.get("meta")
    api = meta.get("api-version") if isinstance(meta, dict) else None
    if not isinstance(api, str) or api.partition(".")[0] != "1":
        raise UnreadablePage("its page is of no version of the simple API that is known (PEP 629)")
    if not _is_named(document.get("name", name), name):
        raise UnreadablePage("its page is that of another project")
    status = document.get("project-status")
    status = status.get("status") if isinstance(status, dict) else None
    taken = _unique([f for item in files if (f := _json_file(item, url, name)) is not None])
    told = document.get("versions")
    versions = {_text(text) for text in told} - {""} if isinstance(told, list) else None
    return ForeignPage(
        status=status if isinstance(status, str) and status in _STATUS else "active",
        versions=_versions_of(taken) if versions is None else version_order(versions),
        files=taken,
    )


def _is_named(text: object, name: ProjectName) -> bool:
    try:
        return isinstance(text, str) and parse_project_name(text) == name
    except InvalidName:
        return False


def _unique(files: Sequence[ForeignFile]) -> Sequence[ForeignFile]:
    """Return the files; where two bear one name, the first counts."""
    return list({file.shown.filename: file for file in reversed(files)}.values())[::-1]


def _versions_of(files: Sequence[ForeignFile]) -> Sequence[str]:
    return version_order({str(file.version) for file in files if file.version is not None})


def _json_file(item: object, page_url: str, name: ProjectName) -> ForeignFile | None:
    if not isinstance(item, dict):
        return None
    hashes = item.get("hashes")
    yanked = item.get("yanked")
    metadata = item.get("core-metadata", item.get("data-dist-info-metadata"))
    size = item.get("size")
    return _file(
        page_url,
        name,
        href=_text(item.get("url")),
        filename=_text(item.get("filename")),
        sha256=_text(hashes.get("sha256")) if isinstance(hashes, dict) else "",
        requires_python=_text(item.get("requires-python")) or None,
        size=size if type(size) is int and 0 <= size < _MAX_SIZE else None,
        upload_time=_text(item.get("upload-time")) or None,
        yanked=_text(yanked) if isinstance(yanked, str) else ("" if yanked is True else None),
        metadata=_text(metadata.get("sha256")) if isinstance(metadata, dict) else "",
    )


def _text(value: object) -> str:
    """Return a text that can be written in UTF-8, empty where it is none: JSON may hold halves of characters."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _file(
    page_url: str,
    name: ProjectName,
    *,
    href: str,
    filename: str,
    sha256: str,
    metadata: str,
    upload_time: str | None,
    requires_python: str | None,
    **shown: Any,
) -> ForeignFile | None:
    """Return the file, or None where it cannot be taken over."""
    url = _address(page_url, href)
    sha256, metadata = sha256.lower(), metadata.lower()
    if not url or not _FILENAME.fullmatch(filename) or not _SHA256.fullmatch(sha256):
        return None
    if len(filename) > _MAX_FILENAME or filename.lower().endswith(".metadata"):
        return None
    if has_long_number(requires_python or ""):
        return None  # pip would stop at it, and install nothing of the project
    project, version = _whose(filename)
    # Eggs, installers and versions of before PEP 440 are shown, for installers skip them by themselves.
    if version is not None and ProjectName(canonicalize_name(project)) != name:
        return None
    time = _time(upload_time or "")
    return ForeignFile(
        shown=PageFile(
            filename=filename,
            url="",
            sha256=sha256,
            requires_python=requires_python,
            core_metadata=metadata if _SHA256.fullmatch(metadata) else None,
            upload_time=None if time is None else time.isoformat().replace("+00:00", "Z"),
            **shown,
        ),
        url=url,
        version=version,
        uploaded=None if time is None else time.timestamp(),
    )


def _address(page_url: str, href: str) -> str:
    """Return the address that a link leads to, empty where it is none of the web."""
    href = href.partition("#")[0]
    if _PLAIN.fullmatch(href):
        return href
    try:
        url = urljoin(page_url, href)
        return url if urlsplit(url).scheme in {"http", "https"} else ""
    except ValueError:
        return ""


def _whose(filename: str) -> tuple[str, Version | None]:
    """Return the project and version in the name of a file; no version where it does not say one.

    `dists.names` reads more of a name, and takes several times as long: a page may have ten thousand.
    """
    if filename.endswith(".whl"):
        parts = filename.removesuffix(".whl").split("-")
        return (parts[0], _version(parts[1])) if len(parts) in _WHEEL_PARTS else ("", None)
    for ending in (".tar.gz", ".zip"):
        if filename.endswith(ending):
            project, _, version = filename.removesuffix(ending).rpartition("-")
            return project, _version(version)
    return "", None


@lru_cache(4096)
def _version(text: str) -> Version | None:
    try:
        version = Version(text)
        hash(version)  # more digits than Python reads are found out here
    except ValueError:
        return None
    return version


def _time(text: str) -> datetime | None:
    """Return a time as PEP 700 has it, in UTC; None where it is none."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


class _Links(HTMLParser):
    """Collects the files of an HTML page; its `<base href>` counts, and what it says of itself (PEP 629, PEP 792)."""

    def __init__(self, url: str, name: ProjectName) -> None:
        super().__init__()
        self.files: list[ForeignFile] = []
        self.is_page = False
        self.status = "active"
        self._base = url
        self._name = name

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at links, at the base that they are relative to, and at what the page says of itself."""
        given = {name: value or "" for name, value in attrs}
        if tag == "base" and given.get("href"):
            self._base = _joined(self._base, given["href"])
        elif tag == "meta":
            self._noted(given.get("name", ""), given.get("content", ""))
        elif tag == "a" and "href" in given:
            file = _html_file(given, self._base, self._name)
            if file is not None:
                self.files.append(file)

    def _noted(self, name: str, content: str) -> None:
        if name == "pypi:repository-version":
            if content.partition(".")[0] != "1":
                raise UnreadablePage("its page is of no version of the simple API that is known")
            self.is_page = True
        elif name == "pypi:project-status" and content in _STATUS:
            self.status = content


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href)
    except ValueError:
        return base


def _html_file(given: Mapping[str, str], base: str, name: ProjectName) -> ForeignFile | None:
    path, _, fragment = given["href"].partition("#")
    metadata = given.get("data-core-metadata", given.get("data-dist-info-metadata", ""))
    return _file(
        base,
        name,
        href=path,
        filename=unquote(path.partition("?")[0].rpartition("/")[2]),
        sha256=fragment.removeprefix("sha256=").partition("&")[0],
        requires_python=given.get("data-requires-python") or None,
        # No standard has it in HTML, but mirrors write it and uv reads it: without it, cut-off dates find no file.
        upload_time=given.get("data-upload-time") or None,
        yanked=given.get("data-yanked"),
        metadata=metadata.removeprefix("sha256="),
    )
