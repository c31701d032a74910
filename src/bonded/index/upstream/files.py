"""The files of other indexes by their digests, each fetched once and verified before anybody gets a byte of it.

Every process hashes a kept file once more before it serves it. Several processes may share the folder: whoever
fetches a file holds a lock on its unfinished part, and the others wait for it. A part that a crash left is written
over.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bonded.index.upstream.asking import Unanswered

__all__ = ["Bring", "Files"]

Bring = Callable[[Callable[[bytes], object]], object]
"""Hands the bytes of a file to the function that it is given."""


class Files:
    """Keeps files of other indexes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sound: set[str] = set()

    def find(self, sha256: str) -> Path | None:
        """Return where the file of this digest is; None where it is not, or has the wrong bytes, which are dropped."""
        final = self._path(sha256)
        if not final.is_file():
            return None
        if sha256 not in self._sound:
            with final.open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
                    final.unlink(missing_ok=True)
                    return None
            self._sound.add(sha256)
        return final

    def at_hand(self, sha256: str) -> Path | None:
        """Return where a file is that was verified here before; nothing is read for it."""
        final = self._path(sha256)
        return final if sha256 in self._sound and final.is_file() else None

    def take(self, sha256: str, bring: Bring) -> Path:
        """Bring a file in and return where it is; raises what `bring` raises, Unanswered for the wrong bytes."""
        final = self._path(sha256)
        final.parent.mkdir(parents=True, exist_ok=True)
        part = final.with_name(f".{final.name}.part")
        with _alone(part) as stream:
            if (
                found := self.find(sha256)
            ) is not None:  # by another process, while this one waited
                part.unlink(missing_ok=True)
                return found
            try:
                stream.truncate(0)
                _write(stream, sha256, bring)
                part.replace(final)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
        self._sound.add(sha256)
        return final

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256[2:]


def _write(stream: BinaryIO, sha256: str, bring: Bring) -> None:
    hasher = hashlib.sha256()

    def take(chunk: bytes) -> None:
        hasher.update(chunk)
        stream.write(chunk)

    bring(take)
    stream.flush()
    if hasher.hexdigest() != sha256:
        raise Unanswered(
            "the index behind this one sent a file that is not what its page says:"
            f" expected sha256 {sha256}, got {hasher.hexdigest()}"
        )


@contextmanager
def _alone(path: Path) -> Iterator[BinaryIO]:
    """Open a file that nobody else has open here; what was opened may have been renamed or removed meanwhile."""
    while True:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            if _is_at(stream, path):
                yield stream
                return


def _is_at(stream: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False
