"""The files of other indexes by their digests, each fetched once and verified before anybody gets a byte of it.

Every process hashes a kept file once more before it serves it. Several processes may share the folder: whoever
fetches a file holds a lock on its unfinished part, and the others wait for it. A part that a crash left is written
over. There is a bound to what is kept (`room`); what is handed out is held open (`holding`), so it stays for as long as
somebody reads it, whatever becomes of its place in the folder.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bonded.index.upstream.asking import Unanswered
from bonded.index.upstream.holding import Held, hold, is_at
from bonded.index.upstream.room import PART, Room

__all__ = ["Bring", "Files"]

Bring = Callable[[Callable[[bytes], object]], object]
"""Hands the bytes of a file to the function that it is given."""

_EXACT = 60.0
"""Seconds up to which it does not matter when a file was used: to note it is a write."""


class Files:
    """Keeps files of other indexes.

    `most` is how many bytes together, None for any number; `clock` tells seconds since 1970. `count` hears `hit`,
    `fetched`, `passed` for one that is too large to be kept, and `removed`.
    """

    def __init__(
        self,
        folder: Path,
        most: int | None = None,
        *,
        clock: Callable[[], float],
        count: Callable[[str], object] = bool,
    ) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._count = count
        self._sound: dict[str, tuple[int, int]] = {}
        self.room = Room(folder, most, self._gone)

    def find(self, sha256: str) -> Held | None:
        """Return the file of this digest; None where it is not, or has the wrong bytes, which are dropped."""
        path = self._path(sha256)
        held = hold(path)
        if held is None:
            return None
        if self._sound.get(sha256) != held.node:
            if held.sha256() != sha256:
                if is_at(held.fileno(), path):
                    path.unlink(missing_ok=True)
                return None
            self._sound[sha256] = held.node
        return self._used(held)

    def at_hand(self, sha256: str) -> Held | None:
        """Return a file that was verified here before; nothing is read for it."""
        known = self._sound.get(sha256)
        held = hold(self._path(sha256)) if known is not None else None
        return self._used(held) if held is not None and held.node == known else None

    def take(self, sha256: str, bring: Bring) -> Held:
        """Bring a file in and return it; raises what `bring` raises, Unanswered for the wrong bytes."""
        final = self._path(sha256)
        final.parent.mkdir(parents=True, exist_ok=True)
        part = final.with_name(f".{final.name}{PART}")
        with _alone(part) as stream:
            found = self.find(sha256)
            if found is not None:  # by another process, while this one waited
                part.unlink(missing_ok=True)
                return found
            try:
                stream.truncate(0)
                _write(stream, sha256, bring)
                self._keep(part, final, os.fstat(stream.fileno()).st_size)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            # The same lock, shared from now on: between two locks the file could be removed.
            fcntl.flock(stream, fcntl.LOCK_SH)
            held = Held(os.dup(stream.fileno()))
        self._sound[sha256] = held.node
        return self._used(held)

    def _keep(self, part: Path, final: Path, size: int) -> None:
        """Give a whole file its place, if it can have one; whoever waits for it gets it all the same."""
        if not self.room.has_place(size):
            part.unlink()
            self._count("passed")
            return
        with self.room.made(size):
            part.replace(final)
        self._count("fetched")

    def _used(self, held: Held) -> Held:
        held.used(self._clock(), after=_EXACT)
        return held

    def _gone(self, path: Path) -> None:
        self._sound.pop(path.parent.name + path.name, None)
        self._count("removed")

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
    """Open a file that nobody else has open here; what was opened may have been renamed or removed meanwhile.

    Whoever wrote it may read it for long afterwards, under the same lock shared. So others wait for a share of it only,
    and then look again what there is.
    """
    while True:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                fcntl.flock(stream, fcntl.LOCK_SH)
                continue
            if is_at(stream.fileno(), path):
                yield stream
                return
