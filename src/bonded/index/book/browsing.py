"""What people ask of the book: one release with its history, what is new, and projects by words.

Each question costs the same in an index of a thousand projects and of half a million: it reads by key, or the first
rows of an index. So a search for a word that very many projects have does not find them all, and says so.
"""

import json
from collections.abc import Sequence
from typing import Any

from packaging.version import Version
from sqlalchemy import ColumnElement, Row, bindparam, delete, func, insert, or_, select, update

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.beginnings import Beginnings
from bonded.index.book.catalogue import canonical, file_of, files_query
from bonded.index.book.databases import Prepared
from bonded.index.book.journal import plain
from bonded.index.model import File, Found, Outline, Release
from bonded.index.pages.search import FOUND, Asked, found_by

__all__ = ["LOOKED_AT", "Browsing"]

LOOKED_AT = 2000
"""Rows of the longest word that a search reads: it costs the same at any size of the index."""

_LAST = "\U0010ffff"
"""The last of all characters: words that begin with w lie between w and w followed by it."""

_HIDDEN = "quarantined"


_TABLE = tables.project
_DESCRIBE = Prepared(
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("project"))
    .values(summary=bindparam("said"), described=bindparam("by"))
)


class Browsing(Beginnings):
    """The book as people look through it, seen through one connection and its transaction."""

    def outlines(self, name: ProjectName) -> Sequence[Outline]:
        """Return the versions of a project in the order of creation, each with the little that a history shows."""
        release, file = tables.release.c, tables.file.c
        query = (
            select(
                release.version,
                func.count(file.id),
                func.count(file.yanked),
                func.min(file.uploaded),
            )
            .join(tables.project)
            .outerjoin(tables.file)
            .where(tables.project.c.name == name)
            .group_by(release.id, release.version)
            .order_by(release.id)
        )
        return [
            Outline(version=version, files=files, yanked=yanked, since=since)
            for version, files, yanked, since in self.connection.execute(query)
        ]

    def release_files(self, name: ProjectName, version: str) -> Sequence[File]:
        """Return the files of one version, which is given as the book has it, in the order of upload."""
        query = (
            files_query()
            .where(tables.project.c.name == name, tables.release.c.version == version)
            .order_by(tables.file.c.id)
        )
        return [file_of(row) for row in self.connection.execute(query)]

    def release(self, name: ProjectName, version: str) -> Release | None:
        """Return one version of a project with its metadata; `version` in any spelling of PEP 440."""
        query = (
            select(tables.release.c.version, tables.release.c.metadata)
            .join(tables.project)
            .where(
                tables.project.c.name == name,
                tables.release.c.canonical == canonical(version),
            )
        )
        row = self.connection.execute(query).one_or_none()
        if row is None:
            return None
        return Release(project=name, version=row.version, metadata=json.loads(row.metadata))

    def newest(self, count: int) -> Sequence[Found]:
        """Return the projects of the last new versions, the newest first; one may come several times."""
        table = tables.project
        query = (
            select(table, tables.release.c.version, tables.release.c.created)
            .join(tables.release, tables.release.c.project_id == table.c.id)
            .where(table.c.status != _HIDDEN)
            .order_by(tables.release.c.id.desc())
            .limit(count)
        )
        return [
            _found(row, row.version, row.created) for row in self.connection.execute(query).all()
        ]

    def find(self, asked: Asked) -> Sequence[Found]:
        """Return projects that have a word beginning with each of those asked for; quarantined ones are hidden.

        They are `FOUND` at most, those of the very name first. Of the longest word no more than `LOOKED_AT` rows are
        read; names that are or begin with the whole query are found beyond that.
        """
        if not asked.words:
            return ()
        word, table = tables.word.c, tables.project
        ids = select(word.project_id).order_by(word.word)
        query = (
            select(table)
            .where(
                or_(
                    table.c.name == asked.name,
                    table.c.id.in_(ids.where(_begins(f"{asked.name}-")).limit(FOUND)),
                    table.c.id.in_(ids.where(_begins(asked.words[0])).limit(LOOKED_AT)),
                ),
                table.c.status != _HIDDEN,
                *(
                    select(word.word).where(word.project_id == table.c.id, _begins(one)).exists()
                    for one in asked.words
                ),
            )
            .order_by(
                table.c.name != asked.name,
                ~table.c.name.startswith(asked.name, autoescape=True),
                table.c.name,
            )
            .limit(FOUND)
        )
        return [_found(row) for row in self.connection.execute(query)]

    def describe(self, row: Any, name: ProjectName, version: str, summary: str) -> None:
        """Let a project be found by what a version says of it, unless a later version has spoken already.

        `row` has the project's `id`, its `summary`, and in `described` the version that has it.
        """
        # No text of a database holds lone surrogates.
        summary = plain(summary).encode("utf-8", "replace").decode()
        if row.described and Version(row.described) > Version(version):
            return
        if (row.described, row.summary) == (version, summary):
            return
        values = {"project": row.id, "said": summary, "by": version}
        _DESCRIBE.count(self.connection, values)
        if row.described and row.summary == summary:
            return
        self.connection.execute(delete(tables.word).where(tables.word.c.project_id == row.id))
        words = [{"word": word, "project_id": row.id} for word in sorted(found_by(name, summary))]
        self.connection.execute(insert(tables.word), words)


def _begins(with_: str) -> ColumnElement[bool]:
    return (tables.word.c.word >= with_) & (tables.word.c.word < with_ + _LAST)


def _found(row: Row[Any], version: str = "", at: float | None = None) -> Found:
    return Found(
        name=ProjectName(row.name),
        display=row.display,
        summary=row.summary,
        version=version,
        at=at,
    )
