"""Wheels that are wrong in one thing, each with words of the sentence that refuses it.

`WHEELS` are refused by every index, `STRICTLY` only by one that is stricter than PyPI.
"""

import struct
import zlib
from collections.abc import Callable, Mapping

from index_world import recorded, wheel_members
from raw_tar import Entry
from raw_zip import Part, bent, build, parts_of

__all__ = ["FULL", "INFO", "STRICTLY", "WHEELS", "members", "with_members", "with_record"]

INFO = "greeter-1.0.dist-info"

FULL = 0xFFFFFFFF


def members(more: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """Return the members of the good wheel and more, with a RECORD of them all."""
    whole = {name: data for name, data in wheel_members().items() if "RECORD" not in name}
    return recorded({**whole, **(more or {})}, INFO)


def with_members(more: Mapping[str, bytes]) -> bytes:
    """Return the good wheel with more members, and a RECORD that lists them."""
    return build(parts_of(members(more)))


def _with(name: bytes, **changes: object) -> bytes:
    """Return the good wheel with one more member, an empty one."""
    return build(bent([*parts_of(members()), Part(name)], 4, **changes))


def _first(**changes: object) -> bytes:
    return build(bent(parts_of(members()), 0, **changes))


def _whole(**changes: object) -> bytes:
    return build(parts_of(members()), **changes)  # type: ignore[arg-type]  # arguments of build


def with_record(bend: Callable[[str], str]) -> bytes:
    """Return the good wheel with another RECORD."""
    whole = members()
    text = bend(whole[f"{INFO}/RECORD"].decode())
    return build(parts_of({**whole, f"{INFO}/RECORD": text.encode("utf-8", "surrogateescape")}))


def _without(name: str) -> bytes:
    whole = {path: data for path, data in members().items() if not path.endswith(name)}
    return build(parts_of(recorded(whole, INFO) if name != "RECORD" else whole))


def _zip64(*numbers: int) -> bytes:
    return struct.pack("<2H", 1, 8 * len(numbers)) + struct.pack(f"<{len(numbers)}Q", *numbers)


def _packed(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


_CODE = members()["greeter/__init__.py"]
_PACKED = len(_packed(_CODE))
_METADATA = members()[f"{INFO}/METADATA"]
_TWO = parts_of(members({"a": b"1", "b": b"2"}))
_LOCATOR = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
_FAR = {"packed": 9999, "size": 9999}
_TAR = Entry(b"PK\x03\x04").raw()

_FRAMES: dict[str, tuple[str, bytes]] = {
    "empty": ("not a zip archive", b""),
    "text": ("not a zip archive", b"not a zip"),
    "cut short": ("not a zip archive", _whole()[:-30]),
    "cut by a byte": ("not a zip archive", _whole()[:-1]),
    "front is missing": ("between its directory", _whole()[10:]),
    "end record alone": ("METADATA not found|WHEEL not found", build([])),
    "a program in front": ("between its directory", b"#!/bin/sh\n" + _whole(end={"offset": 0})),
    "junk in front": ("between its directory and its end", b"#!/bin/sh\n" + _whole()),
    "junk in front, places mended": ("before 'greeter/__init__.py'", _whole(before=b"junk")),
    "junk between": ("before its directory", _whole(between=b"junk")),
    "junk before the end": ("between its directory", _whole(before_end=b"junk")),
    "junk behind": ("belong to nothing stand at its end", _whole(after=b"junk")),
    "a NUL behind": ("belong to nothing stand at its end", _whole(after=b"\0")),
    "junk between two members": ("before 'greeter-1.0.dist-info/METADATA'", build(bent(_TWO, 1, gap=b"junk"))),
    "a hidden member between": ("before 'greeter-1.0", build(bent(_TWO, 1, gap=build(parts_of({"x": b"y"}))[:32]))),
    "two archives": ("between its directory", _whole() + _whole()),
    "an end record in the comment": ("between its directory", _whole(comment=build([]))),
    "half an end record in the comment": ("not a zip archive", _whole(comment=b"PK\x05\x06")),
    "comment too short": ("at its end", _whole(comment=b"PK\x05\x06" + bytes(30))),
    "one member more": ("directory ends too early", _whole(end={"here": 5, "count": 5})),
    "one member fewer": ("but 3 members fill", _whole(end={"here": 3, "count": 3})),
    "no members": ("but 0 members fill", _whole(end={"here": 0, "count": 0})),
    "another disk": ("one part of several", _whole(end={"disk": 1})),
    "begins on another disk": ("one part of several", _whole(end={"first": 1})),
    "members on other disks": ("one part of several", _whole(end={"here": 3})),
    "directory elsewhere": ("between its directory", _whole(end={"offset": 7})),
    "directory longer": ("between its directory", _whole(end={"length": 1})),
    "directory behind the file": ("between its directory", _whole(end={"offset": 1 << 30})),
    "full numbers, no ZIP64": ("ZIP64 record that is not there", _whole(end={"offset": FULL})),
    "full count, no ZIP64": ("ZIP64 record that is not there", _whole(end={"count": 0xFFFF, "here": 0xFFFF})),
    "ZIP64 with another count": ("two end records disagree", _whole(wide={"count": 5, "here": 5})),
    "ZIP64 with another place": ("two end records disagree", _whole(wide={"offset": 3})),
    "ZIP64 elsewhere": ("not where it must be", _whole(wide={"at": 3})),
    "ZIP64 on two disks": ("not where it must be", _whole(wide={"disks": 2})),
    "ZIP64 with more in it": ("not where it must be", _whole(wide={"more": 8})),
    "ZIP64 of another length": ("holds more than it must", _whole(wide={"record": 52})),
    "ZIP64 trap, old numbers full": ("between its directory", _whole(wide={"offset": 3}, end={"offset": FULL})),
    "ZIP64 locator alone": ("not where it must be", _whole()[-22:].join([_LOCATOR, b""])),
    "ZIP64 with other disks": ("one part of several", _whole(wide={"disk": 1}, end={"disk": 0xFFFF})),
    "a tar archive too": ("a zip archive and a tar archive at once", _TAR + _whole()),
    "one member twice in the directory": ("is in it twice", _whole(order=[0, 1, 2, 2])),
}  # fmt: skip

_HEADERS: dict[str, tuple[str, bytes]] = {
    "another name before": ("is called b'Greeter", _first(name_before=b"Greeter/__init__.py")),
    "a longer name before": ("is called b'", _first(name_before=b"greeter/__init__.py\0")),
    "no name before": ("is called b''", _first(name_before=b"")),
    "another checksum before": ("two different checksums", _first(local={"checksum": 1})),
    "another packed size before": ("two different sizes", _first(local={"packed": 1})),
    "another size before": ("two different sizes", _first(local={"size": 1})),
    "no sizes before": ("two different sizes", _first(local={"size": 0, "packed": 0})),
    "another method before": ("two different methods", _first(local={"method": 0})),
    "another flag before": ("two different flags", _first(local={"flags": 0x800})),
    "a name before that never ends": ("it ends too early", _whole()[:26] + b"\xff\xff" + _whole()[28:]),
    "the last member reaches the end": (
        "it ends too early", build(bent(parts_of(members()), 3, method=0, both=_FAR))),
    "no header there": ("no member stands where", _whole().replace(b"PK\3\4", b"PK\3\5", 1)),
    "wrong checksum in both": ("is damaged", _first(both={"checksum": 1})),
    "wrong size in both": ("says that it has 1 bytes, it has more", _first(both={"size": 1})),
    "size too large in both": ("says that it has 99 bytes, it has 16", _first(both={"size": 99})),
    "packed size too small": ("ends too early", _first(both={"packed": 3})),
    "packed size too large": ("behind the end of its data", _first(both={"packed": _PACKED + 3})),
    "data descriptor": ("has a data descriptor", _first(both={"flags": 0x8})),
    "data descriptor with data": (
        "has a data descriptor", _first(both={"flags": 8}, behind=struct.pack("<4s3L", b"PK\7\x08", 0, 0, 0))),
    "data descriptor in front only": ("two different flags", _first(local={"flags": 0x8})),
    "encrypted": ("is encrypted", _first(both={"flags": 0x1})),
    "strongly encrypted": ("flags that mean something", _first(both={"flags": 0x40})),
    "patched data": ("flags that mean something", _first(both={"flags": 0x20})),
    "masked headers": ("flags that mean something", _first(both={"flags": 0x2000})),
    "unused flag": ("flags that mean something", _first(both={"flags": 0x8000})),
    "shrunk": ("neither stored nor deflated", _first(both={"method": 1})),
    "imploded": ("neither stored nor deflated", _first(both={"method": 6})),
    "deflate64": ("neither stored nor deflated", _first(both={"method": 9})),
    "bzip2": ("neither stored nor deflated", _first(both={"method": 12})),
    "lzma": ("neither stored nor deflated", _first(both={"method": 14})),
    "zstandard": ("neither stored nor deflated", _first(both={"method": 93})),
    "xz": ("neither stored nor deflated", _first(both={"method": 95})),
    "AES": ("neither stored nor deflated", _first(both={"method": 99})),
    "method beyond all": ("neither stored nor deflated", _first(both={"method": 0xFFFF})),
    "newer program needed": ("needs a program of version 6.3", _first(both={"needed": 63})),
    "stored with two sizes": ("two different sizes", _first(method=0, both={"packed": 3})),
    "on another disk": ("lies on another disk", _first(central={"disk": 1})),
    "with a comment": ("has a comment", _first(comment=b"hi")),
    "symbolic link": ("is a link, a device", _first(both={"external": 0o120777 << 16})),
    "symbolic link made on DOS": ("is a link, a device", _first(both={"external": 0o120777 << 16, "made": 20})),
    "character device": ("is a link, a device", _first(both={"external": 0o020644 << 16})),
    "block device": ("is a link, a device", _first(both={"external": 0o060644 << 16})),
    "pipe": ("is a link, a device", _first(both={"external": 0o010644 << 16})),
    "socket": ("is a link, a device", _first(both={"external": 0o140644 << 16})),
    "folder by its kind": ("a folder by its kind", _first(both={"external": 0o040755 << 16})),
    "folder by DOS": ("a folder by its kind", _first(both={"external": 0x10})),
    "overlapping": ("overlaps the member before it", build(bent(_TWO, 1, central={"offset": 0}))),
    "place behind the file": ("before 'greeter-1.0.dist-info/METADATA'", _first(central={"offset": 1 << 30})),
    "bad deflate": ("cannot be read as a zip archive", _first(payload=b"\xff" * _PACKED)),
    "bytes behind deflate": ("behind the end of its data", _first(payload=_packed(_CODE) + b"junk")),
    "deflate without end": ("ends too early", _first(payload=_packed(_CODE)[:-2])),
    "empty deflate": ("ends too early", _first(payload=b"")),
}  # fmt: skip

_EXTRAS: dict[str, tuple[str, bytes]] = {
    "unicode path": ("another name", _first(extra=struct.pack("<2H", 0x7075, 2) + b"\x01x")),
    "unicode path before": ("another name", _first(extra_before=struct.pack("<2H", 0x7075, 2) + b"\x01x")),
    "unicode comment": ("another comment", _first(extra=struct.pack("<2H", 0x6375, 1) + b"\x01")),
    "AES field": ("encryption", _first(extra=struct.pack("<2H", 0x9901, 1) + b"\x01")),
    "a field twice": ("the same field twice", _first(extra=struct.pack("<2H", 0x5455, 0) * 2)),
    "ZIP64 twice": ("the same field twice", _first(extra=_zip64(1) * 2)),
    "field cut off": ("is cut off", _first(extra=struct.pack("<2H", 0x5455, 9))),
    "field of three bytes": ("is cut off", _first(extra_before=b"abc")),
    "ZIP64 of nine bytes": ("ZIP64 field of 9 bytes", _first(extra=struct.pack("<2H", 1, 9) + bytes(9))),
    "ZIP64 with a disk": ("ZIP64 field of 28 bytes", _first(extra=struct.pack("<2H", 1, 28) + bytes(28))),
    "ZIP64 missing": ("ZIP64 field that is not there", _first(central={"size": FULL})),
    "ZIP64 missing before": ("ZIP64 field that is not there", _first(local={"size": FULL})),
    "ZIP64 with another size": ("one of them in a ZIP64 field", _first(extra=_zip64(1))),
    "ZIP64 with another size before": ("one of them in a ZIP64 field", _first(extra_before=_zip64(1, 2))),
    "ZIP64 hides a size": (
        "two different sizes", _first(local={"size": FULL, "packed": FULL}, extra_before=_zip64(1, 2))),
    "ZIP64 with too few": (
        "ZIP64 field of 8 bytes", _first(central={"size": FULL, "packed": FULL}, extra=_zip64(16))),
    "ZIP64 with too many": ("ZIP64 field of 24 bytes", _first(central={"size": FULL}, extra=_zip64(16, 2, 3))),
    "ZIP64 place elsewhere": (
        "before 'greeter-1.0.dist-info/METADATA'", _first(central={"offset": FULL}, extra=_zip64(9999))),
}  # fmt: skip

_NAMES: dict[str, tuple[str, bytes]] = {
    "same name twice": ("is in it twice", build([*parts_of(members()), Part(b"greeter/__init__.py", b"x")])),
    "METADATA twice": ("is in it twice", build([*parts_of(members()), Part(f"{INFO}/METADATA".encode())])),
    "file and folder": ("is in it twice", with_members({"greeter": b""}) ),
    "folder below a file": ("is in it twice|as a file and as a folder", with_members({"a": b"", "a/b": b""})),
    "empty name": ("an empty part", _with(b"")),
    "absolute": ("leaves the archive's folder", with_members({"/etc/passwd": b""})),
    "up": ("leaves the archive's folder", with_members({"../a": b""})),
    "up in the midst": ("leaves the archive's folder", with_members({"a/../../b": b""})),
    "up at the end": ("leaves the archive's folder", with_members({"a/..": b""})),
    "up folder": ("leaves the archive's folder", with_members({"../": b""})),
    "drive": ("leaves the archive's folder", with_members({"C:/a": b""})),
    "drive without slash": ("leaves the archive's folder", with_members({"c:a": b""})),
    "network share": ("leaves the archive's folder", with_members({"//host/a": b""})),
    "backslash": ("control character or a backslash", with_members({"a\\b": b""})),
    "backslash up": ("control character or a backslash", with_members({"..\\a": b""})),
    "line feed": ("control character or a backslash", with_members({"a\nb": b""})),
    "NUL": ("control character or a backslash", with_members({"a\0b": b""})),
    "NUL hides an ending": ("control character or a backslash", with_members({"a.txt\0.py": b""})),
    "escape": ("control character or a backslash", with_members({"a\x1b[2Jb": b""})),
    "delete": ("control character or a backslash", with_members({"a\x7f": b""})),
    "lone dot": ("an empty part or a lone dot", with_members({"./a": b""})),
    "dot in the midst": ("an empty part or a lone dot", with_members({"a/./b": b""})),
    "double slash": ("an empty part or a lone dot", with_members({"a//b": b""})),
    "two slashes at the end": ("an empty part or a lone dot", with_members({"a//": b""})),
    "name too long": ("is too long", with_members({"a" * 256: b""})),
    "path too long": ("is too long", with_members({"/".join(["abcdefgh"] * 500): b""})),
    "not ASCII, not marked": ("nothing marks it as UTF-8", _with("é".encode())),
    "code page 437": ("nothing marks it as UTF-8", _with(b"\x82")),
    "marked, but no UTF-8": ("is marked as UTF-8", _with(b"\xff", both={"flags": 0x800})),
    "half a surrogate": ("is marked as UTF-8", _with(b"\xed\xa0\x80", both={"flags": 0x800})),
    "overlong UTF-8": ("is marked as UTF-8", _with(b"\xc0\xae\xc0\xae/a", both={"flags": 0x800})),
    "C1 control character": ("control character or a backslash", _with("\x9b".encode(), both={"flags": 0x800})),
    "folder with bytes": ("two different sizes", with_members({"a/": b"x"})),
}  # fmt: skip

_LAYOUT: dict[str, tuple[str, bytes]] = {
    "no METADATA": (f"METADATA not found at {INFO}/METADATA", _without("METADATA")),
    "no WHEEL": (f"WHEEL not found at {INFO}/WHEEL", _without("WHEEL")),
    "METADATA is a folder": ("METADATA not found", build(bent(parts_of(members()), 1, name=f"{INFO}/METADATA/".encode(),
                             data=b"", name_before=None))),
    "metadata of another version": (
        "it has 'greeter-2.0.dist-info', expected", build(parts_of(wheel_members("greeter", "2.0")))),
    "two dist-info": ("expected no other than 'greeter-1.0.dist-info'", with_members({"x-1.dist-info/METADATA": b""})),
    "an empty second dist-info": (
        "expected no other than 'greeter-1.0.dist-info'", with_members({"x-1.dist-info/": b""})),
    "a dist-info in capitals": (
        "expected no other than|letter case", with_members({"GREETER-1.0.DIST-INFO/METADATA": b""})),
    "data of another project": ("expected no other than 'greeter-1.0.data'", with_members({"x-1.data/scripts/x": b""})),
    "data of no scheme": ("is in none of purelib", with_members({"greeter-1.0.data/stdlib/os.py": b""})),
    "data without a scheme": ("is in none of purelib", with_members({"greeter-1.0.data/x": b""})),
    "data over a module": (
        "installed to one place", with_members({"greeter-1.0.data/purelib/greeter/__init__.py": b""})),
    "data over METADATA": (
        "installed to one place", with_members({f"greeter-1.0.data/platlib/{INFO}/METADATA": b""})),
    "data as metadata": (
        "installed as metadata", with_members({"greeter-1.0.data/purelib/x-1.dist-info/METADATA": b""})),
    "RECORD is no UTF-8": ("RECORD is not UTF-8", with_record(lambda text: text + "\udcff,,\n")),
    "RECORD is no CSV": ("RECORD cannot be read", with_record(lambda text: text + '"a"b,,\n')),
}  # fmt: skip

WHEELS = {**_FRAMES, **_HEADERS, **_EXTRAS, **_NAMES, **_LAYOUT}

STRICTLY: dict[str, tuple[str, bytes]] = {
    "twins by letter case": ("where letter case makes no difference", with_members({"Greeter/__init__.py": b""})),
    "twins by an accent": ("letter case makes no",
        build([*parts_of(members()), *(Part(name.encode(), both={"flags": 0x800}) for name in ("é", "e\u0301"))])),
    "twins by a ligature": ("letter case makes no", build([*parts_of(members()), Part(b"strasse"),
                            Part("stra\u00dfe".encode(), both={"flags": 0x800})])),
    "RECORD misses a file": ("does not list 'a'", build([*parts_of(members()), Part(b"a", b"x")])),
    "RECORD lists too much": (
        "which is not in it", with_record(lambda text: text + "ghost.py,sha256=" + "A" * 43 + ",1\n")),
    "RECORD lists a way out": (
        "which is not in it", with_record(lambda text: text + "../x,sha256=" + "A" * 43 + ",1\n")),
    "RECORD with another digest": ("its bytes have", with_record(lambda text: text.replace("sha256=", "sha256=AA", 1)
                                   .replace(text.split("=")[1][:43], text.split("=")[1][:41]))),
    "RECORD with another size": ("it has 16 bytes", with_record(lambda text: text.replace(",16\n", ",17\n"))),
    "RECORD with no size that is one": ("the size 'x'", with_record(lambda text: text.replace(",16\n", ",x\n"))),
    "RECORD with a negative size": ("the size '-1'", with_record(lambda text: text.replace(",16\n", ",-1\n"))),
    "RECORD with a size of many digits": (
        "the size '1111", with_record(lambda text: text.replace(",16\n", f",{'1' * 5000}\n"))),
    "RECORD without a digest": ("no digest", with_record(lambda text: text.replace(text.split(",")[1], "", 1))),
    "RECORD with md5": ("expected sha256", with_record(lambda text: text.replace("sha256", "md5"))),
    "RECORD with an unknown digest": ("expected sha256", with_record(lambda text: text.replace("sha256", "crc32"))),
    "RECORD in no base64": ("expected sha256", with_record(lambda text: text.replace("=", "=!", 1))),
    "RECORD in hexadecimal": ("expected sha256", with_record(lambda text: text.replace("=", "=" + "0" * 21, 1))),
    "RECORD lists a file twice": (
        "lists 'greeter/__init__.py' twice", with_record(lambda text: text + text.split("\n")[0])),
    "RECORD of two columns": ("a row of 2 columns", with_record(lambda text: text + "a,b\n")),
    "RECORD of four columns": ("a row of 4 columns", with_record(lambda text: text + "a,,,\n")),
    "RECORD is empty": ("does not list", with_record(lambda text: "")),
    "RECORD of something else": ("a row of 1 columns", with_record(lambda text: "hello\n")),
}  # fmt: skip
