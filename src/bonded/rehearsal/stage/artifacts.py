"""The artifacts of a run: what one job hands to another, with the digest that proves it is the same.

As on GitHub: a name is used once in a run, is immutable, and gets a number; the zip on the way loses file modes.
"""

import hashlib
import re
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from bonded.rehearsal.stage.inside import Inside

FORBIDDEN = '":<>|*?\r\n\\/'
_BRACES = re.compile(r"\{([^{},]*(?:,[^{},]*)+)\}")
_EPOCH = (1980, 1, 1, 0, 0, 0)


class ArtifactError(ValueError):
    """GitHub's artifact service would refuse; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One uploaded artifact; `digest` is the SHA-256 of the stored archive."""

    id: int
    name: str
    archive: Path
    digest: str
    files: int
    size: int
    job: str = ""
    """The job that uploaded it."""


class Artifacts:
    """The artifact service of one run; with `inside`, no link leads it out of the stage."""

    def __init__(self, folder: Path, inside: Inside | None = None) -> None:
        self._inside = inside
        self._folder = folder
        self._artifacts: dict[str, Artifact] = {}
        self._next = 1

    def upload(
        self,
        name: str,
        files: Sequence[tuple[Path, str]],
        *,
        overwrite: bool = False,
        job: str = "",
    ) -> Artifact:
        """Store files (path, name inside the artifact) of a job; raises ArtifactError."""
        bad = sorted(set(name) & set(FORBIDDEN))
        if not name:
            raise ArtifactError("Provided artifact name input during validation is empty")
        if bad:
            raise ArtifactError(
                f"The artifact name is not valid: {name}. Contains the following character: {''.join(bad)!r}"
            )
        if name in self._artifacts and not overwrite:
            raise ArtifactError(
                "Failed to CreateArtifact: Received non-retryable error: Failed request: (409) Conflict: "
                f"an artifact with this name already exists on the workflow run ({name})"
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        archive = self._folder / f"{self._next}.zip"
        _pack(archive, files, self._inside)
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        artifact = Artifact(
            self._next, name, archive, digest, len(files), archive.stat().st_size, job
        )
        self._artifacts[name] = artifact
        self._next += 1
        return artifact

    def all(self) -> tuple[Artifact, ...]:
        """Return every artifact of the run, in the order of upload."""
        return tuple(self._artifacts.values())

    def by_name(self, name: str) -> Artifact | None:
        """Return the artifact of this name, or None."""
        return self._artifacts.get(name)

    def by_id(self, number: int) -> Artifact | None:
        """Return the artifact of this number, or None."""
        return next((a for a in self._artifacts.values() if a.id == number), None)

    def by_pattern(self, pattern: str) -> tuple[Artifact, ...]:
        """Return the artifacts whose name matches a glob; `{a,b}` stands for either."""
        patterns = _either(pattern)
        return tuple(
            artifact
            for artifact in self._artifacts.values()
            if any(fnmatchcase(artifact.name, one) for one in patterns)
        )


def _either(pattern: str) -> tuple[str, ...]:
    """Return the patterns without braces that a pattern with braces stands for."""
    match = _BRACES.search(pattern)
    if match is None:
        return (pattern,)
    begin, end = pattern[: match.start()], pattern[match.end() :]
    return tuple(found for word in match[1].split(",") for found in _either(begin + word + end))


def _pack(archive: Path, files: Sequence[tuple[Path, str]], inside: Inside | None) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for path, name in files:
            with (
                inside.read(path) if inside else path.open("rb") as source,
                packed.open(zipfile.ZipInfo(name, _EPOCH), "w") as to,
            ):
                shutil.copyfileobj(source, to)


def unpack(artifact: Artifact, into: Path, inside: Inside) -> None:
    """Write an artifact's files below a folder; raises ArtifactError if it is not what was uploaded."""
    if hashlib.sha256(artifact.archive.read_bytes()).hexdigest() != artifact.digest:
        raise ArtifactError(
            f"the artifact {artifact.name} does not have the digest it was uploaded with"
        )
    inside.make(into)
    with zipfile.ZipFile(artifact.archive) as packed:
        for member in packed.infolist():
            with packed.open(member) as source, inside.write(into / member.filename) as to:
                shutil.copyfileobj(source, to)
