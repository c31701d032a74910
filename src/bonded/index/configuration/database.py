"""`[database]`: where the book is kept."""

from bonded.index.configuration.keys import Key, Kind, Section
from bonded.index.configuration.table import Table

__all__ = ["SECTION", "read"]

SECTION = Section(
    name="database",
    title="Where the book is kept",
    keys=(
        Key(
            name="url",
            kind=Kind.TEXT,
            told="a file in the data folder (SQLite)",
            secret=True,
            meaning="the PostgreSQL that holds the index's book: `postgresql://USER@HOST/NAME`",
        ),
    ),
    notes="""\
It needs `pip install 'bonded[postgresql]'`, and an empty database at the first start. Leave the password out of the
file: `PGPASSWORD`, `PGPASSFILE` and `~/.pgpass` are read. The files of distributions stay in the data folder, so
servers on several machines need one folder that all of them mount. Nothing moves a book from SQLite to PostgreSQL: a
folder that has a book of its own is refused.""",
)


def read(table: Table) -> str | None:
    """Read where the book is kept. The address is not repeated, for it may hold a password."""
    url = table.text("url")
    table.close()
    if url and not url.startswith("postgresql://"):
        hint = "without a database, the index keeps its book in a file in its data folder"
        table.unexpected("url", "postgresql://USER@HOST/NAME", url, hint)
    return url or None
