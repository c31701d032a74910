"""What people ask of the book: one release with its history, what is new, and projects by words.

Each question costs the same in an index of a thousand projects and of half a million: it reads by key, or the first
rows of an index. `LOOKED_AT` is how many rows of the rarest word are looked at; whoever searches for less than that
much is told to add a word.
"""

import json
from collections.abc import Sequence
from typing import Any

from packaging.utils import canonicalize_version
from packaging.version import Version
from sqlalchemy import ColumnElement, Row, bindparam, delete, insert, select, update

from bonded.dists.names import ProjectName
from bonded.index import tables
from bonded.index.beginnings import Beginnings
from bonded.index.databases import Prepared
from bonded.index.journal import plain
from bonded.index.model import Found, Release
from bonded.index.pages.search import found_by

__all__ = ["FOUND", "LOOKED_AT", "Browsing"]

LOOKED_AT = 5000
FOUND = 500
"""Projects that one search finds at most."""

_LAST = "\U0010ffff"
"""The last of all characters: words that begin with w lie between w and w followed by it."""

_HIDDEN = "quarantined"


_TABLE = tables.project
_DESCRIBED = Prepared(
    select(_TABLE.c.id, _TABLE.c.summary, _TABLE.c.described).where(
        _TABLE.c.name == bindparam("name")
    )
)
_DESCRIBE = Prepared(
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("project"))
    .values(summary=bindparam("said"), described=bindparam("by"))
)


class Browsing(Beginnings):
    """The book as people look through it, seen through one connection and its transaction."""

    def versions(self, name: ProjectName) -> Sequence[str]:
        """Return the versions of a project in the order of creation."""
        query = (
            select(tables.release.c.version)
            .join(tables.project)
            .where(tables.project.c.name == name)
            .order_by(tables.release.c.id)
        )
        return self.connection.execute(query).scalars().all()

    def release(self, name: ProjectName, version: str) -> Release | None:
        """Return one version of a project with its metadata; `version` in any spelling of PEP 440."""
        query = (
            select(tables.release.c.version, tables.release.c.metadata)
            .join(tables.project)
            .where(
                tables.project.c.name == name,
                tables.release.c.canonical == canonicalize_version(version),
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

    def find(self, words: Sequence[str]) -> Sequence[Found]:
        """Return projects that have a word beginning with each of these, at most `FOUND`; quarantined ones are hidden.

        The first word should be the rarest: of it no more than `LOOKED_AT` rows are read.
        """
        if not words:
            return ()
        word, project = tables.word.c, tables.project
        rarest = select(word.project_id).where(_begins(words[0])).order_by(word.word)
        query = select(project).where(
            project.c.id.in_(rarest.limit(LOOKED_AT)),
            project.c.status != _HIDDEN,
            *(
                select(word.word).where(word.project_id == project.c.id, _begins(other)).exists()
                for other in words[1:]
            ),
        )
        return [_found(row) for row in self.connection.execute(query.limit(FOUND))]

    def describe(self, name: ProjectName, version: str, summary: str) -> None:
        """Let a project be found by what a version says of it, unless a later version has spoken already."""
        row, summary = _DESCRIBED.rows(self.connection, {"name": name})[0], plain(summary)
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
