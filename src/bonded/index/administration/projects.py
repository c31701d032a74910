"""Projects, their versions and files: what owners may see, withdraw, delete and bound.

A file that is yanked can still be had by whoever names it exactly (PEP 592), and that can be taken back. What is
deleted is gone: neither its name nor its bytes are taken again, so nobody gets other bytes under a name that was
installed before, and what was taken down for a reason does not come back by a job that runs once more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bonded.dists.names import InvalidName, ProjectName, parse_project_name
from bonded.index.administration.errors import NotFound, Unacceptable
from bonded.index.administration.shelves import Shelves
from bonded.index.book.curating import LIMITS, Curating
from bonded.index.model import File, Project

__all__ = ["STATUSES", "Projects", "Target"]

STATUSES = ("active", "archived", "quarantined", "deprecated")
"""What may become of a project (PEP 792)."""

LISTED = 100
MAX_LISTED = 1000
MAX_REASON = 1000
MAX_SIZE = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is meant in a project: one version, one file, or with neither all of it."""

    project: str
    version: str = ""
    filename: str = ""


class Projects:
    """The projects of an index in the hands of `by`. May be used from many threads.

    `remove` takes the bytes of a digest out of the store. `limits` are the index's own, by their names in the settings.
    """

    def __init__(
        self,
        *,
        shelves: Shelves,
        remove: Callable[[str], None],
        limits: Mapping[str, int],
        clock: Callable[[], float],
        by: str,
    ) -> None:
        self._shelves = shelves
        self._remove = remove
        self._limits = limits
        self._clock = clock
        self._by = by

    def listed(self, after: str = "", limit: int = LISTED) -> list[dict[str, Any]]:
        """Return projects in the order of names, those that follow `after`, `MAX_LISTED` at most."""
        if not after.isprintable():
            raise Unacceptable(f"no project is called {after!r}")
        with self._shelves.reading() as book:
            return [_brief(one) for one in book.projects_after(after, min(limit, MAX_LISTED))]

    def shown(self, name: str) -> dict[str, Any]:
        """Return one project with its limits, versions and files; raises NotFound."""
        with self._shelves.reading() as book:
            project = _project(book, name)
            versions: dict[str, list[dict[str, Any]]] = {
                one.version: [] for one in book.releases(project.name)
            }
            for file in book.files(project.name):
                versions.setdefault(file.version, []).append(_file(file))
        own = _own_limits(project)
        return {
            **_brief(project),
            "reason": project.reason,
            "limits": {name: own[name] or self._limits[name] for name in LIMITS},
            "own_limits": own,
            "versions": [{"version": one, "files": files} for one, files in versions.items()],
        }

    def yank(self, target: Target, reason: str = "", *, dry_run: bool = False) -> dict[str, Any]:
        """Yank a file, or every file that a version has now; `reason` is shown to installers."""
        return self._yank(target, _reason(reason), dry_run=dry_run)

    def unyank(self, target: Target, *, dry_run: bool = False) -> dict[str, Any]:
        """Take a yank back."""
        return self._yank(target, None, dry_run=dry_run)

    def delete(self, target: Target, *, dry_run: bool = False) -> dict[str, Any]:
        """Delete a file, a version with its files, or a project with all that it has; say what went.

        The rows go first, in one transaction; then the bytes, which nothing refers to any more. A crash between the two
        leaves bytes that `bonded fsck` tells of, never a row without bytes.
        """
        with (self._shelves.reading if dry_run else self._shelves.writing)() as book:
            project = _project(book, target.project)
            files = _meant(book, project.name, target)
            if not dry_run:
                self._delete(book, project.name, target, files)
        if not dry_run:
            self._drop([file.digests.blake2b_256 for file in files])
        return _did(project.name, target, files, dry_run=dry_run)

    def set_status(
        self, name: str, status: str, reason: str = "", *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Say what becomes of a project (PEP 792), and return it; an active one needs no reason."""
        if status not in STATUSES:
            raise Unacceptable(f"a status is one of {', '.join(STATUSES)}, got {status!r}")
        told = _reason(reason)
        if told and status == "active":
            raise Unacceptable("an active project has no reason to tell")
        with (self._shelves.reading if dry_run else self._shelves.writing)() as book:
            project = _project(book, name)
            if not dry_run and (project.status, project.reason) != (status, told):
                book.set_status(project.name, status, told, self._clock(), by=self._by)
        return {"name": project.name, "status": status, "reason": told, "dry_run": dry_run}

    def set_limits(
        self, name: str, limits: Mapping[str, int | None], *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Give a project limits of its own in bytes by their names, or with None those of the index."""
        if not limits or limits.keys() - LIMITS.keys():
            raise Unacceptable(f"which limits? There are {' and '.join(map(repr, LIMITS))}")
        for one, size in limits.items():
            if size is not None and not 0 < size <= MAX_SIZE:
                raise Unacceptable(f"{one} is a number of bytes above 0, got {size}")
        with (self._shelves.reading if dry_run else self._shelves.writing)() as book:
            project = _project(book, name)
            own = _own_limits(project)
            changed = {one: size for one, size in limits.items() if own[one] != size}
            if changed and not dry_run:
                book.set_limits(project.name, changed, self._clock(), by=self._by)
        return {"name": project.name, "own_limits": dict(limits), "dry_run": dry_run}

    def _yank(self, target: Target, reason: str | None, *, dry_run: bool) -> dict[str, Any]:
        if not (target.version or target.filename):
            raise Unacceptable("which version, or which file?")
        with (self._shelves.reading if dry_run else self._shelves.writing)() as book:
            project = _project(book, target.project)
            meant = _meant(book, project.name, target)
            if not meant:
                raise NotFound(f"version {target.version} of {project.name!r} has no files")
            files = [file for file in meant if file.yanked != reason]
            if files and not dry_run:
                book.yank(project.name, files, reason, self._clock(), by=self._by)
        done = _did(project.name, target, files, dry_run=dry_run)
        return {**done, "yanked": reason is not None, "reason": reason or ""}

    def _delete(
        self, book: Curating, name: ProjectName, target: Target, files: Sequence[File]
    ) -> None:
        now = self._clock()
        if target.filename:
            book.delete_file(files[0], now, by=self._by)
        elif target.version:
            book.delete_version(name, target.version, now, by=self._by)
        else:
            book.delete_project(name, now, by=self._by)

    def _drop(self, digests: Sequence[str]) -> None:
        """Remove bytes, if nothing refers to them."""
        with self._shelves.reading() as book:
            loose = [digest for digest in digests if not book.is_kept(digest)]
        for digest in loose:
            self._remove(digest)


def _project(book: Curating, name: str) -> Project:
    try:
        project = book.project(parse_project_name(name))
    except InvalidName:
        project = None
    if project is None:
        raise NotFound(f"there is no project {name!r} on this index")
    return project


def _own_limits(project: Project) -> dict[str, int | None]:
    return {"file_size": project.file_limit, "project_size": project.total_limit}


def _meant(book: Curating, name: ProjectName, target: Target) -> Sequence[File]:
    """Return the files that are meant; raises NotFound where there is no such file or version."""
    if target.filename and target.version:
        raise Unacceptable("a version or a file, not both")
    # What no file or version can be called is not asked of the book, whose texts do not hold everything.
    known = (target.filename + target.version).isprintable()
    if target.filename:
        file = book.file(target.filename) if known else None
        if file is None or file.project != name:
            raise NotFound(f"{name!r} has no file {target.filename!r}")
        return [file]
    if not target.version:
        return book.files(name)
    if not known or not book.has_version(name, target.version):
        raise NotFound(f"{name!r} has no version {target.version!r}")
    return book.files_of_version(name, target.version)


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if len(reason) > MAX_REASON or not reason.isprintable():
        raise Unacceptable(f"a reason is a text of at most {MAX_REASON} printable characters")
    return reason


def _did(
    name: ProjectName, target: Target, files: Sequence[File], *, dry_run: bool
) -> dict[str, Any]:
    return {
        "project": name,
        "version": target.version,
        "files": [file.filename for file in files],
        "dry_run": dry_run,
    }


def _brief(project: Project) -> dict[str, Any]:
    return {
        "name": project.name,
        "display": project.display,
        "status": project.status,
        "size": project.size,
        "serial": project.serial,
    }


def _file(file: File) -> dict[str, Any]:
    return {
        "filename": file.filename,
        "size": file.size,
        "sha256": file.digests.sha256,
        "uploaded": file.uploaded,
        "publisher": file.publisher,
        "yanked": file.yanked,
    }
