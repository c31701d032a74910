"""Source distributions that are wrong in one thing, each with words of the sentence that refuses it.

`SDISTS` and `HOSTILE_LINKS` are refused by every index, `LINKED` and `TWINS` only by one that is stricter than PyPI.
"""

import gzip
import struct
import zlib

from index_world import core_metadata, zipped
from raw_tar import END, Entry, build, entries_of, pax, record, tarball

__all__ = ["HOSTILE_LINKS", "LINKED", "MEMBERS", "SDISTS", "TOP", "TWINS"]

TOP = "greeter-1.0"
MEMBERS = {f"{TOP}/PKG-INFO": core_metadata(), f"{TOP}/LICENSE": b"Free.\n"}

_GOOD = entries_of(MEMBERS)
_TAR = build(_GOOD)
_FILE = Entry(f"{TOP}/a".encode(), b"x")
_FOLDER = Entry(f"{TOP}/d/".encode(), kind=b"5")


def _plus(*entries: Entry) -> bytes:
    """Return the good archive with more entries."""
    return tarball([*_GOOD, *entries])


def _named(name: bytes, kind: bytes = b"0") -> bytes:
    return _plus(Entry(name, kind=kind))


def _link(name: str, target: str, kind: bytes = b"2") -> bytes:
    return _plus(_FOLDER, Entry(f"{TOP}/{name}".encode(), kind=kind, link=target.encode()))


def _gzip_header(flags: int, more: bytes) -> bytes:
    """Return the good archive with a longer gzip header."""
    return b"\x1f\x8b\x08" + bytes([flags]) + bytes(6) + more + gzip.compress(_TAR, mtime=0)[10:]


_COMPRESSION: dict[str, tuple[str, bytes]] = {
    "empty": ("not compressed with gzip", b""),
    "text": ("not compressed with gzip", b"not a tar"),
    "not compressed": ("not compressed with gzip", _TAR),
    "zlib": ("not compressed with gzip", zlib.compress(_TAR)),
    "a zip archive": ("not compressed with gzip", zipped(MEMBERS)),
    "two bytes": ("ends too early", b"\x1f\x8b"),
    "header alone": ("ends too early", gzip.compress(b"")[:10]),
    "another method": ("cannot be read", b"\x1f\x8b\x07" + gzip.compress(_TAR)[3:]),
    "reserved flags": ("cannot be read", _gzip_header(0xE0, b"")),
    "cut short": ("ends too early", tarball(_GOOD)[:-20]),
    "cut by a byte": ("ends too early", tarball(_GOOD)[:-1]),
    "wrong checksum": ("cannot be read", tarball(_GOOD)[:-8] + bytes(4) + tarball(_GOOD)[-4:]),
    "wrong length": ("cannot be read", tarball(_GOOD)[:-4] + bytes(4)),
    "junk behind": ("behind the end of its compressed data", tarball(_GOOD, after=b"junk")),
    "a NUL behind": ("behind the end of its compressed data", tarball(_GOOD, after=b"\0")),
    "two gzip members": (
        "behind the end of its compressed data", gzip.compress(_TAR[:512]) + gzip.compress(_TAR[512:])),
    "a second archive": ("behind the end of its compressed data", tarball(_GOOD) * 2),
    "an empty gzip member behind": ("behind the end", tarball(_GOOD, after=gzip.compress(b""))),
    "a zip archive behind": ("a zip archive and a tar archive at once", tarball(_GOOD, after=zipped({"a": b""}))),
    "a zip archive inside, as it is": (
        "a zip archive and a tar archive at once",
        gzip.compress(build([*_GOOD, Entry(f"{TOP}/a.zip".encode(), zipped({"a": b""}))]), 0)),
    "a zip archive in the header": ("zip archive and a tar archive", _gzip_header(4, struct.pack("<H", 120) +
                                    zipped({"a": b"x" * 20}).ljust(120, b"\0"))),
    "no tar": ("the checksum of a header is wrong", gzip.compress(b"no tar at all".ljust(1024))),
    "nothing inside": ("without the two empty blocks", gzip.compress(b"")),
    "a short block": ("in the midst of a header", gzip.compress(b"no tar at all")),
}  # fmt: skip

_ENDS: dict[str, tuple[str, bytes]] = {
    "no end": ("without the two empty blocks", tarball(_GOOD, end=b"")),
    "half an end": ("without the two empty blocks", tarball(_GOOD, end=bytes(512))),
    "a short end": ("without the two empty blocks", tarball(_GOOD, end=bytes(1000))),
    "junk behind the end": ("stand behind its end", tarball(_GOOD, end=END + b"junk")),
    "junk far behind the end": ("stand behind its end", tarball(_GOOD, end=END + bytes(5000) + b"x")),
    "an archive behind the end": ("stand behind its end", tarball(_GOOD, end=END + _TAR)),
    "one empty block between": ("stand behind its end", tarball(_GOOD, end=bytes(512) + _FILE.raw() + END)),
    "a member cut off": ("ends too early", gzip.compress(_TAR[:-1534])),
    "a header cut off": ("in the midst of a header", gzip.compress(_TAR[:-1024] + _FILE.raw()[:100])),
    "bytes in the padding": (
        "bytes that belong to nothing", _plus(Entry(f"{TOP}/a".encode(), b"x", padding=b"y" * 511))),
    "no members": ("one top folder, it has 0", tarball([])),
    "two top folders": ("one top folder, it has 2", _named(b"other/a")),
    "a file beside the top": ("one top folder, it has 2", _named(b"a")),
    "no PKG-INFO": (f"PKG-INFO not found at {TOP}/PKG-INFO", tarball(entries_of({f"{TOP}/a": b""}))),
    "PKG-INFO too deep": ("PKG-INFO not found at", tarball(entries_of({f"{TOP}/x/PKG-INFO": b""}))),
    "PKG-INFO in small letters": ("PKG-INFO not found at", tarball(entries_of({f"{TOP}/pkg-info": b""}))),
    "PKG-INFO is a folder": ("PKG-INFO not found at", tarball([Entry(f"{TOP}/PKG-INFO/".encode(), kind=b"5")])),
    "the top is a file": ("PKG-INFO not found at|as a file and as a folder", tarball([Entry(TOP.encode())])),
}  # fmt: skip

_HEADERS: dict[str, tuple[str, bytes]] = {
    "wrong checksum": ("the checksum of a header is wrong", _plus(Entry(b"a", checksum=1))),
    "checksum of signed bytes": ("checksum of a header is wrong", _plus(Entry(f"{TOP}/é".encode(),
                                 checksum=0o10000))),
    "no magic": ("neither of ustar nor of GNU", _plus(_FILE.but(magic=b""))),
    "magic of another version": ("neither of ustar nor of GNU", _plus(_FILE.but(magic=b"ustar\x0001"))),
    "size in base 256": ("no octal number", _plus(_FILE.but(size=b"\x80" + bytes(10) + b"\1"))),
    "a huge size in base 256": ("no octal number", _plus(_FILE.but(size=b"\x80" + b"\xff" * 11))),
    "a negative size": ("no octal number", _plus(_FILE.but(size=b"\xff" * 12))),
    "size with a minus": ("no octal number", _plus(_FILE.but(size=b"-0000000001\0"))),
    "size in decimal": ("no octal number", _plus(_FILE.but(size=b"00000000009\0"))),
    "size with blanks inside": ("no octal number", _plus(_FILE.but(size=b"0000 000001\0"))),
    "size in letters": ("no octal number", _plus(_FILE.but(size=b"size"))),
    "size with an underscore": ("no octal number", _plus(_FILE.but(size=b"0_000000001\0"))),
    "size too large": ("ends too early|decompression bomb", _plus(_FILE.but(size=b"77777777777\0"))),
    "size too small": ("checksum of a header|bytes that belong to nothing", _plus(_FILE.but(size=b"00000000000\0"))),
    "mode is no number": ("a number that is none", _plus(_FILE.but(mode=b"rwxrwxr"))),
    "owner is no number": ("a number that is none", _plus(_FILE.but(uid=b"root"))),
    "group is no number": ("a number that is none", _plus(_FILE.but(gid=b"root"))),
    "time is no number": ("a number that is none", _plus(_FILE.but(mtime=b"yesterday"))),
    "device is no number": ("a number that is none", _plus(_FILE.but(major=b"x"))),
    "bytes behind the header": ("bytes where none are read", _plus(_FILE.but(rest=b"x"))),
    "GNU with a prefix": ("bytes where none are read", _plus(_FILE.but(magic=b"ustar  \0", prefix=b"evil"))),
    "bytes behind the name": ("bytes behind the end of a text", _plus(Entry(f"{TOP}/a\0b".encode()))),
    "bytes behind the link": ("bytes behind the end of a text", _plus(_FILE.but(link=b"a\0b"))),
    "a file with a link": ("but is no link", _plus(_FILE.but(link=b"b"))),
    "a folder with bytes": ("only files have any", _plus(Entry(f"{TOP}/d".encode(), b"x", b"5"))),
    "a link with bytes": ("only files have any", _plus(Entry(f"{TOP}/l".encode(), b"x", b"2", b"LICENSE"))),
    "a hard link with bytes": ("only files have any", _plus(Entry(f"{TOP}/l".encode(), b"x", b"1", b"LICENSE"))),
    "name is not UTF-8": ("is not UTF-8", _named(f"{TOP}/".encode() + b"\xff")),
    "name is Latin-1": ("is not UTF-8", _named(f"{TOP}/".encode() + b"\xe9.txt")),
    "prefix is not UTF-8": ("is not UTF-8", _plus(_FILE.but(prefix=b"\xff"))),
    **{
        f"type {kind!r}": (words, _plus(Entry(f"{TOP}/a".encode(), kind=kind)))
        for kind, words in [
            (b"3", "neither a file, a folder nor a link"), (b"4", "neither a file, a folder nor a link"),
            (b"6", "neither a file, a folder nor a link"), (b"7", "neither a file, a folder nor a link"),
            (b"S", "is a sparse file"), (b"D", "neither a file"), (b"M", "neither a file"), (b"N", "neither a file"),
            (b"V", "neither a file"), (b"X", "neither a file"), (b"A", "neither a file"), (b"\xff", "neither a file"),
        ]
    },
}  # fmt: skip

_EXTENDED: dict[str, tuple[str, bytes]] = {
    "pax gives another size": ("has two sizes: 1 and 9", _plus(pax(record("size", "9")), _FILE)),
    "pax gives size 0": ("has two sizes: 1 and 0", _plus(pax(record("size", "0")), _FILE)),
    "pax gives a size with a sign": ("has two sizes", _plus(pax(record("size", "+1")), _FILE)),
    "pax leads out": ("leaves the archive's folder", _plus(pax(record("path", "../a")), _FILE)),
    "pax leads to the root": ("leaves the archive's folder", _plus(pax(record("path", "/etc/passwd")), _FILE)),
    "pax leads to another top": ("one top folder, it has 2", _plus(pax(record("path", "other/a")), _FILE)),
    "pax gives PKG-INFO again": ("is in it twice", _plus(pax(record("path", f"{TOP}/PKG-INFO")), _FILE)),
    "pax gives an empty path": ("an empty part", _plus(pax(record("path", "")), _FILE)),
    "pax gives a NUL": ("control character", _plus(pax(record("path", f"{TOP}/a\0b")), _FILE)),
    "pax gives a path twice": ("gives 'path' twice", _plus(pax(record("path", "a"), record("path", "b")), _FILE)),
    "pax for all gives a path": ("to every member that follows", _plus(pax(record("path", "x"), kind=b"g"), _FILE)),
    "pax for all gives a size": ("to every member that follows", _plus(pax(record("size", "1"), kind=b"g"), _FILE)),
    "pax for all gives a link": ("to every member that follows", _plus(pax(record("linkpath", "x"), kind=b"g"), _FILE)),
    "pax with a charset": ("not every program reads", _plus(pax(record("hdrcharset", "BINARY")), _FILE)),
    "pax with the old charset": ("not every program reads", _plus(pax(record("charset", "BINARY")), _FILE)),
    "pax of a sparse file": ("not every program reads", _plus(pax(record("GNU.sparse.major", "1")), _FILE)),
    "pax with a sparse name": ("not every program reads", _plus(pax(record("GNU.sparse.name", "x")), _FILE)),
    "pax with a sparse size": ("not every program reads", _plus(pax(record("GNU.sparse.realsize", "9")), _FILE)),
    "pax of nobody": ("not every program reads", _plus(pax(record("NOBODY.x", "1")), _FILE)),
    "pax without length": ("extended header is broken", _plus(pax(b"path=x\n"), _FILE)),
    "pax with another length": ("extended header is broken", _plus(pax(b"99 path=x\n"), _FILE)),
    "pax with length 0": ("extended header is broken", _plus(pax(b"0 path=x\n"), _FILE)),
    "pax with a leading zero": ("extended header is broken", _plus(pax(b"010 path=x\n"), _FILE)),
    "pax with a negative length": ("extended header is broken", _plus(pax(b"-9 path=x\n"), _FILE)),
    "pax with a length of many digits": ("extended header is broken", _plus(pax(b"9" * 50 + b" a=b\n"), _FILE)),
    "pax without equals": ("extended header is broken", _plus(pax(b"9 path x\n"), _FILE)),
    "pax without a key": ("extended header is broken", _plus(pax(b"6 =xy\n"), _FILE)),
    "pax without a line feed": ("extended header is broken", _plus(pax(b"9 path=xy"), _FILE)),
    "pax is not UTF-8": ("is not UTF-8", _plus(pax(record("path", b"\xff")), _FILE)),
    "pax with a key that is not UTF-8": ("is not UTF-8", _plus(pax(b"8 \xff=abc\n"), _FILE)),
    "pax at the end": ("ends behind an extended header", _plus(pax(record("path", f"{TOP}/a")))),
    "pax twice": ("two extended headers", _plus(pax(record("mtime", "1")), pax(record("path", "x")), _FILE)),
    "pax and a long name": (
        "two extended headers", _plus(pax(record("path", "x")), Entry(b"././@LongLink", b"y\0", b"L"), _FILE)),
    "a long name and pax": (
        "in two ways", _plus(Entry(b"././@LongLink", b"y\0", b"L"), pax(record("path", "x")), _FILE)),
    "two long names": ("two extended headers", _plus(Entry(b"L", b"y\0", b"L"), Entry(b"L", b"z\0", b"L"), _FILE)),
    "a long name leads out": ("leaves the archive's folder", _plus(Entry(b"L", b"../y\0", b"L"), _FILE)),
    "a long name with a NUL": ("bytes behind its end", _plus(Entry(b"L", b"a\0b\0", b"L"), _FILE)),
    "a long name that is not UTF-8": ("is not UTF-8", _plus(Entry(b"L", b"\xff\0", b"L"), _FILE)),
    "a long link for a file": ("but is no link", _plus(Entry(b"L", b"LICENSE\0", b"K"), _FILE)),
    "a long name at the end": ("ends behind an extended header", _plus(Entry(b"L", b"a\0", b"L"))),
    "a long name cut off": (
        "in the midst of a header", gzip.compress(_TAR[:-1024] + Entry(b"L", b"a", b"L").raw()[:600])),
    "a long name with padding": ("bytes behind its end", _plus(Entry(b"L", b"a\0", b"L", padding=b"x" * 510), _FILE)),
    "an extended header that is huge": ("more than 1048576", _plus(pax(b"").but(size=b"00010000000\0"))),
}  # fmt: skip

_PATHS: dict[str, tuple[str, bytes]] = {
    "same name twice": ("is in it twice", _named(f"{TOP}/LICENSE".encode())),
    "PKG-INFO twice": ("is in it twice", _named(f"{TOP}/PKG-INFO".encode())),
    "a folder over a file": ("is in it twice", _named(f"{TOP}/LICENSE/".encode(), b"5")),
    "a file below a file": ("as a file and as a folder", _named(f"{TOP}/LICENSE/a".encode())),
    "a file over a folder": ("is in it twice", _plus(_FOLDER, Entry(f"{TOP}/d".encode()))),
    "a file with a slash": ("an empty part", _named(f"{TOP}/a/".encode())),
    "absolute": ("leaves the archive's folder", _named(b"/etc/passwd")),
    "up": ("leaves the archive's folder", _named(b"../a")),
    "up in the midst": ("leaves the archive's folder", _named(f"{TOP}/../a".encode())),
    "up in the prefix": ("leaves the archive's folder", _plus(Entry(b"a").but(prefix=f"{TOP}/..".encode()))),
    "drive": ("leaves the archive's folder", _named(b"C:/a")),
    "network share": ("leaves the archive's folder", _named(b"//host/a")),
    "lone dot": ("lone dot", _named(f"./{TOP}/a".encode())),
    "double slash": ("an empty part", _named(f"{TOP}//a".encode())),
    "no name": ("an empty part", _named(b"")),
    "backslash": ("control character or a backslash", _named(f"{TOP}\\..\\a".encode())),
    "line feed": ("control character or a backslash", _named(f"{TOP}/a\nb".encode())),
    "escape": ("control character or a backslash", _named(f"{TOP}/\x1b[2J".encode())),
    "C1 control character": ("control character or a backslash", _named(f"{TOP}/\x9b".encode())),
}  # fmt: skip

_LINKS: dict[str, tuple[str, bytes]] = {
    "link to the root": ("leaves the archive's folder", _link("l", "/etc/passwd")),
    "link out": ("leaves the archive's folder", _link("l", "../../etc")),
    "link to the top's own folder": ("leaves the archive's folder", _link("l", "..")),
    "link down and up": ("leaves the archive's folder", _link("l", "d/../../x")),
    "link down and up, inside": ("leaves the archive's folder", _link("d/l", "x/../LICENSE")),
    "link with a backslash": ("leaves the archive's folder", _link("l", "..\\x")),
    "link with a control character": ("leaves the archive's folder", _link("l", "a\nb")),
    "a file below a link": (
        "as a file and as a folder", _plus(_FOLDER, Entry(f"{TOP}/l".encode(), kind=b"2", link=b"d"),
                            Entry(f"{TOP}/l/a".encode()))),
    "a link over a folder": ("is in it twice", _link("d", "LICENSE")),
    "a link over a file": ("is in it twice", _link("LICENSE", "PKG-INFO")),
    "hard link to the root": ("to no file before it", _link("l", "/etc/passwd", b"1")),
    "hard link out": ("to no file before it", _link("l", "../x", b"1")),
    "hard link to what follows": ("to no file before it", _plus(Entry(f"{TOP}/l".encode(), kind=b"1",
                                  link=f"{TOP}/a".encode()), _FILE)),
    "hard link to a folder": ("to no file before it", _link("l", f"{TOP}/d", b"1")),
    "hard link to itself": ("to no file before it", _link("l", f"{TOP}/l", b"1")),
    "hard link to nothing": ("to no file before it", _link("l", "", b"1")),
    "PKG-INFO is a link": ("PKG-INFO not found", tarball([_GOOD[1], Entry(f"{TOP}/PKG-INFO".encode(), kind=b"2",
                           link=b"LICENSE")])),
    "PKG-INFO is a hard link": ("PKG-INFO not found", tarball([_GOOD[1], Entry(f"{TOP}/PKG-INFO".encode(), kind=b"1",
                                link=f"{TOP}/LICENSE".encode())])),
    "pax leads a link out": ("leaves the archive's folder", _plus(pax(record("linkpath", "../../x")),
                             Entry(f"{TOP}/l".encode(), kind=b"2", link=b"LICENSE"))),
    "a long link leads out": ("leaves the archive's folder", _plus(Entry(b"L", b"../../x\0", b"K"),
                              Entry(f"{TOP}/l".encode(), kind=b"2", link=b"LICENSE"))),
}  # fmt: skip

SDISTS = {
    f"{kind}: {name}": bend
    for kind, table in [
        ("gzip", _COMPRESSION), ("end", _ENDS), ("header", _HEADERS), ("extended", _EXTENDED), ("path", _PATHS),
    ]
    for name, bend in table.items()
}  # fmt: skip

HOSTILE_LINKS = {f"link: {name}": bend for name, bend in _LINKS.items()}
"""These are refused for what they are where links are let in, and for being links where they are not."""

LINKED: dict[str, tuple[str, bytes]] = {
    "a link inside": ("is a link to 'LICENSE', expected a file", _link("l", "LICENSE")),
    "a link inside, from a folder": ("is a link to '../LICENSE'", _link("d/l", "../LICENSE")),
    "a hard link": (f"is a link to '{TOP}/LICENSE'", _link("l", f"{TOP}/LICENSE", b"1")),
}

TWINS: dict[str, tuple[str, bytes]] = {
    "twins by letter case": ("where letter case makes no difference", _named(f"{TOP}/License".encode())),
    "twins by letter case, a folder": ("where letter case makes", _named(f"{TOP}/license/".encode(), b"5")),
    "below a twin": ("as a file and as a folder", _named(f"{TOP}/license/a".encode())),
}  # fmt: skip
