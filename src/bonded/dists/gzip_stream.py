"""One gzip member and nothing else, given out as it is asked for, never more than an honest archive has.

Programs differ in what they do with a second member, or with bytes behind the first: so there are none.
"""

import zlib
from typing import BinaryIO

from bonded.dists.limits import ArchiveRefused, Limits, inflation_fault

__all__ = ["GzipStream"]

_CHUNK = 1 << 18
_WITH_HEADER = 16 + zlib.MAX_WBITS


class GzipStream:
    """The bytes inside a gzip file of `size` bytes; every method raises `ArchiveRefused` or `zlib.error`."""

    def __init__(self, stream: BinaryIO, size: int, limits: Limits) -> None:
        self._stream = stream
        self._size = size
        self._limits = limits
        self._inflater = zlib.decompressobj(_WITH_HEADER)
        self._waiting = b""
        self._given = 0

    def read(self, size: int) -> bytes:
        """Return exactly so many bytes; fewer only where the stream ends."""
        parts: list[bytes] = []
        while size and (data := self._some(size)):
            parts.append(data)
            size -= len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def chunk(self, most: int) -> bytes:
        """Return some bytes, at most `most` and at most a few hundred thousand; none at the end."""
        return self._some(min(most, _CHUNK))

    def _some(self, most: int) -> bytes:
        while not self._inflater.eof:
            self._waiting = self._waiting or self._stream.read(_CHUNK)
            had_input = bool(self._waiting)
            data = self._inflater.decompress(self._waiting, most)
            self._waiting = self._inflater.unconsumed_tail
            if data:
                self._count(len(data))
                return data
            if not had_input:
                raise ArchiveRefused("its compressed data ends too early")
        if self._inflater.unused_data or self._stream.read(1):
            raise ArchiveRefused("bytes stand behind the end of its compressed data")
        return b""

    def _count(self, size: int) -> None:
        self._given += size
        fault = inflation_fault(self._given, self._size, self._limits)
        if fault is not None:
            raise ArchiveRefused(fault)
