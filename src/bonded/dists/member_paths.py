"""Paths of members: what is refused in one of them, and what in all of them together.

An unpacker turns a path into a place on a disk. A path that leaves the folder is an attack; a path that two
systems read in two ways (a backslash, a drive, a dot) gives each of them another tree; and so do two members that
land on one place.
"""

import re
import unicodedata

from bonded.dists.limits import ArchiveRefused, Limits

__all__ = ["Tree", "path_fault"]

_PLAIN = re.compile(r"[\w.+@,=~ !#$%&'()\[\]{};^-]+(/[\w.+@,=~ !#$%&'()\[\]{};^-]+)*", re.ASCII)
_DRIVE = re.compile(r"[A-Za-z]:")
_MAX_PART = 255
_MAX_PATH = 4096


def path_fault(path: str) -> str | None:
    """Return why a member must not have this path (without the slash at the end of a folder's), or None."""
    if len(path) <= _MAX_PART and "./" not in f"{path}/" and _PLAIN.fullmatch(path):
        return None  # most paths, quickly
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in path) or "\\" in path:
        return "has a control character or a backslash"
    if path.startswith("/") or _DRIVE.match(path) or ".." in path.split("/"):
        return "leaves the archive's folder"
    if any(part in {"", "."} for part in path.split("/")):
        return "has an empty part or a lone dot"
    longest = max(len(part.encode()) for part in path.split("/"))
    if longest > _MAX_PART or len(path.encode()) > _MAX_PATH:
        return f"is too long: a part has at most {_MAX_PART} bytes, the whole at most {_MAX_PATH}"
    return None


class Tree:
    """The paths seen so far; it refuses one that cannot lie beside the others."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.directory
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        self._count = 0

    def add(self, path: str, *, is_folder: bool) -> None:
        """Take the next path, a folder's without its last slash; raises `ArchiveRefused`."""
        self._count += 1
        if self._count > self._limits.members:
            raise ArchiveRefused(f"it has more than {self._limits.members} members")
        fault = path_fault(path)
        if fault is not None:
            raise ArchiveRefused(f"the member name {path[:_MAX_PATH]!r} {fault}")
        self._left -= len(path)
        if self._left < 0:
            raise ArchiveRefused(f"its names have more than {self._limits.directory} characters")
        key = self._key(path)
        if is_folder:
            self._add_folder(path, key)
        else:
            self._add_file(path, key)
        self._add_parents(path, key)

    def _key(self, path: str) -> str:
        """Return what two paths have in common that land on one place."""
        if self._limits.twins:
            return path
        return path.lower() if path.isascii() else unicodedata.normalize("NFC", path.casefold())

    def _add_file(self, path: str, key: str) -> None:
        other = self._files.get(key, self._folders.get(key))
        if other is not None:
            raise ArchiveRefused(_twice(path, other))
        self._files[key] = path

    def _add_folder(self, path: str, key: str) -> None:
        other = self._files.get(key)
        if other is not None:
            raise ArchiveRefused(_twice(path, other))
        self._folders.setdefault(key, path)

    def _add_parents(self, path: str, key: str) -> None:
        """A file is no folder: what lies below one has no place."""
        while "/" in key:
            key, path = key.rpartition("/")[0], path.rpartition("/")[0]
            if key in self._folders:
                return
            if key in self._files:
                raise ArchiveRefused(f"{self._files[key]!r} is in it as a file and as a folder")
            self._folders[key] = path


def _twice(path: str, other: str) -> str:
    if path == other:
        return f"{path!r} is in it twice"
    return f"{path!r} and {other!r} are one file where letter case makes no difference"
