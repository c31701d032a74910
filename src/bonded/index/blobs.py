"""Published bytes in a folder, each under its own BLAKE2b digest.

A file comes in under a temporary name and gets its final one by an atomic rename, so under a final name there is
always a whole file, whatever crashed when. The final name is a function of the bytes: two uploads that race to keep
the same bytes put the same thing in the same place. Temporary files that a crash left behind are swept at the start.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bonded.dists.digests import Digests, Hasher

__all__ = ["Folder", "FolderSpool"]


class Folder:
    """A content-addressed folder; `durable` waits for the disk at every keep."""

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        self._root = root
        self._durable = durable
        self._incoming = root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    def sweep(self) -> int:
        """Remove what never became a file and return how many there were; only while nobody uploads."""
        leftovers = list(self._incoming.iterdir())
        for leftover in leftovers:
            leftover.unlink()
        return len(leftovers)

    def spool(self) -> "FolderSpool":
        """Begin to take bytes in."""
        return FolderSpool(self, self._incoming, durable=self._durable)

    def path(self, blake2b_256: str) -> Path:
        """Return where the bytes of this digest are, or would be: two letters, two letters, the rest."""
        return self._root / blake2b_256[:2] / blake2b_256[2:4] / blake2b_256[4:]


class FolderSpool:
    """Bytes on their way into a folder, hashed as they pass."""

    def __init__(self, folder: Folder, incoming: Path, *, durable: bool) -> None:
        self._folder = folder
        self._durable = durable
        self._hasher = Hasher()
        descriptor, name = tempfile.mkstemp(dir=incoming)
        self._temporary = Path(name)
        self._stream = os.fdopen(descriptor, "wb")

    @property
    def size(self) -> int:
        """Return how many bytes were written."""
        return self._hasher.size

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._hasher.update(chunk)
        self._stream.write(chunk)

    def digests(self) -> Digests:
        """Return the digests of what was written."""
        return self._hasher.digests()

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open what was written, from its first byte."""
        self._stream.flush()
        with self._temporary.open("rb") as stream:
            yield stream

    def keep(self) -> None:
        """Give the bytes their final name, at once and whole."""
        final = self._folder.path(self.digests().blake2b_256)
        self._stream.flush()
        if self._durable:
            os.fsync(self._stream.fileno())
        self._stream.close()
        final.parent.mkdir(parents=True, exist_ok=True)
        self._temporary.chmod(0o644)
        self._temporary.replace(final)
        if self._durable:
            _sync_folder(final.parent)

    def discard(self) -> None:
        """Forget the bytes, if they were not kept."""
        self._stream.close()
        self._temporary.unlink(missing_ok=True)


def _sync_folder(path: Path) -> None:
    """Make a rename survive a power cut: on Linux the folder holds the name, so it is synced as well."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
