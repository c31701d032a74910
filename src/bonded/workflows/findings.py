"""What a check has to say about a project's files: findings, their places and their fixes."""

from dataclasses import dataclass
from enum import IntEnum

from bonded.errors import Location
from bonded.workflows.edits import Edit

__all__ = ["Finding", "Fix", "Place", "Severity"]


class Severity(IntEnum):
    """How bad it is: an error fails a release, a warning may or weakens it, an info is worth knowing."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """Its name as people write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """From where to where in a file; lines and columns count from 1, the end is behind the last character.

    A line of 0 means the file as a whole.
    """

    file: str
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0

    @classmethod
    def of(cls, location: Location) -> "Place":
        """Return a place of no width."""
        file, line, column = location
        return cls(file, line, column, line, column)

    def __str__(self) -> str:
        return str(Location(self.file, self.line, self.column))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """Edits of the finding's file that make it go away; `safe` if they cannot break what works."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a rule found; `rule` is its id, `hint` what to do, `address` a page about it, if not ours."""

    rule: str
    severity: Severity
    message: str
    place: Place
    hint: str = ""
    fix: Fix | None = None
    address: str = ""
