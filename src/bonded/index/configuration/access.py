"""`[access]`: who may read."""

from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.table import Table
from bonded.index.settings import Access

__all__ = ["SECTION", "read"]

SECTION = Section(
    name="access",
    title="Who may read",
    keys=(
        Key(
            name="read",
            kind=Kind.TEXT,
            default=Access.ANYONE.value,
            choices=tuple(access.value for access in Access),
            meaning='`"anyone"`, or `"token"`: whoever has an API token of this index, on every address but '
            "those of uploads, of the mint and of health checks",
        ),
    ),
    notes="`bonded token add NAME --scope read` makes a token to read with.",
)


def read(table: Table) -> Access:
    """Read who may read."""
    access = Access(table.text("read"))
    table.close()
    return access
