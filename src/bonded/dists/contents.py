"""What was found in an archive, or why it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ArchiveFault", "Contents"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The files of an archive with their sizes in bytes, and the bytes of the few that an index reads.

    `entry_points` is `entry_points.txt` of a wheel, None where it has none.
    """

    files: Mapping[str, int]
    metadata: bytes
    entry_points: bytes | None = None

    def has(self, name: str) -> bool:
        """Tell whether a file of exactly this name is inside."""
        return name in self.files

    @property
    def top(self) -> str:
        """The folder in which everything of a source distribution lies."""
        return next(iter(self.files), "").partition("/")[0]


@dataclass(frozen=True, slots=True)
class ArchiveFault:
    """Why an archive is refused, as the rest of a sentence that began with the file's name."""

    reason: str
