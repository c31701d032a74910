"""What an index keeps and says, as values. Project names are normalised, times are seconds since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bonded.dists.digests import Digests
from bonded.dists.names import ProjectName

__all__ = [
    "File",
    "NewFile",
    "Project",
    "Refusal",
    "RefusedUpload",
    "Release",
    "Shelf",
    "Standing",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A name that is taken on this index; `serial` moves with every change that a reader can see."""

    name: ProjectName
    display: str
    status: str = "active"
    serial: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One published file; it never changes."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of a project with the metadata that its last upload declared."""

    project: ProjectName
    version: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file that passed every check and waits to be written down."""

    file: File
    metadata: Mapping[str, Any]
    metadata_file: bytes | None
    display: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the presented token may do.

    `projects` are those that it was minted for *and* that its publisher still has: whoever removes a publisher from a
    project ends its tokens with it, as on PyPI.
    """

    publisher: str | None
    projects: frozenset[ProjectName]
    not_before: float
    expires: float
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What the index already has that concerns one upload; `same` has the files of this name or of these bytes."""

    project: Project | None = None
    same: tuple[File, ...] = ()
    name_was_used: bool = False
    sdists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an upload is refused: the check's name, the HTTP status that clients expect, and the sentence for people."""

    check: str
    status: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedUpload:
    """A refusal as it was written down for the owner."""

    at: float
    filename: str
    refusal: Refusal
