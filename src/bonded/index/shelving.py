"""How a file comes into the book: what is there already that concerns it, and writing it down."""

import json

from packaging.utils import canonicalize_version
from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from bonded.dists.names import ProjectName
from bonded.index import tables
from bonded.index.browsing import Browsing
from bonded.index.catalogue import Catalogue, file_of, files_query
from bonded.index.journal import plain
from bonded.index.model import File, NewFile, Shelf

__all__ = ["Shelving"]


class Shelving(Catalogue, Browsing):
    """New files, seen through one connection and its transaction."""

    def shelf(self, project: ProjectName, version: str, filename: str, blake2b_256: str) -> Shelf:
        """Return what is there already that concerns a new file."""
        filename, found = plain(filename), self.project(project)
        same = files_query().where(
            or_(tables.file.c.filename == filename, tables.file.c.blake2b_256 == blake2b_256)
        )
        sdists = files_query().where(
            tables.project.c.name == project,
            tables.release.c.canonical == canonicalize_version(version),
            tables.file.c.packagetype == "sdist",
        )
        log = tables.filename_log
        used = select(log.c.filename).where(log.c.filename == filename)
        deleted = select(log.c.filename).where(
            log.c.blake2b_256 == blake2b_256, log.c.deleted.is_not(None)
        )
        return Shelf(
            project=found,
            name_fault="" if found is not None else self.name_fault(project),
            same=tuple(file_of(row) for row in self.connection.execute(same)),
            name_was_used=self.connection.execute(used).first() is not None,
            deleted=self.connection.execute(deleted).first() is not None,
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
        file_id = self.connection.execute(
            insert(tables.file)
            .values(release_id=release_id, **_columns(file))
            .returning(tables.file.c.id)
        ).scalar_one()
        beside = {"metadata_file": new.metadata_file, "provenance": new.provenance}
        if any(data is not None for data in beside.values()):
            self.connection.execute(insert(tables.beside).values(file_id=file_id, **beside))
        log = {"filename": file.filename, "blake2b_256": file.digests.blake2b_256}
        self.connection.execute(insert(tables.filename_log).values(log))
        details = {"filename": file.filename, "publisher": file.publisher}
        serial = self.event(file.uploaded, "file:add", file.project, details)
        size = tables.project.c.size + file.size
        self.touch(file.project, serial, display=new.display, size=size)
        self.describe(file.project, file.version, str(new.metadata.get("summary") or ""))

    def _project_id(self, name: ProjectName) -> int:
        query = select(tables.project.c.id).where(tables.project.c.name == name)
        return int(self.connection.execute(query).scalar_one())


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
