"""Digests of a file: its bytes are read once, and give every digest that the field asks for."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

__all__ = ["Digests", "Hasher", "Readable", "digest_stream"]

CHUNK = 1 << 20
"""Bytes read at a time: large enough that hashing dominates, small enough to keep memory flat."""


class Readable(Protocol):
    """An open binary file, as far as digests need it."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """Lower-case hexadecimal digests; md5 is here only because the upload protocol still carries it."""

    md5: str
    sha256: str
    blake2b_256: str


class Hasher:
    """Takes bytes as they pass and knows, at any moment, their digests and their number."""

    def __init__(self) -> None:
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._blake2b = hashlib.blake2b(digest_size=32)

    def update(self, chunk: bytes | bytearray | memoryview) -> None:
        """Take the next bytes."""
        for share in self.shares(chunk):
            share()

    def shares(self, chunk: bytes | bytearray | memoryview) -> tuple[Callable[[], None], ...]:
        """Return the work of taking the next bytes, in parts that threads may do at once, all before the next.

        Each takes about as long: md5, the slowest, as long as the two others together.
        """

        def others() -> None:
            self._sha256.update(chunk)
            self._blake2b.update(chunk)

        self.size += memoryview(chunk).nbytes
        return partial(self._md5.update, chunk), others

    def digests(self) -> Digests:
        """Return the digests of all bytes so far; more may follow."""
        return Digests(
            md5=self._md5.hexdigest(),
            sha256=self._sha256.hexdigest(),
            blake2b_256=self._blake2b.hexdigest(),
        )


def digest_stream(file: Readable) -> Digests:
    """Return the digests of everything from the file's position to its end."""
    hasher = Hasher()
    while chunk := file.read(CHUNK):
        hasher.update(chunk)
    return hasher.digests()
