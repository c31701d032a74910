"""What owners change of what is published, inside one transaction: yank, delete, status, limits; each with its event.

Who deletes a file deletes its rows; the bytes go after the commit, so a crash leaves bytes without a row at the worst.
`filename_log` keeps name and digest for ever, and neither is taken again: an upload that is on its way with the same
bytes is refused by whatever commits first, so bytes can be removed without a lock.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, select, update

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.beginnings import Beginnings
from bonded.index.book.catalogue import Catalogue, canonical, file_of, files_query, project_of
from bonded.index.book.journal import plain
from bonded.index.book.tokens import Tokens
from bonded.index.model import File, Project

__all__ = ["LIMITS", "Curating"]

LIMITS = {"file_size": "file_limit", "project_size": "total_limit"}
"""The limits of a project by their names in the settings, and their columns."""

_PROJECT, _RELEASE, _FILE = tables.project, tables.release, tables.file


class Curating(Catalogue, Beginnings, Tokens):
    """Published files in their owner's hands, seen through one connection and its transaction."""

    def projects_after(self, name: str, limit: int) -> Sequence[Project]:
        """Return the projects whose names follow this text, in the order of names, so many at most."""
        query = select(_PROJECT).where(_PROJECT.c.name > name).order_by(_PROJECT.c.name)
        return [project_of(row) for row in self.connection.execute(query.limit(limit))]

    def files_of_version(self, name: ProjectName, version: str) -> Sequence[File]:
        """Return the files of one version, however it is spelt, in the order of upload."""
        query = files_query().where(_of_version(name, version)).order_by(_FILE.c.id)
        return [file_of(row) for row in self.connection.execute(query)]

    def has_version(self, name: ProjectName, version: str) -> bool:
        """Tell whether a project has this version, with files or without."""
        query = select(_RELEASE.c.id).where(_of_version(name, version))
        return self.connection.execute(query.join(_PROJECT)).first() is not None

    def is_kept(self, blake2b_256: str) -> bool:
        """Tell whether a file has these bytes."""
        query = select(_FILE.c.id).where(_FILE.c.blake2b_256 == blake2b_256)
        return self.connection.execute(query).first() is not None

    def yank(
        self, name: ProjectName, files: Sequence[File], reason: str | None, at: float, *, by: str
    ) -> None:
        """Yank files with a reason, which may be empty, or take that back with None (PEP 592)."""
        names = [file.filename for file in files]
        for filename in names:
            which = _FILE.c.filename == filename
            self.connection.execute(update(_FILE).where(which).values(yanked=reason))
        details: dict[str, object] = {"files": names, "by": by}
        if reason is not None:
            details["reason"] = reason
        tag = "file:unyank" if reason is None else "file:yank"
        self.touch(name, self.event(at, tag, name, details))

    def set_status(
        self, name: ProjectName, status: str, reason: str, at: float, *, by: str
    ) -> None:
        """Say what becomes of a project (PEP 792)."""
        details = {"status": status, "reason": reason, "by": by}
        serial = self.event(at, "project:status", name, details)
        self.touch(name, serial, status=status, reason=reason)

    def set_limits(
        self, name: ProjectName, limits: Mapping[str, int | None], at: float, *, by: str
    ) -> None:
        """Give a project limits of its own in bytes, by their names in `LIMITS`, or with None those of the index."""
        columns = {LIMITS[one]: size for one, size in limits.items()}
        which = _PROJECT.c.name == name
        self.connection.execute(update(_PROJECT).where(which).values(columns))
        self.event(at, "project:limits", name, {**limits, "by": by})

    def delete_file(self, file: File, at: float, *, by: str) -> None:
        """Delete one file; its release stays, so that its age does not begin anew."""
        self._delete_files(file.project, _FILE.c.filename == file.filename, at)
        digests = {"sha256": file.digests.sha256, "blake2b_256": file.digests.blake2b_256}
        details = {"filename": file.filename, **digests, "by": by}
        self.touch(file.project, self.event(at, "file:remove", file.project, details))

    def delete_version(self, name: ProjectName, version: str, at: float, *, by: str) -> None:
        """Delete a version with its files."""
        files = [file.filename for file in self.files_of_version(name, version)]
        project = select(_PROJECT.c.id).where(_PROJECT.c.name == name)
        release = (
            (_RELEASE.c.project_id == project.scalar_subquery())
            & (_RELEASE.c.canonical == canonical(version))
        )  # fmt: skip
        ids = select(_RELEASE.c.id).where(release)
        self._delete_files(name, _FILE.c.release_id.in_(ids), at)
        self._forget(_RELEASE, release)
        details = {"version": version, "files": files, "by": by}
        self.touch(name, self.event(at, "release:remove", name, details))

    def delete_project(self, name: ProjectName, at: float, *, by: str) -> None:
        """Delete a project with its files; publishers and tokens lose it, whoever has the name after that.

        The name is free again, as on PyPI; the names of its files are not.
        """
        project = select(_PROJECT.c.id).where(_PROJECT.c.name == name).scalar_subquery()
        releases = select(_RELEASE.c.id).where(_RELEASE.c.project_id == project)
        held = select(tables.publisher_project.c.publisher_id).where(
            tables.publisher_project.c.project_id == project
        )
        for publisher_id in self.connection.execute(held).scalars().all():
            self.take_from_tokens(publisher_id, name)
            self.event(at, "publisher:remove", name, {"id": publisher_id, "by": by})
        self.drop_pending("pending:remove", at, tables.pending.c.name == name, details={"by": by})
        self.take_from_api_tokens(name, at, by=by)
        count = self._delete_files(name, _FILE.c.release_id.in_(releases), at)
        self._forget(_PROJECT, _PROJECT.c.name == name)
        self.event(at, "project:remove", name, {"files": count, "by": by})

    def events(self, subject: str, limit: int, before: int | None) -> list[dict[str, Any]]:
        """Return what was done to a subject, or to all, the newest first; `before` is an id."""
        table = tables.event
        query = select(table).order_by(table.c.id.desc()).limit(limit)
        if subject:
            query = query.where(table.c.subject == plain(subject))
        if before is not None:
            query = query.where(table.c.id < before)
        return [
            {
                "id": row.id,
                "at": row.at,
                "tag": row.tag,
                "subject": row.subject,
                "details": json.loads(row.details),
            }
            for row in self.connection.execute(query)
        ]

    def _delete_files(self, name: ProjectName, which: ColumnElement[bool], at: float) -> int:
        """Delete rows of files with all that refers to them, and return how many files there were."""
        names = select(_FILE.c.filename).where(which)
        count, size = self.connection.execute(
            select(func.count(), func.coalesce(func.sum(_FILE.c.size), 0)).where(which)
        ).one()
        log = tables.filename_log
        self.connection.execute(update(log).where(log.c.filename.in_(names)).values(deleted=at))
        self._forget(_FILE, which)
        left = update(_PROJECT).where(_PROJECT.c.name == name)
        self.connection.execute(left.values(size=_PROJECT.c.size - size))
        return int(count)

    def _forget(self, table: Table, which: ColumnElement[bool]) -> None:
        """Delete rows, and before them what refers to them: whatever a room keeps about a file goes with it."""
        for other in tables.schema.sorted_tables:
            for key in other.foreign_keys:
                if key.column.table is table:
                    self._forget(other, key.parent.in_(select(key.column).where(which)))
        self.connection.execute(delete(table).where(which))


def _of_version(name: ProjectName, version: str) -> ColumnElement[bool]:
    same: Any = _RELEASE.c.canonical == canonical(version)
    found: ColumnElement[bool] = (_PROJECT.c.name == name) & same
    return found
