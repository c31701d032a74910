"""The case that every check looks at: what came, who sent it, and what is there already."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bonded.dists.agreement import published
from bonded.dists.archives import ArchiveFault, Contents
from bonded.dists.digests import Digests
from bonded.dists.metadata import CoreMetadata, Declared, MetadataFault
from bonded.dists.names import ProjectName
from bonded.index.model import Refusal, Shelf, Standing
from bonded.index.provenance import Attested
from bonded.index.settings import PROJECT_SIZE, Attestations
from bonded.publishers import Publisher

__all__ = ["AlreadyThere", "Case", "Check", "Submission", "refuse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One upload as it came. `filename` is None where the form has no file in its field `content`.

    `strays` are the other fields that came as files. `digests` and `size` are of the bytes that really came.
    """

    pairs: Sequence[tuple[str, str]]
    filename: str | None
    content_type: str | None
    size: int
    digests: Digests
    strays: tuple[str, ...] = ()
    metadata: CoreMetadata | tuple[MetadataFault, ...] = ()
    _first: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find the first value of every field, once for all checks."""
        object.__setattr__(self, "_first", dict(reversed(self.pairs)))

    def text(self, name: str) -> str:
        """Return a form field without the white space around it; the empty text where it is absent."""
        return self._first.get(name, "").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that a check may ask; `contents` and `inside` are there once the archive was opened.

    `attested` is there once attestations were verified: what they prove, or why they prove nothing.

    `project` is the normalised name from the form, or None where the form names nothing valid. `inside` is what the
    archive's own metadata declares. `file_size` and `project_size` are the index's limits in bytes, unless the project
    has its own; `closes_after_days` is when a release takes no more files, None for never.
    """

    submission: Submission
    project: ProjectName | None
    standing: Standing | None
    shelf: Shelf
    now: float
    file_size: int
    project_size: int = PROJECT_SIZE
    closes_after_days: float | None = None
    attestations: Attestations
    contents: Contents | ArchiveFault | None = None
    inside: Declared = Declared(fields={})  # noqa: RUF009 - a frozen value that nobody changes
    attested: Attested | str = ""

    @property
    def metadata(self) -> CoreMetadata:
        """Return the form's metadata, for checks that come after the one that proves it valid."""
        assert isinstance(self.submission.metadata, CoreMetadata)
        return self.submission.metadata

    @property
    def published(self) -> CoreMetadata:
        """Return what the index will say of the file: the form's metadata, filled in from the file's own."""
        return published(self.metadata, self.inside)

    @property
    def file_limit(self) -> int:
        """Return how many bytes this file may have."""
        project = self.shelf.project
        return (project.file_limit if project is not None else None) or self.file_size

    @property
    def total_limit(self) -> int:
        """Return how many bytes all files of the project may have together."""
        project = self.shelf.project
        return (project.total_limit if project is not None else None) or self.project_size

    @property
    def filename(self) -> str:
        """Return the file's name, for checks that come after the one that proves there is a file."""
        assert self.submission.filename is not None
        return self.submission.filename

    @property
    def opened(self) -> Contents:
        """Return what is in the archive, for checks that come after the one that proves it readable."""
        assert isinstance(self.contents, Contents)
        return self.contents

    @property
    def verifies(self) -> bool:
        """Whether there are attestations, and the index verifies them."""
        there = self.submission.text("attestations") != ""
        return there and self.attestations is Attestations.VERIFY

    @property
    def bearer(self) -> Standing:
        """Return what the token may do, for whatever comes after the check that proves it known."""
        assert self.standing is not None
        return self.standing

    @property
    def speaker(self) -> Publisher | None:
        """The publisher that speaks for the project by the presented token; None if none does."""
        return self.bearer.speakers.get(self.project) if self.project is not None else None

    @property
    def dist_info(self) -> str:
        """Return the metadata folder that a wheel of this name must have, taken literally from its name."""
        return "-".join(self.filename.removesuffix(".whl").split("-")[:2]) + ".dist-info"


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """The same file under the same name is published already: the client is told that all is well."""


Check = Callable[[Case], Refusal | AlreadyThere | None]
"""One question to a case; None means that the case passes."""


def refuse(check: Check, message: str, *, status: int = 400) -> Refusal:
    """Return the refusal that bears the name of its check."""
    return Refusal(check=check.__name__, status=status, message=message)
