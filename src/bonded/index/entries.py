"""What can be asked of the book, and written into it, inside one transaction."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from packaging.utils import canonicalize_version
from sqlalchemy import Connection, Row, Select, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bonded.dists.digests import Digests
from bonded.dists.names import ProjectName
from bonded.index import tables
from bonded.index.model import (
    File,
    NewFile,
    Project,
    Refusal,
    RefusedUpload,
    Release,
    Shelf,
    Standing,
)

__all__ = ["Entries"]

# Every column of a file but the bytes of its METADATA, which only one URL asks for.
_FILE_COLUMNS = [column for column in tables.file.c if column.name != "metadata_file"]


class Entries:
    """The book, seen through one connection and its transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    # Projects, releases and files.

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
        query = _files().where(tables.file.c.filename == filename)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else _file(row)

    def metadata_file(self, filename: str) -> bytes | None:
        """Return the METADATA of the wheel of this name."""
        query = select(tables.file.c.metadata_file).where(tables.file.c.filename == filename)
        data = self.connection.execute(query).scalar_one_or_none()
        return None if data is None else bytes(data)

    def shelf(self, project: ProjectName, version: str, filename: str, blake2b_256: str) -> Shelf:
        """Return what is there already that concerns a new file."""
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
            project=self.project(project),
            same=tuple(_file(row) for row in self.connection.execute(same)),
            name_was_used=self.connection.execute(used).first() is not None,
            sdists=tuple(row.filename for row in self.connection.execute(sdists)),
        )

    def create_project(self, name: ProjectName, display: str, at: float) -> None:
        """Take a name, if it is free."""
        if self.project(name) is None:
            self.connection.execute(insert(tables.project).values(name=name, display=display))
            self._touch(name, self.event(at, "project:create", name, {"display": display}))

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
            upsert(tables.release)
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
                release_id=release_id, metadata_file=new.metadata_file, **_columns(file)
            )
        )
        self.connection.execute(insert(tables.filename_log).values(filename=file.filename))
        details = {"filename": file.filename, "publisher": file.publisher}
        serial = self.event(file.uploaded, "file:add", file.project, details)
        self._touch(file.project, serial, display=new.display)

    def _project_id(self, name: ProjectName) -> int:
        query = select(tables.project.c.id).where(tables.project.c.name == name)
        return int(self.connection.execute(query).scalar_one())

    def _touch(self, name: ProjectName, serial: int, **values: str) -> None:
        where = tables.project.c.name == name
        self.connection.execute(update(tables.project).where(where).values(serial=serial, **values))

    # What happened.

    def event(self, at: float, tag: str, subject: str, details: Mapping[str, object]) -> int:
        """Write down that something happened; return its serial."""
        values = {"at": at, "tag": tag, "subject": subject, "details": json.dumps(details)}
        result = self.connection.execute(insert(tables.event).values(values))
        assert result.inserted_primary_key is not None
        return int(result.inserted_primary_key[0])

    def refused_upload(self, refused: RefusedUpload) -> None:
        """Write down that an upload was refused."""
        self.connection.execute(
            insert(tables.upload_refusal).values(
                at=refused.at,
                filename=refused.filename,
                check_name=refused.refusal.check,
                status=refused.refusal.status,
                message=refused.refusal.message,
            )
        )

    def refused_uploads(self) -> Sequence[RefusedUpload]:
        """Return every refused upload in the order of arrival."""
        query = select(tables.upload_refusal).order_by(tables.upload_refusal.c.id)
        return [
            RefusedUpload(
                at=row.at,
                filename=row.filename,
                refusal=Refusal(check=row.check_name, status=row.status, message=row.message),
            )
            for row in self.connection.execute(query)
        ]

    # Tokens.

    def standing(self, token_hash: str) -> Standing | None:
        """Return what the token of this hash may do, or None where there is no such token."""
        query = (
            select(tables.token, tables.publisher.c.title.label("publisher_title"))
            .outerjoin(tables.publisher)
            .where(tables.token.c.hash == token_hash)
        )
        row = self.connection.execute(query).one_or_none()
        if row is None:
            return None
        return Standing(
            publisher=row.publisher_title,
            projects=frozenset(self._projects_of_token(row)),
            not_before=row.not_before,
            expires=row.expires,
            revoked=row.revoked,
        )

    def _projects_of_token(self, token: Row[Any]) -> Sequence[ProjectName]:
        """Return the projects of the mint; of a publisher's token, only those that it still has."""
        query = (
            select(tables.project.c.name)
            .join(tables.token_project)
            .where(tables.token_project.c.token_hash == token.hash)
        )
        if token.publisher_id is not None:
            attached = select(tables.publisher_project.c.project_id).where(
                tables.publisher_project.c.publisher_id == token.publisher_id,
                tables.publisher_project.c.project_id == tables.project.c.id,
            )
            query = query.where(attached.exists())
        return [ProjectName(name) for name in self.connection.execute(query).scalars()]

    def add_token(
        self,
        token_hash: str,
        *,
        publisher_id: str | None,
        projects: Sequence[ProjectName],
        not_before: float,
        expires: float,
        claims: Mapping[str, object],
    ) -> None:
        """Write a token down, by its hash only."""
        self.connection.execute(
            insert(tables.token).values(
                hash=token_hash,
                publisher_id=publisher_id,
                not_before=not_before,
                expires=expires,
                revoked=False,
                claims=json.dumps(claims),
            )
        )
        for name in projects:
            values = {"token_hash": token_hash, "project_id": self._project_id(name)}
            self.connection.execute(insert(tables.token_project).values(values))

    def revoke(self, token_hash: str) -> bool:
        """End a token of a trusted publisher early; tell whether there was one that lived."""
        result = self.connection.execute(
            update(tables.token)
            .where(
                tables.token.c.hash == token_hash,
                tables.token.c.publisher_id.is_not(None),
                tables.token.c.revoked.is_(False),
            )
            .values(revoked=True)
        )
        return result.rowcount == 1


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
    }
