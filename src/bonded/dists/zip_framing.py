"""The records of a zip archive, read so that no two programs can see two archives.

Strategy: a zip archive names its members twice, before each one and in the directory at its end. Programs that stream
trust the first, others the second; where the two part, a checker and an installer see different files. So

1. the end record is the last one in the file, its comment ends where the file ends, and the ZIP64 records before it
   say the same;
2. the directory lies right before them, has as many entries as they say, and not one byte more;
3. the members lie in front of it without a gap, from the first byte of the file on;
4. a member's two headers agree on everything.

Then every byte belongs to exactly one record. The rules are PyPI's; that a data descriptor is refused is one of them,
since it hides a member's size from whoever reads from the front. Formats: APPNOTE.TXT 6.3.10, section 4.3 and 4.5.
"""

import stat
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from bonded.dists.limits import ArchiveRefused, Limits

__all__ = ["DEFLATED", "Entry", "check_local", "read_directory"]

STORED, DEFLATED = 0, 8

_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_MAX_COMMENT = 0xFFFF
_FULL = 0xFFFFFFFF
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 0x1, 0x8, 0x800
_FLAGS = 0x2 | 0x4 | _UTF8
_NEWEST = 45
_ZIP64 = 0x0001
_RENAMING = {0x7075: "another name", 0x6375: "another comment", 0x9901: "encryption"}
_DOS_FOLDER = 0x10
_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A member as the directory has it; a folder's `name` ends in a slash, `offset` is of its own header."""

    name: str
    raw: bytes
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    offset: int

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, which has no bytes."""
        return self.name.endswith("/")


def read_directory(stream: BinaryIO, size: int, limits: Limits) -> tuple[list[Entry], int]:
    """Return the members of an archive of `size` bytes in the order of their bytes, and where the directory begins.

    Raises `ArchiveRefused`.
    """
    count, offset, length = _end(stream, size)
    if count > limits.members:
        raise ArchiveRefused(f"it has {count} members, more than {limits.members}")
    if length > limits.directory:
        raise ArchiveRefused(f"its directory has {length} bytes, more than {limits.directory}")
    stream.seek(offset)
    data = _exactly(stream, length)
    entries: list[Entry] = []
    place = 0
    for _ in range(count):
        entry, place = _central(data, place)
        entries.append(entry)
    if place != length:
        raise ArchiveRefused(f"its directory has {length} bytes, but {count} members fill {place}")
    entries.sort(key=lambda entry: entry.offset)
    return entries, offset


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise ArchiveRefused("it ends too early")
    return data


def _end(stream: BinaryIO, size: int) -> tuple[int, int, int]:
    """Return how many members there are, and where the directory begins and how long it is."""
    start = max(0, size - _MAX_COMMENT - _END.size - _LOCATOR.size - _END64.size)
    stream.seek(start)
    tail = _exactly(stream, size - start)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise ArchiveRefused("it is not a zip archive")
    _, disk, first, here, count, length, offset, comment = _END.unpack_from(tail, at)
    if at + _END.size + comment != len(tail):
        raise ArchiveRefused("bytes that belong to nothing stand at its end")
    numbers: tuple[int, ...] = (disk, first, here, count, length, offset)
    end = at
    if at >= _LOCATOR.size and tail[at - _LOCATOR.size :].startswith(b"PK\x06\x07"):
        end = at - _LOCATOR.size - _END64.size
        numbers = _end64(tail, end, start, numbers)
    elif _FULL in numbers[4:] or _MAX_COMMENT in numbers[:4]:
        raise ArchiveRefused("its end record points to a ZIP64 record that is not there")
    disk, first, here, count, length, offset = numbers
    if (disk, first) != (0, 0) or here != count:
        raise ArchiveRefused("it is one part of several")
    if offset + length != start + end:
        raise ArchiveRefused("bytes that belong to nothing stand between its directory and its end")
    return count, offset, length


def _end64(tail: bytes, at: int, start: int, numbers: Sequence[int]) -> tuple[int, ...]:
    """Return the numbers of the ZIP64 end record; those of the old one say the same, or that they have no room."""
    if at < 0:
        raise ArchiveRefused("its ZIP64 end record is not where it must be")
    _, first, offset, disks = _LOCATOR.unpack_from(tail, at + _END64.size)
    name, length, _, _, *wide = _END64.unpack_from(tail, at)
    if (first, offset, disks) != (0, start + at, 1) or name != b"PK\x06\x06":
        raise ArchiveRefused("its ZIP64 end record is not where it must be")
    if length != _END64.size - 12:
        raise ArchiveRefused("its ZIP64 end record holds more than it must")
    full = (_MAX_COMMENT,) * 4 + (_FULL,) * 2
    for narrow, value, most in zip(numbers, wide, full, strict=True):
        if narrow not in {value, most}:
            raise ArchiveRefused("its two end records disagree")
    return tuple(wide)


def _central(data: bytes, place: int) -> tuple[Entry, int]:
    """Return the member of a directory entry, and where the next entry begins."""
    if len(data) - place < _CENTRAL.size:
        raise ArchiveRefused("its directory ends too early")
    head = _CENTRAL.unpack_from(data, place)
    _, _, needed, flags, method, _, _, checksum, packed, size = head[:10]
    name_size, extra_size, comment_size, disk, _, attributes, offset = head[10:]
    place += _CENTRAL.size
    raw = data[place : place + name_size]
    extra = data[place + name_size : place + name_size + extra_size]
    end = place + name_size + extra_size + comment_size
    if head[0] != b"PK\x01\x02" or end > len(data):
        raise ArchiveRefused("its directory is broken")
    name = _name(raw, flags)
    if comment_size or disk:
        raise ArchiveRefused(f"{name!r} has a comment, or lies on another disk")
    fault = _kind_fault(flags, method, needed) or _type_fault(name, attributes)
    if fault is not None:
        raise ArchiveRefused(f"{name!r} {fault}")
    size, packed, offset = _wide(name, extra, (size, packed, offset))
    if (method == STORED and size != packed) or (name.endswith("/") and size):
        raise ArchiveRefused(f"{name!r} has two different sizes")
    return Entry(name, raw, flags, method, checksum, packed, size, offset), end


def _name(raw: bytes, flags: int) -> str:
    """Return a name that every program reads alike."""
    try:
        return raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError:
        marked = "it is marked as" if flags & _UTF8 else "nothing marks it as"
        raise ArchiveRefused(f"the member name {raw!r} is not ASCII, and {marked} UTF-8") from None


def _kind_fault(flags: int, method: int, needed: int) -> str | None:
    if flags & _ENCRYPTED:
        return "is encrypted"
    if flags & _DESCRIPTOR:
        return "has a data descriptor: its size stands only behind it"
    if flags & ~_FLAGS:
        return f"has flags that mean something else to every program: {flags:#x}"
    if method not in {STORED, DEFLATED}:
        return f"is neither stored nor deflated: its method is {method}"
    return f"needs a program of version {needed / 10}" if needed & 0xFF > _NEWEST else None


def _type_fault(name: str, attributes: int) -> str | None:
    """Return what a member is that is neither a file nor a folder, or both at once."""
    kind = stat.S_IFMT(attributes >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "is a link, a device or the like, expected a file or a folder"
    says_folder = kind == stat.S_IFDIR or (kind == 0 and bool(attributes & _DOS_FOLDER))
    if says_folder != name.endswith("/") and (says_folder or kind):
        return "is a file by its name and a folder by its kind, or the other way round"
    return None


def _wide(name: str, extra: bytes, numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Return sizes and places with those that have room in the ZIP64 field only."""
    data = _fields(name, extra).get(_ZIP64)
    missing = [place for place, number in enumerate(numbers) if number == _FULL]
    if data is None:
        if missing:
            raise ArchiveRefused(f"{name!r} has a size in a ZIP64 field that is not there")
        return numbers
    if len(data) % 8 or len(data) > 8 * len(numbers):
        raise ArchiveRefused(f"{name!r} has a ZIP64 field of {len(data)} bytes")
    values = [value for (value,) in struct.iter_unpack("<Q", data)]
    places = missing or range(len(values))
    if len(values) != len(places):
        raise ArchiveRefused(f"{name!r} has a ZIP64 field of {len(data)} bytes")
    wide = list(numbers)
    for place, value in zip(places, values, strict=True):
        if numbers[place] not in {value, _FULL}:
            raise ArchiveRefused(f"{name!r} has two different sizes, one of them in a ZIP64 field")
        wide[place] = value
    return tuple(wide)


def _fields(name: str, extra: bytes) -> Mapping[int, bytes]:
    """Return the extra fields of a header by their number."""
    found: dict[int, bytes] = {}
    place = 0
    while place < len(extra):
        number, size = struct.unpack_from("<2H", extra.ljust(place + 4, b"\0"), place)
        if place + 4 + size > len(extra):
            raise ArchiveRefused(f"{name!r} has an extra field that is cut off")
        if number in found or number in _RENAMING:
            what = _RENAMING.get(number, "the same field twice")
            raise ArchiveRefused(f"{name!r} has an extra field with {what}")
        found[number] = extra[place + 4 : place + 4 + size]
        place += 4 + size
    return found


def check_local(stream: BinaryIO, entry: Entry) -> None:
    """Read the header before a member, from its first byte on, and leave the stream at the member's bytes.

    Raises `ArchiveRefused` where it says something else than the directory.
    """
    head = _LOCAL.unpack(_exactly(stream, _LOCAL.size))
    _, _, flags, method, _, _, checksum, packed, size, name_size, extra_size = head
    if head[0] != b"PK\x03\x04":
        raise ArchiveRefused(f"no member stands where {entry.name!r} must be")
    raw, extra = _exactly(stream, name_size), _exactly(stream, extra_size)
    if raw != entry.raw:
        raise ArchiveRefused(f"{entry.name!r} is called {raw[:_MAX_SHOWN]!r} before its data")
    if flags != entry.flags:
        raise ArchiveRefused(f"{entry.name!r} has two different flags: {flags:#x} before its data")
    if method != entry.method:
        raise ArchiveRefused(f"{entry.name!r} has two different methods: {method} before its data")
    if checksum != entry.checksum:
        raise ArchiveRefused(f"{entry.name!r} has two different checksums")
    if _wide(entry.name, extra, (size, packed)) != (entry.size, entry.packed):
        raise ArchiveRefused(f"{entry.name!r} has two different sizes")
