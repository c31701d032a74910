"""The page of a project as another index shows it, in JSON (PEP 691) or HTML (PEP 503), read with suspicion.

A file is taken over only if its name is safe in an address, its own address is http or https, and the page gives its
SHA-256: without one nobody could say later whether the right file came.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from bonded.index.simple import PageFile, version_order

__all__ = ["ForeignFile", "ForeignPage", "UnreadablePage", "read_page"]

_FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_STATUS = frozenset({"active", "archived", "quarantined", "deprecated"})


class UnreadablePage(ValueError):
    """The other index answered with something that is no project page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFile:
    """A file as it will be shown, with an empty address, and where it really is."""

    shown: PageFile
    url: str

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


def read_page(body: str, *, media_type: str, url: str) -> ForeignPage:
    """Read a project page that came from `url`; raises `UnreadablePage`."""
    if media_type.partition(";")[0].strip().lower().endswith("json"):
        return _read_json(body, url)
    reader = _Links(url)
    reader.feed(body)
    reader.close()
    return ForeignPage(files=reader.files)


def _read_json(body: str, url: str) -> ForeignPage:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadablePage("its page is not JSON") from None
    files = document.get("files") if isinstance(document, dict) else None
    if not isinstance(files, list):
        raise UnreadablePage("its page has no list of files")
    status = document.get("project-status")
    status = status.get("status") if isinstance(status, dict) else None
    versions = document.get("versions")
    versions = versions if isinstance(versions, list) else []
    return ForeignPage(
        status=status if isinstance(status, str) and status in _STATUS else "active",
        versions=version_order({text for text in versions if isinstance(text, str)}),
        files=[file for item in files if (file := _json_file(item, url)) is not None],
    )


def _json_file(item: object, page_url: str) -> ForeignFile | None:
    if not isinstance(item, dict):
        return None
    hashes = item.get("hashes")
    yanked = item.get("yanked")
    metadata = item.get("core-metadata", item.get("data-dist-info-metadata"))
    size = item.get("size")
    return _file(
        page_url,
        href=_text(item.get("url")),
        filename=_text(item.get("filename")),
        sha256=_text(hashes.get("sha256")) if isinstance(hashes, dict) else "",
        requires_python=_text(item.get("requires-python")) or None,
        size=size if isinstance(size, int) and size >= 0 else None,
        upload_time=_text(item.get("upload-time")) or None,
        yanked=yanked if isinstance(yanked, str) else ("" if yanked is True else None),
        metadata=_text(metadata.get("sha256")) if isinstance(metadata, dict) else "",
        provenance=_text(item.get("provenance")) or None,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _file(
    page_url: str, *, href: str, filename: str, sha256: str, metadata: str, **shown: Any
) -> ForeignFile | None:
    """Return the file, or None where it cannot be taken over."""
    try:
        url = urldefrag(urljoin(page_url, href)).url
        is_web = urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return None
    sha256, metadata = sha256.lower(), metadata.lower()
    if not is_web or not _FILENAME.fullmatch(filename) or not _SHA256.fullmatch(sha256):
        return None
    core_metadata = metadata if _SHA256.fullmatch(metadata) else None
    return ForeignFile(
        shown=PageFile(
            filename=filename, url="", sha256=sha256, core_metadata=core_metadata, **shown
        ),
        url=url,
    )


class _Links(HTMLParser):
    """Collects the files of an HTML page; its `<base href>` counts."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.files: list[ForeignFile] = []
        self._base = url

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at links and at the base that they are relative to."""
        given = {name: value or "" for name, value in attrs}
        if tag == "base" and given.get("href"):
            self._base = _joined(self._base, given["href"])
        elif tag == "a" and "href" in given:
            file = _html_file(given, self._base)
            if file is not None:
                self.files.append(file)


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href)
    except ValueError:
        return base


def _html_file(given: Mapping[str, str], base: str) -> ForeignFile | None:
    path, _, fragment = given["href"].partition("#")
    metadata = given.get("data-core-metadata", given.get("data-dist-info-metadata", ""))
    return _file(
        base,
        href=path,
        filename=unquote(path.partition("?")[0].rpartition("/")[2]),
        sha256=fragment.removeprefix("sha256=").partition("&")[0],
        requires_python=given.get("data-requires-python") or None,
        # No standard has it in HTML, but mirrors write it and uv reads it: without it, cut-off dates find no file.
        upload_time=given.get("data-upload-time") or None,
        yanked=given.get("data-yanked"),
        metadata=metadata.removeprefix("sha256="),
        provenance=given.get("data-provenance") or None,
    )
