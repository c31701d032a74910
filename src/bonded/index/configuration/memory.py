"""`[memory]`: how much of it one process of the index takes for what it keeps at hand, and for what comes in."""

from dataclasses import dataclass

from bonded.index.byte_sizes import size_text
from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.table import Table
from bonded.index.settings import FORM_SIZE, FORMS_SIZE, PAGE_MEMORY

__all__ = ["SECTION", "MemoryTable", "read"]

SECTION = Section(
    name="memory",
    title="How much memory it takes",
    keys=(
        Key(
            name="pages",
            kind=Kind.SIZE,
            default=PAGE_MEMORY,
            meaning="prepared pages and small files that are kept at hand; what was asked for longest ago goes first",
        ),
        Key(
            name="forms",
            kind=Kind.SIZE,
            default=FORMS_SIZE,
            meaning="the fields of all uploads that are being read at once, and the first MiB of each file; who comes "
            "when it is spent is told to come again (503)",
        ),
    ),
    notes="Both are for one process, beside what the program itself takes. `forms` is at least "
    f"{size_text(FORM_SIZE)}, which the fields of a single upload may have. Of an upload's file no more than two MiB "
    "are ever held.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryTable:
    """Both in bytes, see `Settings`."""

    pages: int = PAGE_MEMORY
    forms: int = FORMS_SIZE


def read(table: Table) -> MemoryTable:
    """Read how much memory there is; a form that is good must have room in it."""
    found = MemoryTable(pages=table.size("pages"), forms=table.size("forms"))
    table.close()
    if found.forms < FORM_SIZE:
        hint = "the fields of a single upload may have as much"
        table.unexpected("forms", f"{size_text(FORM_SIZE)} or more", size_text(found.forms), hint)
    return found
