"""What can be read in the book about projects and their files, inside one transaction."""

import json
from collections.abc import Sequence
from typing import Any

from packaging.utils import canonicalize_version
from sqlalchemy import Column, Select, bindparam, select

from bonded.dists.digests import Digests
from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.databases import Prepared
from bonded.index.book.journal import plain
from bonded.index.book.listing import Listing
from bonded.index.model import File, Project, Release
from bonded.index.provenance import read_proof

__all__ = ["Catalogue", "canonical", "file_of", "files_query", "project_of"]


_PROJECT = Prepared(select(tables.project).where(tables.project.c.name == bindparam("name")))


class Catalogue(Listing):
    """Projects, releases and files, seen through one connection and its transaction."""

    def project(self, name: ProjectName) -> Project | None:
        """Return the project of this name."""
        rows = _PROJECT.rows(self.connection, {"name": name})
        return project_of(rows[0]) if rows else None

    def projects(self) -> Sequence[Project]:
        """Return every project in the order of names."""
        query = select(tables.project).order_by(tables.project.c.name)
        return [project_of(row) for row in self.connection.execute(query)]

    def releases(self, name: ProjectName) -> Sequence[Release]:
        """Return the versions of a project in the order of creation."""
        query = (
            select(tables.release.c.version, tables.release.c.metadata)
            .join(tables.project)
            .where(tables.project.c.name == name)
            .order_by(tables.release.c.id)
        )
        return [
            Release(project=name, version=version, metadata=json.loads(metadata))
            for version, metadata in self.connection.execute(query)
        ]

    def files(self, name: ProjectName | None = None) -> Sequence[File]:
        """Return the files of one project, or all, in the order of upload."""
        query = files_query().order_by(tables.file.c.id)
        if name is not None:
            query = query.where(tables.project.c.name == name)
        return [file_of(row) for row in self.connection.execute(query)]

    def file(self, filename: str) -> File | None:
        """Return the file of this name."""
        query = files_query().where(tables.file.c.filename == plain(filename))
        row = self.connection.execute(query).one_or_none()
        return None if row is None else file_of(row)

    def metadata_file(self, filename: str) -> bytes | None:
        """Return the METADATA of the wheel of this name."""
        return self._beside(tables.beside.c.metadata_file, filename)

    def provenance(self, filename: str) -> bytes | None:
        """Return the provenance of the file of this name."""
        return self._beside(tables.beside.c.provenance, filename)

    def _beside(self, column: Column[Any], filename: str) -> bytes | None:
        query = (
            select(column)
            .join(tables.file, tables.beside.c.file_id == tables.file.c.id)
            .where(tables.file.c.filename == plain(filename))
        )
        data = self.connection.execute(query).scalar_one_or_none()
        return None if data is None else bytes(data)


def canonical(version: str) -> str:
    """Return what all spellings of a version have in common; a text that is no version stays as it is.

    It is a text that every database takes.
    """
    try:
        return canonicalize_version(plain(version))
    except ValueError:
        # More digits than Python reads.
        return plain(version)


def files_query() -> Select[Any]:
    """Return the query of every file, with its version and project, for `file_of`."""
    return (
        select(tables.file, tables.release.c.version, tables.project.c.name.label("project"))
        .join(tables.release, tables.file.c.release_id == tables.release.c.id)
        .join(tables.project, tables.release.c.project_id == tables.project.c.id)
    )


def project_of(row: Any) -> Project:
    """Return the project of a row of its table."""
    return Project(
        name=ProjectName(row.name),
        display=row.display,
        status=row.status,
        reason=row.reason,
        size=row.size,
        file_limit=row.file_limit,
        total_limit=row.total_limit,
        serial=row.serial,
    )


def file_of(row: Any) -> File:
    """Return the file of a row of `files_query`."""
    return File(
        project=ProjectName(row.project),
        version=row.version,
        filename=row.filename,
        packagetype=row.packagetype,
        python_version=row.python_version,
        size=row.size,
        digests=Digests(md5=row.md5, sha256=row.sha256, blake2b_256=row.blake2b_256),
        requires_python=row.requires_python,
        metadata_sha256=row.metadata_sha256,
        uploaded=row.uploaded,
        publisher=row.publisher,
        comment=row.comment,
        yanked=row.yanked,
        attestations=row.attestations,
        proof=None if row.proof is None else read_proof(row.proof),
    )
