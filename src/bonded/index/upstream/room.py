"""How much a folder of kept files may hold: what was used longest ago makes room, but for what is being read.

When a file was used is its own time on disk, so nothing has to be written down that a crash could lose, and several
processes that share the folder agree. To look through the folder takes a while: it is done when the bound is passed,
and then a tenth of it is made free at once; and now and then, because other processes add files too.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bonded.index.upstream.holding import remove_unheld

__all__ = ["PART", "Room"]

PART = ".part"
"""What the name of an unfinished file ends with."""

_FREED, _LOOK = 10, 16
"""One of so many parts of the bound is made free at once; after so much that is new the folder is looked through."""


@dataclass(frozen=True, slots=True)
class _Kept:
    used: float
    size: int
    path: Path


@dataclass(frozen=True, slots=True)
class _Sum:
    files: int = 0
    size: int = 0

    def __add__(self, other: "_Sum") -> "_Sum":
        return _Sum(self.files + other.files, self.size + other.size)


class Room:
    """The room of one folder, from any thread.

    `most` is in bytes, None for no bound. `gone` hears of each file that is removed.
    """

    def __init__(self, folder: Path, most: int | None, gone: Callable[[Path], object]) -> None:
        self._folder = folder
        self._most = most
        self._gone = gone
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._all = self._coming = self._meanwhile = _Sum()
        self._new = 0

    def sizes(self) -> tuple[int, int]:
        """Return how many files there are, and how many bytes, as far as this process knows."""
        with self._lock:
            return self._all.files, self._all.size

    def has_place(self, size: int) -> bool:
        """Tell whether a file can be kept at all: one that is larger than the whole is not."""
        return self._most is None or size <= self._most

    @contextmanager
    def made(self, size: int) -> Iterator[None]:
        """Make room for a file that comes to its place in the block."""
        one = _Sum(1, size)
        with self._lock:
            self._all += one
            self._coming += one
            self._new += size
        try:
            if self._is_due():
                with self._looking:
                    if self._is_due():
                        self.look()
            yield
        finally:
            with self._lock:
                self._coming += _Sum(-1, -size)
                self._meanwhile += one

    def _is_due(self) -> bool:
        most = self._most
        with self._lock:
            return most is not None and (self._all.size > most or self._new * _LOOK > most)

    def look(self) -> None:
        """Look through the folder: remove what a crash left, and what is too much."""
        with self._lock:
            coming, self._new, self._meanwhile = self._coming.size, 0, _Sum()
        kept = sorted(_kept(self._folder), key=lambda one: one.used)
        left = _Sum(len(kept), sum(one.size for one in kept))
        if self._most is not None and left.size + coming > self._most:
            enough = self._most - self._most // _FREED - coming
            for one in kept:
                if left.size <= enough:
                    break
                if remove_unheld(one.path):
                    left += _Sum(-1, -one.size)
                    self._gone(one.path)
        with self._lock:
            # What came meanwhile may have been seen or not: it counts, until the next look knows.
            self._all = left + self._coming + self._meanwhile


def _kept(folder: Path) -> Iterator[_Kept]:
    """Give every whole file of the folder; unfinished ones that nobody writes are removed."""
    for shelf in _entries(folder):
        if not shelf.is_dir(follow_symlinks=False):
            continue  # a link leads out of what is ours to remove
        for entry in _entries(shelf.path):
            path = Path(entry.path)
            if entry.name.endswith(PART):
                remove_unheld(path)
                continue
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield _Kept(found.st_mtime, found.st_size, path)


def _entries(folder: Path | str) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
