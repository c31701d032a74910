"""What the index's deciding rooms need from the world: a place for bytes and a book for facts.

`library` and `web` know only these roles; which database and which folder stand behind them is `app`'s business.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from bonded.dists.digests import Digests
from bonded.dists.names import ProjectName
from bonded.index.model import (
    File,
    Found,
    NewFile,
    Outline,
    Project,
    RefusedUpload,
    Release,
    Shelf,
    Standing,
)
from bonded.index.open_file import OpenFile
from bonded.index.pages.search import Asked
from bonded.index.simple import Listed, Page, PageFile

__all__ = [
    "BLOCK",
    "Blobs",
    "Book",
    "Elsewhere",
    "Form",
    "Reading",
    "Serials",
    "Spool",
    "Writing",
]

Result = TypeVar("Result")

BLOCK = 1 << 20
"""Bytes of a file that wait in memory before they are hashed and written."""


class Form(Protocol):
    """An upload form as it came, but for the bytes of the file.

    `filename` is None where the form has no file in its field `content`; `strays` are the other fields that came as
    files.
    """

    @property
    def pairs(self) -> Sequence[tuple[str, str]]:
        """Return the fields in the order of the form."""
        ...

    @property
    def filename(self) -> str | None:
        """Return the file's name."""
        ...

    @property
    def content_type(self) -> str | None:
        """Return the type that the file is said to be of."""
        ...

    @property
    def strays(self) -> Sequence[str]:
        """Return the names of the fields that should not be files."""
        ...


class Spool(Protocol):
    """Bytes on their way in: written until they are finished, then kept or discarded."""

    @property
    def size(self) -> int:
        """Return how many bytes were written."""
        ...

    @property
    def is_behind(self) -> bool:
        """Whether enough bytes wait in memory that `catch_up` should be called before more come."""
        ...

    def write(self, chunk: bytes) -> None:
        """Take the next bytes, into memory."""
        ...

    def catch_up(self) -> None:
        """Begin to hash and to write the bytes that wait; returns when those before them are done."""
        ...

    def finish(self) -> Digests:
        """Return the digests of all that came; nothing more may be written."""
        ...

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Open what was finished, from its first byte."""
        ...

    def keep(self) -> None:
        """Give what was finished its final name, whole and for good; once more, if somebody has removed it since."""
        ...

    def stays(self) -> bool:
        """Tell whether what was kept is still what its name leads to."""
        ...

    def discard(self) -> None:
        """Forget the bytes, if they were not kept."""
        ...


class Blobs(Protocol):
    """A store of bytes by their digest."""

    def spool(self) -> Spool:
        """Begin to take bytes in."""
        ...

    def path(self, blake2b_256: str) -> Path:
        """Return where the bytes of this digest are, or would be."""
        ...

    def remove(self, blake2b_256: str) -> None:
        """Let go of bytes that nothing refers to; only for whoever holds the writers' lock."""
        ...


class Reading(Protocol):
    """One consistent look at the book."""

    def project(self, name: ProjectName) -> Project | None:
        """Return the project of this name."""
        ...

    def holds(self, name: ProjectName, now: float) -> bool:
        """Tell whether a project of this name is here or was, or a publisher waits for it."""
        ...

    def projects(self) -> Sequence[Project]:
        """Return every project in the order of names."""
        ...

    def files(self, name: ProjectName | None = None) -> Sequence[File]:
        """Return the files of one project, or all, in the order of upload."""
        ...

    def page_files(self, name: ProjectName) -> Sequence[PageFile]:
        """Return the files of a project as its page shows them, in no order."""
        ...

    def listed(self) -> Generator[Sequence[Listed]]:
        """Give the projects that the list of all shows, in the order of names, some thousands at a time."""
        ...

    def serial(self) -> int:
        """Return the serial of the whole index: the number of the last event."""
        ...

    def releases(self, name: ProjectName) -> Sequence[Release]:
        """Return the versions of a project in the order of creation."""
        ...

    def outlines(self, name: ProjectName) -> Sequence[Outline]:
        """Return the versions of a project in the order of creation, each with the little that a history shows."""
        ...

    def release_files(self, name: ProjectName, version: str) -> Sequence[File]:
        """Return the files of one version, which is given as the book has it."""
        ...

    def release(self, name: ProjectName, version: str) -> Release | None:
        """Return one version of a project with its metadata; `version` in any spelling of PEP 440."""
        ...

    def newest(self, count: int) -> Sequence[Found]:
        """Return the projects of the last new versions, the newest first; one may come several times."""
        ...

    def find(self, asked: Asked) -> Sequence[Found]:
        """Return projects that are found by a query, in no order and within bounds."""
        ...

    def file(self, filename: str) -> File | None:
        """Return the file of this name."""
        ...

    def metadata_file(self, filename: str) -> bytes | None:
        """Return the METADATA of the wheel of this name."""
        ...

    def provenance(self, filename: str) -> bytes | None:
        """Return the provenance of the file of this name, as it is served."""
        ...

    def standing(self, token_hash: str) -> Standing | None:
        """Return what the token of this hash may do, or None where there is no such token."""
        ...

    def shelf(self, project: ProjectName, version: str, filename: str, blake2b_256: str) -> Shelf:
        """Return what is there already that concerns a new file."""
        ...


class Writing(Reading, Protocol):
    """One change of the book: all of it happens, or nothing."""

    def create_project(self, name: ProjectName, display: str, at: float, *, by: str = "") -> None:
        """Take a name, if it is free."""
        ...

    def begin_project(self, token_hash: str, name: ProjectName, display: str, at: float) -> None:
        """Make the project that the publisher of a token waits for, and let the publisher have it."""
        ...

    def add_file(self, new: NewFile) -> None:
        """Write a file down, with its release where that is new."""
        ...

    def refused_upload(self, refused: RefusedUpload) -> None:
        """Write down that an upload was refused."""
        ...

    def event(self, at: float, tag: str, subject: str, details: Mapping[str, object]) -> int:
        """Write down that something happened; return its serial."""
        ...


class Book(Protocol):
    """Where the facts are kept; one writer at a time, any number of readers."""

    @property
    def is_near(self) -> bool:
        """Whether a short look takes less time than another thread takes to wake up."""
        ...

    def reading(self) -> AbstractContextManager[Reading]:
        """Look at the book as it is now."""
        ...

    def writing(self) -> AbstractContextManager[Writing]:
        """Change the book: everything at the end of the block, nothing when it raises."""
        ...

    def noting(self) -> AbstractContextManager[Writing]:
        """Change the book like `writing`, without waiting for the disk: a power cut may take the change back, whole."""
        ...

    def together(self, work: Callable[[Writing], Result]) -> Result:
        """Do one small change, and return what it returns; those that wait at the same time share one commit."""
        ...


class Serials(Protocol):
    """Up to where projects and the index have changed, asked at every read."""

    def generation(self) -> int | None:
        """Return a number that changes whenever anything was committed; to be asked on an event loop.

        None where it cannot be told without waiting: then the others are to be asked in a thread.
        """
        ...

    def of(self, name: ProjectName) -> int | None:
        """Return the serial of a project; None where there is no such project."""
        ...

    def index(self) -> int:
        """Return the serial of the whole index."""
        ...


class Elsewhere(Protocol):
    """Another index behind this one. Whoever asks has made sure that the name is not ours.

    A future is done where nothing must be asked; else others may wait for the same one, so nobody cancels it. A failure
    to ask raises `RemoteError`, and too much of it `Busy`, at once or from the future; None is what the other index
    itself says.
    """

    def page(self, name: ProjectName) -> Future[Page | None]:
        """Return the page of a project, its files addressed through us; None where there is no such project."""
        ...

    def file(self, name: ProjectName, sha256: str, filename: str) -> Future[OpenFile | None]:
        """Return a verified file, or its `.metadata`; None where the project's page has no such file."""
        ...
