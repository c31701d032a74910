"""How a file comes into the book: what is there already that concerns it, and writing it down."""

import json

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.browsing import Browsing
from bonded.index.book.catalogue import Catalogue, canonical, file_of, files_query
from bonded.index.book.databases import Prepared
from bonded.index.book.journal import plain
from bonded.index.model import File, NewFile, Shelf

__all__ = ["Shelving"]


_FILE, _RELEASE, _PROJECT, _LOG = tables.file, tables.release, tables.project, tables.filename_log

_SAME = Prepared(
    files_query().where(
        or_(
            _FILE.c.filename == bindparam("name_of_file"),
            _FILE.c.blake2b_256 == bindparam("digest"),
        )
    )
)
_BEGUN = Prepared(
    select(_RELEASE.c.created, _FILE.c.filename)
    .join(_PROJECT, _RELEASE.c.project_id == _PROJECT.c.id)
    .outerjoin(_FILE, and_(_FILE.c.release_id == _RELEASE.c.id, _FILE.c.packagetype == "sdist"))
    .where(
        _PROJECT.c.name == bindparam("project"),
        _RELEASE.c.canonical == bindparam("version"),
    )
)
_NAME = select(_LOG.c.filename).where(_LOG.c.filename == bindparam("name_of_file"))
_BYTES = select(_LOG.c.filename).where(
    _LOG.c.blake2b_256 == bindparam("digest"), _LOG.c.deleted.is_not(None)
)
_PAST = Prepared(select(_NAME.exists().label("was_used"), _BYTES.exists().label("deleted")))
_new_release = insert(_RELEASE).values(
    project_id=select(_PROJECT.c.id)
    .where(_PROJECT.c.name == bindparam("project"))
    .scalar_subquery()
)
_ADD_RELEASE = Prepared(
    _new_release.on_conflict_do_update(
        index_elements=["project_id", "canonical"],
        set_={"metadata": _new_release.excluded.metadata},
    ).returning(_RELEASE.c.id),
    columns=["version", "canonical", "created", "metadata"],
)
_ADD_FILE = Prepared(
    insert(_FILE).returning(_FILE.c.id),
    columns=[column.name for column in _FILE.c if column.name != "id"],
)
_ADD_BESIDE = Prepared(insert(tables.beside), columns=["file_id", "metadata_file", "provenance"])
_LOG_NAME = Prepared(insert(_LOG), columns=["filename", "blake2b_256"])
_GROW = Prepared(
    update(_PROJECT)
    .where(_PROJECT.c.name == bindparam("project"))
    .values(
        serial=bindparam("moved"),
        display=bindparam("shown"),
        size=_PROJECT.c.size + bindparam("more", type_=_PROJECT.c.size.type),
    )
    .returning(_PROJECT.c.id, _PROJECT.c.summary, _PROJECT.c.described)
)


class Shelving(Catalogue, Browsing):
    """New files, seen through one connection and its transaction."""

    def shelf(self, project: ProjectName, version: str, filename: str, blake2b_256: str) -> Shelf:
        """Return what is there already that concerns a new file."""
        found, connection = self.project(project), self.connection
        same = {"name_of_file": plain(filename), "digest": blake2b_256}
        release = {"project": project, "version": canonical(version)}
        begun = _BEGUN.rows(connection, release)
        (past,) = _PAST.rows(connection, same)
        return Shelf(
            project=found,
            name_fault="" if found is not None else self.name_fault(project),
            same=tuple(map(file_of, _SAME.rows(connection, same))),
            name_was_used=bool(past.was_used),
            deleted=bool(past.deleted),
            begun=begun[0].created if begun else None,
            sdists=tuple(row.filename for row in begun if row.filename is not None),
        )

    def add_file(self, new: NewFile) -> None:
        """Write a file down, with its release where that is new; its project must be there."""
        file, connection = new.file, self.connection
        release = {
            "project": file.project,
            "version": file.version,
            "canonical": canonical(file.version),
            "created": file.uploaded,
            "metadata": json.dumps(new.metadata),
        }
        release_id = _ADD_RELEASE.rows(connection, release)[0].id
        row = {"release_id": release_id, **_columns(file)}
        file_id = _ADD_FILE.rows(connection, row)[0].id
        beside = {"metadata_file": new.metadata_file, "provenance": new.provenance}
        if any(data is not None for data in beside.values()):
            _ADD_BESIDE.count(connection, {"file_id": file_id, **beside})
        _LOG_NAME.count(
            connection, {"filename": file.filename, "blake2b_256": file.digests.blake2b_256}
        )
        details = {"filename": file.filename, "by": new.by}
        serial = self.event(file.uploaded, "file:add", file.project, details)
        grown = {"project": file.project, "moved": serial, "shown": new.display, "more": file.size}
        (project,) = _GROW.rows(connection, grown)
        self.describe(project, file.project, file.version, str(new.metadata.get("summary") or ""))


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
