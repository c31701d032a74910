"""Published bytes in a folder, each under its own BLAKE2b digest.

What must be true whatever dies when: under a final name there is always a whole file, and what the book refers to is
on the disk before the book says so. Four steps, in this order, and what a power cut after each of them leaves:

1. the bytes are written under a temporary name: a leftover, swept at the next start where nobody else serves;
2. the file is synced: the same;
3. it gets its final name by an atomic rename: a whole file that nothing refers to, or still the leftover of before;
4. its folder is synced, and only then may the book be committed: a whole file that nothing refers to.

So the worst that a crash leaves is room taken for nothing, which `bonded fsck --fix` gives back. The final name is a
function of the bytes: two uploads that race to keep the same bytes put the same thing in the same place.

A small file waits in memory until it has passed every check, so whoever is refused costs the disk nothing. A large one
is hashed in two threads and written while the next bytes arrive, and synced while it is judged; at most two blocks of
it wait in memory.
"""

import io
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from bonded.dists.digests import Digests, Hasher
from bonded.index.ports import BLOCK

__all__ = ["Folder", "FolderSpool"]

_NAME_BYTES = 16
_THREADS = 8
"""At most so many things are done in the background at once; they wait for the disk, or hash without Python's lock."""


class Folder:
    """A content-addressed folder; `durable` waits for the disk before a file counts as kept."""

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        self.incoming = root / "incoming"
        self.durable = durable
        self._root = root
        self._lasting: set[Path] = set()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="blobs")
        self.incoming.mkdir(parents=True, exist_ok=True)

    def sweep(self) -> int:
        """Remove what never became a file and return how many there were; only while nobody uploads."""
        leftovers = list(self.incoming.iterdir())
        for leftover in leftovers:
            leftover.unlink()
        return len(leftovers)

    def spool(self) -> "FolderSpool":
        """Begin to take bytes in."""
        return FolderSpool(self)

    def path(self, blake2b_256: str) -> Path:
        """Return where the bytes of this digest are, or would be: two letters, the rest."""
        return self._root / blake2b_256[:2] / blake2b_256[2:]

    def remove(self, blake2b_256: str) -> None:
        """Let go of bytes that nothing refers to any more."""
        self.path(blake2b_256).unlink(missing_ok=True)

    def blobs(self, beginning: str) -> Iterator[tuple[str, os.stat_result]]:
        """Yield everything that has a final name, of digests with these two first letters: digest and status."""
        try:
            with os.scandir(self._root / beginning) as files:
                for file in files:
                    yield beginning + file.name, file.stat(follow_symlinks=False)
        except FileNotFoundError:
            return

    def begin(self, work: Callable[[], object]) -> "Future[object]":
        """Do something in the background."""
        return self._pool.submit(work)

    def shelve(self, temporary: Path, blake2b_256: str) -> None:
        """Give a file its final name, for good: on Linux names are in the folder, so it is synced as well."""
        final = self.path(blake2b_256)
        if final.parent not in self._lasting:
            final.parent.mkdir(exist_ok=True)
            self._sync(self._root)
            self._lasting.add(final.parent)
        temporary.replace(final)
        self._sync(final.parent)

    def _sync(self, path: Path) -> None:
        """Make the names in a folder survive a power cut."""
        if not self.durable:
            return
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Let the background work end."""
        self._pool.shutdown()


class FolderSpool:
    """Bytes on their way into a folder, hashed as they pass."""

    def __init__(self, folder: Folder) -> None:
        self.size = 0
        self._folder = folder
        self._hasher = Hasher()
        self._block = bytearray()
        self._stream: BinaryIO | None = None
        self._temporary = folder.incoming / os.urandom(_NAME_BYTES).hex()
        self._is_kept = False
        self._begun: list[Future[object]] = []

    def write(self, chunk: bytes) -> None:
        """Take the next bytes, into memory."""
        self.size += len(chunk)
        self._block += chunk

    @property
    def is_behind(self) -> bool:
        """Whether enough bytes wait in memory that `catch_up` should be called before more come."""
        return len(self._block) >= BLOCK

    def catch_up(self) -> None:
        """Begin to hash and to write the bytes that wait; returns when those before them are done."""
        self.settle()
        block, self._block = self._block, bytearray()
        stream = self._opened()
        work: list[Callable[[], object]] = [
            *self._hasher.shares(block),
            partial(stream.write, block),
        ]
        self._begun = [self._folder.begin(one) for one in work]

    def finish(self) -> Digests:
        """Return the digests of all that came; nothing more may be written."""
        self.settle()
        self._hasher.update(self._block)
        if self._stream is not None:
            self._stream.write(self._block)
            self._stream.flush()
            self._block.clear()
            if self._folder.durable:
                self._begun = [self._folder.begin(partial(os.fsync, self._stream.fileno()))]
        return self._hasher.digests()

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open what was finished, from its first byte."""
        if self._stream is None:
            yield io.BytesIO(self._block)
            return
        self._stream.seek(0)
        yield self._stream

    def keep(self) -> None:
        """Give what was finished its final name, whole and for good; once more, if somebody has removed it since.

        Raises OSError where the disk refused.
        """
        self.settle()
        if self._stream is None or self._is_kept:
            self._write_down()
        self._folder.shelve(self._temporary, self._hasher.digests().blake2b_256)
        self._is_kept = True

    def stays(self) -> bool:
        """Tell whether what was kept is still what its name leads to.

        Others may have removed it, and others again may keep the same bytes, of which nobody knows yet whether they are
        there for good.
        """
        if self._stream is None:
            return False
        try:
            there = self._folder.path(self._hasher.digests().blake2b_256).stat()
        except FileNotFoundError:
            return False
        # The file is open, so nothing else can have its number.
        return os.path.samestat(there, os.fstat(self._stream.fileno()))

    def settle(self) -> None:
        """Wait until all that was begun is done; raises OSError where the disk refused."""
        begun, self._begun = self._begun, []
        wait(begun)
        for one in begun:
            one.result()

    def discard(self) -> None:
        """Forget the bytes, if they were not kept."""
        with suppress(OSError):
            self.settle()
        self._block = bytearray()
        if self._stream is not None:
            self._stream.close()
            if not self._is_kept:
                self._temporary.unlink(missing_ok=True)

    def _write_down(self) -> None:
        """Write everything under the temporary name, and read it there from now on."""
        target = _new(self._temporary)
        try:
            with self.open() as source:
                shutil.copyfileobj(source, target, BLOCK)
            target.flush()
            if self._folder.durable:
                os.fsync(target.fileno())
        except BaseException:
            target.close()
            self._temporary.unlink(missing_ok=True)
            raise
        if self._stream is not None:
            self._stream.close()
        self._stream = target

    def _opened(self) -> BinaryIO:
        if self._stream is None:
            self._stream = _new(self._temporary)
        return self._stream


def _new(path: Path) -> BinaryIO:
    """Open a file that is new, and that others may read whatever the process's mask is."""
    stream = path.open("x+b")
    os.fchmod(stream.fileno(), 0o644)
    return stream
