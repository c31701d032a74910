"""What can be asked of the book, and written into it, inside one transaction."""

import json
from collections.abc import Sequence
from typing import Any

from packaging.utils import canonicalize_version
from sqlalchemy import Column, Row, Select, or_, select
from sqlalchemy.dialects.postgresql import insert

from bonded.dists.digests import Digests
from bonded.dists.names import ProjectName
from bonded.index import tables
from bonded.index.beginnings import Beginnings
from bonded.index.journal import plain
from bonded.index.model import File, NewFile, Project, Release, Shelf
from bonded.index.provenance import read_proof
from bonded.index.tokens import Tokens

__all__ = ["Entries"]

# Every column of a file but what lies beside it, which only one URL asks for.
_BESIDE = {"metadata_file", "provenance"}
_FILE_COLUMNS = [column for column in tables.file.c if column.name not in _BESIDE]


class Entries(Beginnings, Tokens):
    """The book, seen through one connection and its transaction."""

    def project(self, name: ProjectName) -> Project | None:
        """Return the project of this name."""
        query = select(tables.project).where(tables.project.c.name == name)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else _project(row)

    def projects(self) -> Sequence[Project]:
        """Return every project in the order of names."""
        query = select(tables.project).order_by(tables.project.c.name)
        return [_project(row) for row in self.connection.execute(query)]

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
        query = _files().order_by(tables.file.c.id)
        if name is not None:
            query = query.where(tables.project.c.name == name)
        return [_file(row) for row in self.connection.execute(query)]

    def file(self, filename: str) -> File | None:
        """Return the file of this name."""
        query = _files().where(tables.file.c.filename == plain(filename))
        row = self.connection.execute(query).one_or_none()
        return None if row is None else _file(row)

    def metadata_file(self, filename: str) -> bytes | None:
        """Return the METADATA of the wheel of this name."""
        return self._beside(tables.file.c.metadata_file, filename)

    def provenance(self, filename: str) -> bytes | None:
        """Return the provenance of the file of this name."""
        return self._beside(tables.file.c.provenance, filename)

    def _beside(self, column: Column[Any], filename: str) -> bytes | None:
        query = select(column).where(tables.file.c.filename == plain(filename))
        data = self.connection.execute(query).scalar_one_or_none()
        return None if data is None else bytes(data)

    def shelf(self, project: ProjectName, version: str, filename: str, blake2b_256: str) -> Shelf:
        """Return what is there already that concerns a new file."""
        filename, found = plain(filename), self.project(project)
        same = _files().where(
            or_(tables.file.c.filename == filename, tables.file.c.blake2b_256 == blake2b_256)
        )
        sdists = _files().where(
            tables.project.c.name == project,
            tables.release.c.canonical == canonicalize_version(version),
            tables.file.c.packagetype == "sdist",
        )
        used = select(tables.filename_log).where(tables.filename_log.c.filename == filename)
        return Shelf(
            project=found,
            name_fault="" if found is not None else self.name_fault(project),
            same=tuple(_file(row) for row in self.connection.execute(same)),
            name_was_used=self.connection.execute(used).first() is not None,
            sdists=tuple(row.filename for row in self.connection.execute(sdists)),
        )

    def add_file(self, new: NewFile) -> None:
        """Write a file down, with its release where that is new."""
        file = new.file
        project_id = self._project_id(file.project)
        release = {
            "project_id": project_id,
            "version": file.version,
            "canonical": canonicalize_version(file.version),
            "created": file.uploaded,
            "metadata": json.dumps(new.metadata),
        }
        self.connection.execute(
            insert(tables.release)
            .values(release)
            .on_conflict_do_update(
                index_elements=["project_id", "canonical"], set_={"metadata": release["metadata"]}
            )
        )
        release_id = self.connection.execute(
            select(tables.release.c.id).where(
                tables.release.c.project_id == project_id,
                tables.release.c.canonical == release["canonical"],
            )
        ).scalar_one()
        self.connection.execute(
            insert(tables.file).values(
                release_id=release_id,
                metadata_file=new.metadata_file,
                provenance=new.provenance,
                **_columns(file),
            )
        )
        self.connection.execute(insert(tables.filename_log).values(filename=file.filename))
        details = {"filename": file.filename, "publisher": file.publisher}
        serial = self.event(file.uploaded, "file:add", file.project, details)
        self.touch(file.project, serial, display=new.display)

    def _project_id(self, name: ProjectName) -> int:
        query = select(tables.project.c.id).where(tables.project.c.name == name)
        return int(self.connection.execute(query).scalar_one())


def _files() -> Select[Any]:
    return (
        select(*_FILE_COLUMNS, tables.release.c.version, tables.project.c.name.label("project"))
        .join(tables.release, tables.file.c.release_id == tables.release.c.id)
        .join(tables.project, tables.release.c.project_id == tables.project.c.id)
    )


def _project(row: Row[Any]) -> Project:
    return Project(
        name=ProjectName(row.name), display=row.display, status=row.status, serial=row.serial
    )


def _file(row: Row[Any]) -> File:
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


def _columns(file: File) -> dict[str, object]:
    return {
        "filename": file.filename,
        "packagetype": file.packagetype,
        "python_version": file.python_version,
        "size": file.size,
        "md5": file.digests.md5,
        "sha256": file.digests.sha256,
        "blake2b_256": file.digests.blake2b_256,
        "requires_python": file.requires_python,
        "metadata_sha256": file.metadata_sha256,
        "uploaded": file.uploaded,
        "publisher": file.publisher,
        "comment": file.comment,
        "yanked": file.yanked,
        "attestations": file.attestations,
        "proof": None if file.proof is None else json.dumps(file.proof.to_object()),
    }
