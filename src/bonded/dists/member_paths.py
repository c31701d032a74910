"""Paths of members: what is refused in one of them, and what in all of them together.

An unpacker turns a path into a place on a disk. A path that leaves the folder is an attack; a path that two
systems read in two ways (a backslash, a drive, a dot) gives each of them another tree; and so do two members that
land on one place. Where no twins are let in, nor is a name that Windows or an unpacker for it changes: it would land on
the place of another, or nowhere (Microsoft, "Naming Files, Paths, and Namespaces").
"""

import re
import unicodedata

from bonded.dists.limits import ArchiveRefused, Limits

__all__ = ["Tree", "path_fault"]

_PLAIN = re.compile(r"[\w.+@,=~ !#$%&'()\[\]{};^-]+(/[\w.+@,=~ !#$%&'()\[\]{};^-]+)*", re.ASCII)
_DRIVE = re.compile(r"[A-Za-z]:")
# Devices of Windows, which it finds in every folder and behind every extension; the digits of a port may be raised.
_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\.|$)", re.IGNORECASE
)
_FORBIDDEN = frozenset('<>:"|?*')
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


def _twin_fault(path: str) -> str | None:
    """Return why not every system gives a file this name, or None."""
    for part in path.split("/"):
        if part.endswith((".", " ")):
            return "has a part that ends in a dot or a blank, which Windows leaves out"
        if not _FORBIDDEN.isdisjoint(part):
            return (
                f"has one of {''.join(sorted(_FORBIDDEN))}, which Windows reads as something else"
            )
        if _DEVICE.match(part):
            return "has a part that is a device on Windows"
    if not path.isascii() and any(unicodedata.category(letter) == "Cf" for letter in path):
        return "has a character that cannot be seen"
    return None


class Tree:
    """The paths seen so far; it refuses one that cannot lie beside the others.

    `clash` says what two of them have in common that are not spelled alike.
    """

    def __init__(
        self, limits: Limits, clash: str = "are one file where letter case makes no difference"
    ) -> None:
        self._limits = limits
        self._clash = clash
        self._left = limits.directory
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        self._count = 0

    def add(self, path: str, *, is_folder: bool) -> None:
        """Take the next path, a folder's without its last slash; raises `ArchiveRefused`."""
        self._count += 1
        if self._count > self._limits.members:
            raise ArchiveRefused(f"it has more than {self._limits.members} members")
        fault = path_fault(path) or (None if self._limits.twins else _twin_fault(path))
        if fault is not None:
            raise ArchiveRefused(f"the member name {path[:_MAX_PATH]!r} {fault}")
        self._spend(path)
        key = self._key(path)
        if is_folder:
            self._add_folder(path, key)
        else:
            self._add_file(path, key)
        self._add_parents(path, key)

    def put(self, path: str, place: str) -> None:
        """Take a file that goes to `place`, the end of its path or another; raises `ArchiveRefused`."""
        key = self._key(place)
        self._add_file(path, key)
        self._add_parents(path, key)

    def _spend(self, path: str) -> None:
        """Count a name and the folders that it opens: one of many short parts opens thousands."""
        self._left -= len(path)
        if self._left < 0:
            raise ArchiveRefused(f"its names have more than {self._limits.directory} characters")

    def _key(self, path: str) -> str:
        """Return what two paths have in common that land on one place."""
        if self._limits.twins:
            return path
        return path.lower() if path.isascii() else unicodedata.normalize("NFC", path.casefold())

    def _add_file(self, path: str, key: str) -> None:
        other = self._files.get(key, self._folders.get(key))
        if other is not None:
            raise ArchiveRefused(self._twice(path, other))
        self._files[key] = path

    def _add_folder(self, path: str, key: str) -> None:
        other = self._files.get(key)
        if other is not None:
            raise ArchiveRefused(self._twice(path, other))
        self._folders.setdefault(key, path)

    def _add_parents(self, path: str, key: str) -> None:
        """A file is no folder: what lies below one has no place."""
        while "/" in key:
            key, path = key.rpartition("/")[0], path.rpartition("/")[0]
            if key in self._folders:
                return
            if key in self._files:
                raise ArchiveRefused(f"{self._files[key]!r} is in it as a file and as a folder")
            self._spend(path)
            self._folders[key] = path

    def _twice(self, path: str, other: str) -> str:
        return (
            f"{path!r} is in it twice" if path == other else f"{path!r} and {other!r} {self._clash}"
        )
