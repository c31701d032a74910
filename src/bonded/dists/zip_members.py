"""The bytes of a zip archive's members, streamed once from the front: counted, summed and hashed as they pass.

A member's size is what came out, never what a header says, and its packed bytes are used up to the last: what is left
over inside one would be seen by some programs only. Memory stays flat, whatever the archive says of itself.
"""

import hashlib
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from bonded.dists.limits import ArchiveRefused
from bonded.dists.zip_framing import DEFLATED, Entry, check_local

__all__ = ["Passed", "pass_through"]

_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What passed: of every file its digest, of those that were asked for their bytes."""

    digests: Mapping[str, bytes]
    kept: Mapping[str, bytes]


def pass_through(
    stream: BinaryIO,
    entries: Collection[Entry],
    end: int,
    *,
    keep: Collection[str] = (),
    algorithm: str = "sha256",
) -> Passed:
    """Read every member from the file's first byte to the directory at `end`; raises `ArchiveRefused`.

    `entries` are in the order of their bytes; the files of the names `keep` are kept whole.
    """
    digests: dict[str, bytes] = {}
    kept: dict[str, bytes] = {}
    place = stream.seek(0)
    for entry in entries:
        if entry.offset != place:
            raise ArchiveRefused(_gap(entry, place))
        check_local(stream, entry)
        digest, held = hashlib.new(algorithm), bytearray()
        sinks = (digest.update, held.extend) if entry.name in keep else (digest.update,)
        _member(stream, entry, sinks)
        if not entry.is_folder:
            digests[entry.name] = digest.digest()
        if entry.name in keep:
            kept[entry.name] = bytes(held)
        place = stream.tell()
    if place != end:
        raise ArchiveRefused("bytes that belong to no member stand before its directory")
    return Passed(digests=digests, kept=kept)


def _gap(entry: Entry, place: int) -> str:
    if entry.offset < place:
        return f"{entry.name!r} overlaps the member before it"
    return f"bytes that belong to no member stand before {entry.name!r}"


def _member(stream: BinaryIO, entry: Entry, sinks: Iterable[Callable[[bytes], object]]) -> None:
    size = checksum = 0
    source = _inflated if entry.method == DEFLATED else _stored
    for data in source(stream, entry):
        size += len(data)
        if size > entry.size:
            break
        checksum = zlib.crc32(data, checksum)
        for sink in sinks:
            sink(data)
    if size != entry.size:
        raise ArchiveRefused(
            f"{entry.name!r} says that it has {entry.size} bytes, it has {'more' if size > entry.size else size}"
        )
    if checksum != entry.checksum:
        raise ArchiveRefused(f"{entry.name!r} is damaged: its checksum is another")


def _stored(stream: BinaryIO, entry: Entry) -> Iterator[bytes]:
    left = entry.packed
    while left:
        data = stream.read(min(left, _CHUNK))
        if not data:
            raise ArchiveRefused("it ends too early")
        left -= len(data)
        yield data


def _inflated(stream: BinaryIO, entry: Entry) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for packed in _stored(stream, entry):
        waiting = packed
        while not inflater.eof:
            data = inflater.decompress(waiting, _CHUNK)
            waiting = inflater.unconsumed_tail
            if not data and not waiting:
                break
            yield data
        if waiting or inflater.unused_data:
            raise ArchiveRefused(f"{entry.name!r} has bytes behind the end of its data")
    if not inflater.eof:
        raise ArchiveRefused(f"{entry.name!r} ends too early")
