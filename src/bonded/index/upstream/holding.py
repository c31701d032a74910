"""Kept files that are open: whoever reads one holds it, and what is held is not removed to make room.

A reader has a shared lock on the file itself (`flock`), so readers of other processes are seen too, and those of a
process that died are gone with it. Who removes a file takes the lock alone, for a moment and without waiting; a reader
who comes in that moment finds that the file is no longer at its place, and it is as if it had never been there.
"""

import fcntl
import hashlib
import os
from pathlib import Path

__all__ = ["Held", "hold", "is_at", "remove_unheld"]


class Held:
    """A kept file, open for reading at any place, as long as this object is referred to. `size` is in bytes."""

    __slots__ = ("_descriptor", "node", "size")

    def __init__(self, descriptor: int) -> None:
        """Own a descriptor, whose lock is shared or about to be."""
        self._descriptor = descriptor
        found = os.fstat(descriptor)
        self.node = found.st_dev, found.st_ino
        self.size = found.st_size

    def __del__(self) -> None:
        os.close(self._descriptor)

    def fileno(self) -> int:
        """Return its descriptor."""
        return self._descriptor

    def sha256(self) -> str:
        """Return the digest of its bytes, in hexadecimal."""
        with os.fdopen(os.dup(self._descriptor), "rb") as stream:
            stream.seek(0)
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def used(self, now: float, *, after: float) -> None:
        """Note the time of a use in the file's own time, where that is older than so many seconds."""
        if not 0 <= now - os.fstat(self._descriptor).st_mtime <= after:
            os.utime(self._descriptor, (now, now))


def hold(path: Path) -> Held | None:
    """Open a file and hold it; None where it is not there."""
    try:
        held = Held(os.open(path, os.O_RDONLY))
    except FileNotFoundError:
        return None
    fcntl.flock(held.fileno(), fcntl.LOCK_SH)
    return held if is_at(held.fileno(), path) else None


def remove_unheld(path: Path) -> bool:
    """Remove a file that nobody holds or writes, and tell whether it is gone."""
    try:
        held = Held(os.open(path, os.O_RDONLY))
        fcntl.flock(held.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        if is_at(held.fileno(), path):
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return True
    except OSError:  # held, or not ours to remove
        return False
    return True


def is_at(descriptor: int, path: Path) -> bool:
    """Tell whether an open file is still the one at a place."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
