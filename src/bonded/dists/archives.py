"""What is inside a wheel or a source distribution, read from an open stream under limits.

An index must be sure that every installer sees in a file what it saw itself. So this reader refuses whatever two
programs could read in two ways (a file that is a zip and a tar at once, a name given twice, a path that leaves its
folder) and whatever costs more to open than to send. It never unpacks to disk and never trusts a size that it has not
counted: members are read up to a limit, whatever their headers say.

The rules are PyPI's, with limits on source distributions added; where both refuse, the words are close to PyPI's.
"""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from bonded.dists.zip_framing import framing_fault

__all__ = ["ArchiveFault", "Contents", "Limits", "Member", "read_sdist", "read_wheel"]

_MEBIBYTE = 1 << 20
_CONTROL = frozenset(chr(code) for code in (*range(32), 127))
# What the readers of the standard library raise on damaged or hostile input.
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    tarfile.TarError,
    struct.error,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    LookupError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much an archive may cost; sizes in bytes. An archive is a bomb over `inflated` and over `ratio` at once."""

    inflated: int = 64 * _MEBIBYTE
    ratio: int = 50
    members: int = 200_000
    metadata: int = 10 * _MEBIBYTE


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside an archive, with its size unpacked in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The files of an archive and the bytes of its core metadata."""

    members: tuple[Member, ...]
    metadata: bytes

    def has(self, name: str) -> bool:
        """Tell whether a file of exactly this name is inside."""
        return any(member.name == name for member in self.members)


@dataclass(frozen=True, slots=True)
class ArchiveFault:
    """Why an archive is refused, as the rest of a sentence that began with the file's name."""

    reason: str


class _Refused(Exception):
    """Why, for the caller one frame up; it never leaves this file."""


def read_wheel(
    stream: BinaryIO, *, dist_info: str, limits: Limits | None = None
) -> Contents | ArchiveFault:
    """Read a wheel whose metadata folder must be `dist_info` (`<name>-<version>.dist-info`, as in its file name)."""
    try:
        return _wheel(stream, dist_info, limits or Limits())
    except _Refused as refused:
        return ArchiveFault(str(refused))
    except _BROKEN as error:
        return ArchiveFault(f"it cannot be read as a zip archive ({_words(error)})")


def read_sdist(stream: BinaryIO, *, limits: Limits | None = None) -> Contents | ArchiveFault:
    """Read a `.tar.gz` source distribution: one top folder with PKG-INFO in it."""
    try:
        return _sdist(stream, limits or Limits())
    except _Refused as refused:
        return ArchiveFault(str(refused))
    except _BROKEN as error:
        return ArchiveFault(f"it cannot be read as a gzipped tar archive ({_words(error)})")


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _size(stream: BinaryIO) -> int:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return size


def _wheel(stream: BinaryIO, dist_info: str, limits: Limits) -> Contents:
    size = _size(stream)
    if not zipfile.is_zipfile(stream):
        raise _Refused("it is not a zip archive")
    stream.seek(0)
    if tarfile.is_tarfile(stream):
        raise _Refused("it is a zip archive and a tar archive at once")
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        _check_entries(entries, size, limits)
        fault = framing_fault(archive, stream, size)
        if fault is not None:
            raise _Refused(fault)
        for needed in ("WHEEL", "METADATA"):
            if f"{dist_info}/{needed}" not in archive.NameToInfo:
                raise _Refused(f"{needed} not found at {dist_info}/{needed}")
        metadata = _read_entry(archive, f"{dist_info}/METADATA", limits)
        members = tuple(Member(entry.filename, entry.file_size) for entry in entries)
        return Contents(members=members, metadata=metadata)


def _check_entries(entries: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    if len(entries) > limits.members:
        raise _Refused(f"it has {len(entries)} members, more than {limits.members}")
    seen: set[str] = set()
    for entry in entries:
        _check_name(entry.orig_filename)
        if entry.filename in seen:
            raise _Refused(f"{entry.filename!r} is in it twice")
        seen.add(entry.filename)
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise _Refused(f"{entry.filename!r} is neither stored nor deflated")
        if entry.flag_bits & 0x1:
            raise _Refused(f"{entry.filename!r} is encrypted")
    _check_inflated(sum(entry.file_size for entry in entries), size, limits)


def _read_entry(archive: zipfile.ZipFile, name: str, limits: Limits) -> bytes:
    with archive.open(name) as member:
        data = member.read(limits.metadata + 1)
    if len(data) > limits.metadata:
        raise _Refused(f"{name} is larger than {limits.metadata} bytes")
    return data


def _check_name(name: str) -> None:
    """Refuse a member whose path means different things to different programs, or leaves its folder."""
    if not _CONTROL.isdisjoint(name) or "\\" in name:
        raise _Refused(f"the member name {name!r} has a control character or a backslash")
    if not name or name.startswith("/") or ".." in name.split("/"):
        raise _Refused(f"the member name {name!r} leaves the archive's folder")


def _check_inflated(inflated: int, size: int, limits: Limits) -> None:
    if inflated > limits.inflated and inflated > limits.ratio * size:
        raise _Refused(f"it unpacks to {inflated} bytes from {size}: a decompression bomb")


class _Counted(io.RawIOBase):
    """A gzip stream that refuses to give more bytes than an honest archive has."""

    def __init__(self, stream: BinaryIO, size: int, limits: Limits) -> None:
        self._source = gzip.GzipFile(fileobj=stream, mode="rb")
        self._size = size
        self._limits = limits
        self._given = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size if size >= 0 else _MEBIBYTE)
        self._given += len(data)
        _check_inflated(self._given, self._size, self._limits)
        return data


def _sdist(stream: BinaryIO, limits: Limits) -> Contents:
    size = _size(stream)
    if stream.read(2) != b"\x1f\x8b":
        raise _Refused("it is not compressed with gzip")
    stream.seek(0)
    if zipfile.is_zipfile(stream):
        raise _Refused("it is a zip archive and a tar archive at once")
    stream.seek(0)
    source = _Counted(stream, size, limits)
    members: list[Member] = []
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=cast("BinaryIO", source), mode="r|") as archive:
        for entry in _entries(archive, limits):
            if entry.isfile():
                members.append(Member(entry.name, entry.size))
            if entry.name.count("/") == 1 and entry.name.endswith("/PKG-INFO"):
                if entry.name in found:
                    raise _Refused(f"{entry.name!r} is in it twice")
                found[entry.name] = _read_tarred(archive, entry, limits)
    while source.read(_MEBIBYTE):
        pass  # the checksum of gzip stands at the very end
    return Contents(members=tuple(members), metadata=_top_metadata(members, found))


def _entries(archive: tarfile.TarFile, limits: Limits) -> Iterator[tarfile.TarInfo]:
    """Yield the entries that are checked and worth a look."""
    for count, entry in enumerate(archive, start=1):
        if count > limits.members:
            raise _Refused(f"it has more than {limits.members} members")
        _check_name(entry.name)
        if entry.issparse():
            raise _Refused(f"{entry.name!r} is a sparse file")
        if not (entry.isfile() or entry.isdir() or entry.issym() or entry.islnk()):
            raise _Refused(f"{entry.name!r} is neither a file, a folder nor a link")
        if entry.issym():
            _check_link(entry)
        elif entry.islnk():
            _check_name(entry.linkname)
        yield entry


def _check_link(entry: tarfile.TarInfo) -> None:
    """Follow a symbolic link's text from its own folder; it must stay below the top."""
    if entry.linkname.startswith("/"):
        raise _Refused(f"the link {entry.name!r} leaves the archive's folder")
    depth = entry.name.count("/")
    for part in entry.linkname.split("/"):
        depth += -1 if part == ".." else part not in {"", "."}
        if depth < 1:
            raise _Refused(f"the link {entry.name!r} leaves the archive's folder")


def _read_tarred(archive: tarfile.TarFile, entry: tarfile.TarInfo, limits: Limits) -> bytes:
    member = archive.extractfile(entry) if entry.isfile() else None
    if member is None:
        raise _Refused(f"{entry.name!r} is not a plain file")
    data = member.read(limits.metadata + 1)
    if len(data) > limits.metadata:
        raise _Refused(f"{entry.name} is larger than {limits.metadata} bytes")
    return data


def _top_metadata(members: list[Member], found: dict[str, bytes]) -> bytes:
    tops = {member.name.partition("/")[0] for member in members}
    if len(tops) != 1:
        raise _Refused(f"it must have one top folder, it has {len(tops)}")
    (top,) = tops
    if f"{top}/PKG-INFO" not in found:
        raise _Refused(f"PKG-INFO not found at {top}/PKG-INFO")
    return found[f"{top}/PKG-INFO"]
