"""`[limits]`: how much an index takes, unless a project has limits of its own."""

from dataclasses import dataclass

from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.table import Table
from bonded.index.settings import FILE_SIZE, PROJECT_SIZE

__all__ = ["SECTION", "LimitsTable", "read"]

SECTION = Section(
    name="limits",
    title="How much it takes",
    keys=(
        Key(
            name="file-size",
            kind=Kind.SIZE,
            default=FILE_SIZE,
            meaning="what one file may have",
        ),
        Key(
            name="project-size",
            kind=Kind.SIZE,
            default=PROJECT_SIZE,
            meaning="what all files of one project may have together",
        ),
    ),
    notes="`bonded project limit` gives one project limits of its own, higher or lower. What is there already stays.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsTable:
    """Both in bytes, see `Settings`."""

    file_size: int = FILE_SIZE
    project_size: int = PROJECT_SIZE


def read(table: Table) -> LimitsTable:
    """Read the limits; an index that takes nothing is a mistake."""
    sizes = {key: table.size(key) for key in ("file-size", "project-size")}
    table.close()
    for key, size in sizes.items():
        if size == 0:
            table.unexpected(key, "a size above 0", 0)
    return LimitsTable(file_size=sizes["file-size"], project_size=sizes["project-size"])
