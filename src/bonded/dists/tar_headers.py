"""One header of a tar archive, and the records of an extended one, read to the letter.

Strategy: a tar archive has no directory, but it has four ways to spell a member's name (ustar with its prefix, GNU long
names, pax records for one member and for all that follow) and three for its size. Programs that know fewer of them than
others see other members. So there is one name and one size: a second way beside the first is refused, and so is
whatever changes a member from afar. Formats: POSIX.1-2017 `pax`, "ustar Interchange Format" and "pax Header"; GNU tar,
"Basic Tar Format".
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from bonded.dists.limits import ArchiveRefused

__all__ = ["BLOCK", "Header", "is_header", "read_header", "read_pax"]

BLOCK = 512

_LAYOUT = struct.Struct("100s8s8s8s12s12s8s1s100s8s32s32s8s8s155s12s")
_WITH_SIGN_BIT = bytes(range(0x80, 0x100))
_CHECKSUM = slice(148, 156)
_USTAR, _GNU = b"ustar\x0000", b"ustar  \x00"
_SHOWN = 40

# Records that change how a member is read: its place, its bytes, or the alphabet of the other records.
_FATEFUL = ("path", "linkpath", "size")
_PLAIN = frozenset(
    {"mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment", "path", "linkpath", "size"}
)  # fmt: skip

# What vendors add and no program takes for a name, a size or a member's bytes: whole keys, and beginnings of keys. All
# else is refused: star's `SCHILY.realsize` and `SCHILY.filetype` make libarchive unpack other bytes than GNU tar does.
_VENDORS = frozenset(
    {
        "LIBARCHIVE.creationtime", "LIBARCHIVE.symlinktype", "MSWINDOWS.fileattr", "MSWINDOWS.rawsd",
        "RHT.security.selinux", "SCHILY.acl.access", "SCHILY.acl.ace", "SCHILY.acl.default", "SCHILY.dev",
        "SCHILY.devmajor", "SCHILY.devminor", "SCHILY.fflags", "SCHILY.ino", "SCHILY.nlink", "SCHILY.nlinks",
    }
)  # fmt: skip
_ATTRIBUTES = ("SCHILY.xattr.", "LIBARCHIVE.xattr.")


@dataclass(frozen=True, slots=True)
class Header:
    """A header as it stands; `name` and `link` are bytes because their alphabet is said elsewhere."""

    name: bytes
    kind: bytes
    size: int
    link: bytes


def is_header(block: bytes) -> bool:
    """Tell whether a block of 512 bytes is a tar header, by its checksum."""
    if len(block) != BLOCK or not any(block):
        return False
    return _octal(block[_CHECKSUM]) in _sums(block)


def _sums(block: bytes) -> tuple[int, int]:
    """Return both checksums that tar programs accept: of unsigned bytes, and of signed ones."""
    counted = bytearray(block)
    counted[_CHECKSUM] = b" " * 8
    unsigned = sum(counted)
    negative = len(counted) - len(counted.translate(None, _WITH_SIGN_BIT))
    return unsigned, unsigned - 256 * negative


def read_header(block: bytes) -> Header:
    """Return what a header says; raises `ArchiveRefused` where two programs could read it in two ways."""
    fields = _LAYOUT.unpack(block)
    name, mode, uid, gid, size, mtime, checksum, kind, link = fields[:9]
    magic, prefix, rest = fields[9], fields[14], fields[15]
    if _octal(checksum) != _sums(block)[0]:
        raise ArchiveRefused("it is not a tar archive: the checksum of a header is wrong")
    if magic not in {_USTAR, _GNU}:
        raise ArchiveRefused(f"a header is neither of ustar nor of GNU tar: it has {magic!r}")
    for number in (mode, uid, gid, mtime):
        if _octal(number) is None and number[:1] not in {b"\x80", b"\xff"}:
            raise ArchiveRefused(f"a header has a number that is none: {number!r}")
    length = _octal(size)
    if length is None:
        raise ArchiveRefused(f"a header has a size that is no octal number: {size!r}")
    if any(rest) or (magic == _GNU and any(prefix)):
        raise ArchiveRefused("a header has bytes where none are read")
    if any(_octal(number) is None for number in fields[12:14]):
        raise ArchiveRefused("a header has a number that is none")
    whole = _text(prefix) + b"/" + _text(name) if any(prefix) else _text(name)
    return Header(whole, kind, length, _text(link))


def _text(field: bytes) -> bytes:
    """Return a text up to its first NUL; what stands behind it would be read by some."""
    text, _, rest = field.partition(b"\0")
    if any(rest):
        raise ArchiveRefused(f"a header has bytes behind the end of a text: {field[:_SHOWN]!r}")
    return text


def _octal(field: bytes) -> int | None:
    """Return a number as tar writes it: octal digits between blanks and NULs, nothing at all for zero."""
    digits = field.rstrip(b" \0").lstrip(b" ")
    if any(digit not in b"01234567" for digit in digits):
        return None
    return int(digits or b"0", 8)


def read_pax(data: bytes, *, for_all: bool) -> Mapping[str, str]:
    """Return the records of an extended header that matter: `path`, `linkpath`, `size`.

    `for_all` is one for every member that follows, which may only be about nothing that matters (git writes the
    commit into one). Raises `ArchiveRefused`.
    """
    found: dict[str, str] = {}
    while data:
        key, value, data = _record(data)
        if key in found:
            raise ArchiveRefused(f"an extended header gives {key!r} twice")
        if key not in _PLAIN and key not in _VENDORS and not key.startswith(_ATTRIBUTES):
            raise ArchiveRefused(
                f"an extended header has {key[:_SHOWN]!r}, which not every program reads"
            )
        if for_all and key in _FATEFUL:
            raise ArchiveRefused(f"an extended header gives {key!r} to every member that follows")
        found[key] = value
    return {key: found[key] for key in _FATEFUL if key in found}


def _record(data: bytes) -> tuple[str, str, bytes]:
    """Take one record (its length in digits, a blank, key, equals sign, value, line feed) off the front."""
    digits, blank, _ = data[:_SHOWN].partition(b" ")
    length = int(digits) if digits.isdigit() and not digits.startswith(b"0") else 0
    record, rest = data[:length], data[length:]
    key, equals, value = record[len(digits) + 1 : -1].partition(b"=")
    if not (blank and key and equals) or len(record) != length or record[-1:] != b"\n":
        raise ArchiveRefused("an extended header is broken")
    if key.startswith(tuple(start.encode() for start in _ATTRIBUTES)):
        return key.decode("latin-1"), "", rest
    try:
        return key.decode(), value.decode(), rest
    except UnicodeDecodeError:
        raise ArchiveRefused("an extended header is not UTF-8") from None
