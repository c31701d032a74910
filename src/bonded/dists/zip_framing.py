"""Whether a zip archive reads the same from its front and from its back.

A zip archive names its members twice: before each one, and in the directory at its end. Programs that stream trust the
first, others the second; where the two part, a checker and an installer see different files. So every byte must belong
to exactly one record, and both names, sizes and checksums of a member must be equal. These are PyPI's rules; that
a data descriptor is refused is one of them, since it hides a member's size from whoever reads from the front.
"""

import struct
import zipfile
from typing import BinaryIO

__all__ = ["framing_fault"]

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL_SIZE = 46
_END_SIZE = 22
_ZIP64_END_SIZE = 56 + 20
_IN_EXTRA = (
    0xFFFFFFFF  # ZIP64 keeps this number elsewhere; the checksum still ties the two together
)
_DESCRIPTOR, _UTF8 = 0x8, 0x800


def framing_fault(archive: zipfile.ZipFile, stream: BinaryIO, size: int) -> str | None:
    """Return what two readers could see differently, as the rest of a sentence, or None.

    `size` is the length of the whole file in bytes. May raise what `struct` and the stream raise on damaged input.
    """
    offset = 0
    for entry in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
        if entry.header_offset != offset:
            return f"bytes that belong to no member stand before {entry.filename!r}"
        stream.seek(offset)
        fields = _LOCAL.unpack(stream.read(_LOCAL.size))
        name = stream.read(fields[9])
        fault = _member_fault(entry, fields, name)
        if fault is not None:
            return f"{entry.filename!r} {fault}"
        offset += _LOCAL.size + len(name) + fields[10] + entry.compress_size
    if offset != archive.start_dir:
        return "bytes that belong to no member stand before its directory"
    directory = sum(
        _CENTRAL_SIZE + len(_raw_name(entry)) + len(entry.extra) + len(entry.comment)
        for entry in archive.infolist()
    )
    end = size - offset - directory - _END_SIZE - len(archive.comment)
    return None if end in {0, _ZIP64_END_SIZE} else "bytes that belong to nothing stand at its end"


def _member_fault(entry: zipfile.ZipInfo, fields: tuple[int, ...], name: bytes) -> str | None:
    flags, checksum, packed, unpacked = fields[2], *fields[6:9]
    if flags & _DESCRIPTOR:
        return "has a data descriptor: its size stands only behind it"
    if name != _raw_name(entry):
        return f"is called {name!r} before its data"
    if checksum != entry.CRC:
        return "has two different checksums"
    if packed not in {entry.compress_size, _IN_EXTRA} or unpacked not in {
        entry.file_size,
        _IN_EXTRA,
    }:
        return "has two different sizes"
    return None


def _raw_name(entry: zipfile.ZipInfo) -> bytes:
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8 else "cp437")
