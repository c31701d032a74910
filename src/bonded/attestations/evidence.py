"""Pages and provenance kept in one file, so that a machine without network verifies the same.

What is kept is no more trusted than an index: signatures are verified again. Only what is missing on purpose cannot be
seen: who hands over the bundle decides which older versions it shows.
"""

import json
import threading
from collections.abc import Mapping
from typing import Any

from bonded.attestations.examining import Source
from bonded.attestations.pages import ListedFile, ProjectPage
from bonded.dists.names import InvalidName, ProjectName, parse_filename, parse_project_name
from bonded.errors import Fault, InvalidInput, Location, RemoteError
from bonded.oidc.strict_json import read_object

__all__ = ["Kept", "Notebook", "Recording", "read_evidence"]

_VERSION = 1
_FORMAT = "bonded evidence"


class Kept:
    """A source that knows only what was kept; all else counts as unreachable."""

    def __init__(
        self,
        pages: Mapping[ProjectName, ProjectPage | None],
        provenance: Mapping[str, bytes | None],
    ) -> None:
        self._pages = pages
        self._provenance = provenance

    def page(self, project: ProjectName) -> ProjectPage | None:
        """See `Source.page`."""
        if project not in self._pages:
            raise RemoteError(f"the bundle holds nothing of {project}")
        return self._pages[project]

    def provenance(self, page: ProjectPage, file: ListedFile) -> bytes | None:  # noqa: ARG002 - the role's signature
        """See `Source.provenance`."""
        if file.filename in self._provenance:
            return self._provenance[file.filename]
        if not file.provenance:
            return None
        raise RemoteError(f"the bundle holds no provenance of {file.filename}")


class Notebook:
    """What several sources were asked; may be used from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: dict[ProjectName, ProjectPage | None] = {}
        self._provenance: dict[str, bytes | None] = {}

    def note_page(self, project: ProjectName, page: ProjectPage | None) -> None:
        """Keep a page."""
        with self._lock:
            self._pages[project] = page

    def note_provenance(self, filename: str, raw: bytes | None) -> None:
        """Keep a file's provenance."""
        with self._lock:
            self._provenance[filename] = raw

    def to_json(self) -> str:
        """Return everything that was kept; provenance that cannot be read is kept as such."""
        with self._lock:
            pages = {name: _page(page) for name, page in sorted(self._pages.items())}
            provenance = {name: _held(raw) for name, raw in sorted(self._provenance.items())}
        document = {"format": _FORMAT, "version": _VERSION, "projects": pages}
        return json.dumps(document | {"provenance": provenance}, indent=1) + "\n"


class Recording:
    """A source that notes down what another one tells."""

    def __init__(self, source: Source, notebook: Notebook) -> None:
        self._source = source
        self._notebook = notebook

    def page(self, project: ProjectName) -> ProjectPage | None:
        """See `Source.page`."""
        page = self._source.page(project)
        self._notebook.note_page(project, page)
        return page

    def provenance(self, page: ProjectPage, file: ListedFile) -> bytes | None:
        """See `Source.provenance`."""
        raw = self._source.provenance(page, file)
        self._notebook.note_provenance(file.filename, raw)
        return raw


def _page(page: ProjectPage | None) -> object:
    if page is None:
        return None
    files = [
        {"filename": file.filename, "sha256": file.sha256, "provenance": bool(file.provenance)}
        for file in page.files
    ]
    return {"silent": page.silent, "files": files}


def _held(raw: bytes | None) -> object:
    try:
        return None if raw is None else read_object(raw)
    except ValueError:
        # Refused as malformed again, and said to be so.
        return {"version": 0}


def read_evidence(name: str, raw: bytes) -> Kept:
    """Read a kept bundle; raises InvalidInput."""
    try:
        document = read_object(raw)
        if document.get("format") != _FORMAT or document.get("version") != _VERSION:
            raise ValueError(f"not {_FORMAT} of version {_VERSION}")
        pages = {
            parse_project_name(project): _read_page(parse_project_name(project), value)
            for project, value in _table(document, "projects").items()
        }
        provenance = {
            filename: None if value is None else json.dumps(value).encode()
            for filename, value in _table(document, "provenance").items()
        }
    except (ValueError, InvalidName, KeyError, TypeError) as error:
        raise InvalidInput(
            (Fault(Location(name), f"no bundle of `bonded verify --save`: {error}"),)
        ) from None
    return Kept(pages, provenance)


def _table(document: Mapping[str, object], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"{name} is an object")  # noqa: TRY004 - a fault of the file
    return value


def _read_page(project: ProjectName, value: Any) -> ProjectPage | None:
    if value is None:
        return None
    files = tuple(
        ListedFile(
            name=parse_filename(file["filename"]),
            sha256=str(file["sha256"]),
            provenance="kept" if file["provenance"] else "",
        )
        for file in value["files"]
    )
    return ProjectPage(project=project, files=files, silent=bool(value["silent"]))
