"""Project pages of any index, as far as provenance goes: JSON of PEP 691 and HTML of PEP 503, with PEP 740's links.

A page is a stranger's word: it is bounded, names and digests are read strictly, and a file that cannot be read is left
out rather than guessed at.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from packaging.version import Version

from bonded.attestations.refusal import Malformed, Reason
from bonded.dists.names import FileName, InvalidName, ProjectName, SdistName, parse_filename
from bonded.oidc.strict_json import read_object

__all__ = ["JSON", "MAX_PAGE", "ListedFile", "ProjectPage", "previously_attested", "read_page"]

JSON = "application/vnd.pypi.simple.v1+json"
MAX_PAGE = 32 * 1024 * 1024
"""Bytes of one page; the largest of PyPI have about 20 MB."""

_MAX_LINK = 2000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KNOWS_PROVENANCE = (1, 3)
"""The version of the simple API that speaks of provenance (PEP 740)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """One file on a page. `provenance` is the link as it came, empty where there is none."""

    name: FileName
    sha256: str
    provenance: str = ""

    @property
    def filename(self) -> str:
        """Its name as the page has it."""
        return self.name.filename

    @property
    def version(self) -> Version:
        """Its version."""
        return self.name.version


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """All files of a project. `silent` says that the page is of a form that cannot speak of provenance."""

    project: ProjectName
    files: tuple[ListedFile, ...]
    silent: bool = False

    def of(self, version: Version) -> tuple[ListedFile, ...]:
        """Return the files of one version."""
        return tuple(file for file in self.files if file.version == version)

    @property
    def latest(self) -> Version | None:
        """The newest version, final ones before pre-releases; None for an empty page."""
        versions = {file.version for file in self.files}
        return max(versions, key=lambda one: (not one.is_prerelease, one), default=None)


def read_page(raw: bytes, content_type: str, project: ProjectName) -> ProjectPage:
    """Read a page of either form; raises Malformed."""
    if len(raw) > MAX_PAGE:
        message = f"a page has at most {MAX_PAGE} bytes, got {len(raw)}"
        raise Malformed(message, reason=Reason.OVERSIZED)
    if content_type.partition(";")[0].strip().lower() == JSON:
        return _from_json(raw, project)
    return _from_html(raw, project)


def previously_attested(page: ProjectPage, than: Version) -> tuple[ListedFile, ...]:
    """Return the attested files of the newest lower version that has any; empty if none ever had."""
    older = [file for file in page.files if file.version < than and file.provenance]
    newest = max((file.version for file in older), default=None)
    return tuple(file for file in older if file.version == newest)


def same_form(one: ListedFile, other: ListedFile) -> bool:
    """Whether two files are both wheels, or both source distributions."""
    return isinstance(one.name, SdistName) == isinstance(other.name, SdistName)


def _from_json(raw: bytes, project: ProjectName) -> ProjectPage:
    try:
        document = read_object(raw)
    except ValueError as error:
        raise Malformed(f"the page is {error}") from None
    meta, files = document.get("meta"), document.get("files")
    if not isinstance(meta, dict) or not isinstance(files, list):
        raise Malformed("a page has meta and files (PEP 691)")
    version = str(meta.get("api-version"))
    if version.partition(".")[0] != "1":
        raise Malformed(f"the page is of version 1.x of the simple API, got {version[:20]!r}")
    return ProjectPage(
        project=project,
        files=_kept(_file_of_object(one) for one in files if isinstance(one, dict)),
        silent=_is_silent(version),
    )


def _is_silent(version: str) -> bool:
    numbers = version.split(".")
    if len(numbers) != 2 or not all(one.isascii() and one.isdigit() for one in numbers):  # noqa: PLR2004
        return True
    return (int(numbers[0][:9]), int(numbers[1][:9])) < _KNOWS_PROVENANCE


def _file_of_object(value: dict[str, object]) -> ListedFile | None:
    hashes = value.get("hashes")
    digest = hashes.get("sha256") if isinstance(hashes, dict) else None
    return _listed(value.get("filename"), digest, value.get("provenance"))


def _listed(filename: object, digest: object, provenance: object) -> ListedFile | None:
    if not isinstance(filename, str) or not isinstance(digest, str):
        return None
    try:
        name = parse_filename(filename)
    except InvalidName:
        return None
    if _SHA256.fullmatch(digest) is None:
        return None
    link = provenance if isinstance(provenance, str) and len(provenance) <= _MAX_LINK else ""
    return ListedFile(name=name, sha256=digest, provenance=link)


def _kept(files: Iterable[ListedFile | None]) -> tuple[ListedFile, ...]:
    """Return each file once; a name that is listed twice with two meanings is nobody's file."""
    found: dict[str, ListedFile | None] = {}
    for file in files:
        if file is not None:
            again = file.filename in found and found[file.filename] != file
            found[file.filename] = None if again else file
    return tuple(file for file in found.values() if file is not None)


def _from_html(raw: bytes, project: ProjectName) -> ProjectPage:
    reader = _Links()
    reader.feed(raw.decode("utf-8", "replace"))
    reader.close()
    files = _kept(_file_of_link(attributes) for attributes in reader.links)
    silent = _is_silent(reader.version) and not any(file.provenance for file in files)
    return ProjectPage(project=project, files=files, silent=silent)


def _file_of_link(attributes: Sequence[tuple[str, str | None]]) -> ListedFile | None:
    found = dict(attributes)
    address, _, fragment = (found.get("href") or "").partition("#")
    filename = address.partition("?")[0].rpartition("/")[2]
    return _listed(filename, fragment.removeprefix("sha256="), found.get("data-provenance"))


class _Links(HTMLParser):
    """The links of a page, and the version of the API that it says it has."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[list[tuple[str, str | None]]] = []
        self.version = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take links and the version along; all else is decoration."""
        if tag == "a":
            self.links.append(attrs)
        elif tag == "meta" and dict(attrs).get("name") == "pypi:repository-version":
            self.version = dict(attrs).get("content") or ""
