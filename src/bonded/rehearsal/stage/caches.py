"""The cache service of an evening: empty when it begins, gone when it ends.

GitHub's caches live for days and are shared between runs; here a job can at most find what an earlier job of the same
rehearsal saved. A release that needs a warm cache is not reproducible, and a rehearsal shows that.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bonded.rehearsal.stage.inside import Inside


@dataclass(frozen=True, slots=True)
class Entry:
    """One saved cache: its key and, of each path that existed, where its copy lies.

    Paths below the workspace are kept relative to it, because another job has another one here.
    """

    key: str
    copies: tuple[tuple[Path, Path], ...]


class Caches:
    """What was saved so far; with `inside`, nothing is taken from elsewhere."""

    def __init__(self, folder: Path, inside: Inside | None = None) -> None:
        self._inside = inside
        self._folder = folder
        self._entries: list[Entry] = []

    def find(self, key: str, restore_keys: Sequence[str]) -> Entry | None:
        """Return the entry with this key, else the newest one that starts with it or with a restore key."""
        exact = next((entry for entry in self._entries if entry.key == key), None)
        if exact:
            return exact
        for prefix in (key, *restore_keys):
            for entry in reversed(self._entries):
                if entry.key.startswith(prefix):
                    return entry
        return None

    def save(self, key: str, paths: Sequence[Path], workspace: Path) -> bool:
        """Keep copies of the paths under a new key; False where the key is taken or nothing exists."""
        present = [
            p for p in paths if p.exists() and (self._inside is None or self._inside.holds(p))
        ]
        if not present or any(entry.key == key for entry in self._entries):
            return False
        base = self._folder / str(len(self._entries))
        copies = []
        for number, path in enumerate(present):
            copy = base / str(number)
            copy.parent.mkdir(parents=True, exist_ok=True)
            _copy(path, copy)
            inside = path.is_relative_to(workspace)
            copies.append((path.relative_to(workspace) if inside else path, copy))
        self._entries.append(Entry(key, tuple(copies)))
        return True


def restore(entry: Entry, workspace: Path, inside: Inside) -> None:
    """Put the copies of an entry where they came from, in this workspace; raises Escape where a link leads away."""
    for path, copy in entry.copies:
        _put(copy, workspace / path, inside)


def _put(source: Path, target: Path, inside: Inside) -> None:
    if source.is_symlink():
        inside.link(target, str(source.readlink()))
    elif source.is_dir():
        inside.make(target)
        for entry in source.iterdir():
            _put(entry, target / entry.name, inside)
    else:
        with source.open("rb") as file, inside.write(target) as to:
            shutil.copyfileobj(file, to)
            os.fchmod(to.fileno(), source.stat().st_mode & 0o777)


def _copy(source: Path, target: Path) -> None:
    """Copy a file, a link as a link, or a folder into one that may be there."""
    if source.is_dir() and not source.is_symlink():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copystat(source, target)
        for entry in source.iterdir():
            _copy(entry, target / entry.name)
    else:
        target.unlink(missing_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
