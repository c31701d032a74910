"""What an index keeps and says, as values. Project names are normalised, times are seconds since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from bonded.dists.digests import Digests
from bonded.dists.names import ProjectName
from bonded.index.provenance import Proof
from bonded.publishers import Claims, Publisher

__all__ = [
    "ApiToken",
    "File",
    "Found",
    "NewFile",
    "Outline",
    "PendingPublisher",
    "Project",
    "Refusal",
    "RefusedUpload",
    "Release",
    "Scope",
    "Shelf",
    "Standing",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A name that is taken on this index; `serial` moves with every change that a reader can see.

    `status` and `reason` are those of PEP 792. `size` is the bytes of all its files. `file_limit` and `total_limit` are
    its own limits in bytes, None where those of the index hold.
    """

    name: ProjectName
    display: str
    status: str = "active"
    reason: str = ""
    size: int = 0
    file_limit: int | None = None
    total_limit: int | None = None
    serial: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One published file; it never changes.

    `proof` is what its attestations proved, None where it had none or nobody verified them. `attestations` are those
    that nobody verified, as they came.
    """

    project: ProjectName
    version: str
    filename: str
    packagetype: str
    python_version: str
    size: int
    digests: Digests
    requires_python: str
    metadata_sha256: str | None
    uploaded: float
    publisher: str | None
    comment: str = ""
    yanked: str | None = None
    attestations: str | None = None
    proof: Proof | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A project as a list shows it; `version` and `at`, when it came, where the list is of versions."""

    name: ProjectName
    display: str
    summary: str = ""
    version: str = ""
    at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of a project with the metadata that its last upload declared."""

    project: ProjectName
    version: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One version as a history shows it: how many files it has, how many of them are yanked, when the first came."""

    version: str
    files: int
    yanked: int
    since: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file that passed every check and waits to be written down; `provenance` is what is served for its `proof`.

    `by` is who brought it: the title of a publisher, or the name of an API token.
    """

    file: File
    metadata: Mapping[str, Any]
    metadata_file: bytes | None
    display: str
    by: str = ""
    provenance: bytes | None = None


class Scope(Enum):
    """What an API token may do: everything that owners may; upload to its projects, and read; read."""

    ADMIN = "admin"
    UPLOAD = "upload"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the presented token may do.

    `projects` are those that it was minted for *and* that its publisher still has: whoever removes a publisher from a
    project ends its tokens with it, as on PyPI. `waiting` are those that its publisher waits for, and that it may begin
    if they do not exist. `publisher` is its title; of an API token, which has none, `name` is what its owner calls it.
    `scope` is that of an API token: only one of the scope "upload" uploads.
    """

    publisher: str | None
    name: str = ""
    scope: Scope = Scope.UPLOAD
    projects: frozenset[ProjectName]
    waiting: frozenset[ProjectName] = frozenset()
    not_before: float
    expires: float
    revoked: bool = False
    speakers: Mapping[ProjectName, Publisher] = field(default_factory=dict)
    claims: Claims = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What the index already has that concerns one upload; `same` has the files of this name or of these bytes.

    `name_fault` is why a project that does not exist may not begin under this name, empty if it may. `deleted` tells
    whether these bytes were published under whatever name and deleted. `begun` is when the release got its first file,
    None where it has none yet.
    """

    project: Project | None = None
    name_fault: str = ""
    same: tuple[File, ...] = ()
    name_was_used: bool = False
    deleted: bool = False
    begun: float | None = None
    sdists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an upload is refused: the check's name, the HTTP status that clients expect, and the sentence for people."""

    check: str
    status: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedUpload:
    """A refusal as it was written down for the owner; a stranger is whoever brought no token of this index."""

    at: float
    filename: str
    refusal: Refusal
    is_stranger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingPublisher:
    """A publisher that waits for the first upload of a project, as its owner sees it; `added_by` registered it."""

    id: str
    publisher: Publisher
    project: ProjectName
    added_by: str
    created: float
    expires: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token that an owner gave out; only its hash is in the book. `projects` are those that it may upload to."""

    name: str
    scope: Scope
    projects: tuple[ProjectName, ...] = ()
    created: float
    expires: float
