"""What installers read of the book: the files of one page, the list of all projects, and up to where it has changed.

These are the readings that happen again and again, so they ask for no more than is shown, and make no more of it.
"""

from collections.abc import Generator, Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.databases import Prepared
from bonded.index.book.journal import Journal
from bonded.index.simple import Listed, PageFile, file_path, iso_time, provenance_path

__all__ = ["Listing"]

_BATCH = 5000
"""Projects of the list of all that are in memory at once."""

_PAGE = Prepared(
    select(
        tables.release.c.version,
        tables.file.c.filename,
        tables.file.c.blake2b_256,
        tables.file.c.sha256,
        tables.file.c.requires_python,
        tables.file.c.size,
        tables.file.c.uploaded,
        tables.file.c.yanked,
        tables.file.c.metadata_sha256,
        tables.file.c.proof.is_not(None),
    )
    .join(tables.release, tables.file.c.release_id == tables.release.c.id)
    .join(tables.project, tables.release.c.project_id == tables.project.c.id)
    .where(tables.project.c.name == bindparam("project"))
)
"""What a page shows of each file; large columns stay where they are."""


_NAMES = Prepared(
    select(tables.project.c.name, tables.project.c.display, tables.project.c.serial)
    .where(tables.project.c.name > bindparam("after"), tables.project.c.status != "quarantined")
    .order_by(tables.project.c.name)
    .limit(_BATCH)
)
"""The next names after one; each batch is a look of its own by key, so no database has to keep a place in the list."""


class Listing(Journal):
    """Pages and the list of all projects, seen through one connection and its transaction."""

    def page_files(self, name: ProjectName) -> Sequence[PageFile]:
        """Return the files of a project as its page shows them, in no order."""
        rows = _PAGE.rows(self.connection, {"project": name})
        return [_page_file(name, row) for row in rows]

    def listed(self) -> Generator[Sequence[Listed]]:
        """Give the projects that the list of all shows, in the order of names, some thousands at a time."""
        after = ""
        while rows := _NAMES.rows(self.connection, {"after": after}):
            yield [Listed._make(row) for row in rows]
            after = rows[-1][0]

    def serial(self) -> int:
        """Return the serial of the whole index: the number of the last event, 0 before the first."""
        return int(self.connection.execute(select(func.max(tables.event.c.id))).scalar() or 0)


def _page_file(project: ProjectName, row: Sequence[Any]) -> PageFile:
    version, filename, blake2b_256, sha256, requires_python, size, uploaded, *more = row
    yanked, metadata_sha256, is_proved = more
    return PageFile(
        filename=filename,
        url=f"../..{file_path(blake2b_256, filename)}",
        sha256=sha256,
        version=version,
        requires_python=requires_python or None,
        size=size,
        upload_time=iso_time(uploaded),
        yanked=yanked,
        core_metadata=metadata_sha256,
        provenance=provenance_path(project, version, filename) if is_proved else None,
    )
