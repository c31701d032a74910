"""A zip archive written by hand, in which any number of any record may be another."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

__all__ = ["Part", "bent", "build", "parts_of"]

_LOCAL = ("needed", "flags", "method", "time", "date", "checksum", "packed", "size")
_CENTRAL = ("made", *_LOCAL)
_END = ("disk", "first", "here", "count", "length", "offset")


@dataclass(frozen=True, slots=True)
class Part:
    """A member. `local` and `central` are numbers that one of its headers has otherwise; `name_before` a name.

    `payload` is what stands for its packed bytes, `gap` stands before it and `behind` after its bytes.
    """

    name: bytes
    data: bytes = b""
    method: int = 8
    both: Mapping[str, int] = field(default_factory=dict)
    local: Mapping[str, int] = field(default_factory=dict)
    central: Mapping[str, int] = field(default_factory=dict)
    name_before: bytes | None = None
    extra_before: bytes = b""
    extra: bytes = b""
    comment: bytes = b""
    payload: bytes | None = None
    gap: bytes = b""
    behind: bytes = b""

    def packed(self) -> bytes:
        """Return the bytes that stand in the archive."""
        if self.payload is not None:
            return self.payload
        if self.method != 8:
            return self.data
        deflater = zlib.compressobj(wbits=-15)
        return deflater.compress(self.data) + deflater.flush()

    def numbers(self) -> dict[str, int]:
        """Return what the headers say when they say the truth."""
        return {
            "made": 0x314,
            "needed": 20,
            "flags": 0,
            "method": self.method,
            "time": 0,
            "date": 0x21,
            "checksum": zlib.crc32(self.data),
            "packed": len(self.packed()),
            "size": len(self.data),
            "disk": 0,
            "internal": 0,
            "external": (0o040755 if self.name.endswith(b"/") else 0o100644) << 16,
            **self.both,
        }


def parts_of(members: Mapping[str, bytes]) -> list[Part]:
    """Return good parts of these names and bytes."""
    return [Part(name.encode(), data) for name, data in members.items()]


def build(
    parts: Sequence[Part],
    *,
    before: bytes = b"",
    between: bytes = b"",
    before_end: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    end: Mapping[str, int] | None = None,
    wide: Mapping[str, int] | None = None,
    order: Sequence[int] | None = None,
) -> bytes:
    """Return the archive. `end` and `wide` are numbers of the end records; without `wide` there is no ZIP64 one."""
    body, directory = bytearray(before), list[bytes]()
    for part in parts:
        body += part.gap
        place = part.central.get("offset", len(body))
        body += _local(part) + part.packed() + part.behind
        directory.append(_central(part, place))
    listed = b"".join(directory[place] for place in (order or range(len(directory))))
    body += between
    numbers = dict.fromkeys(_END, 0) | {
        "here": len(parts),
        "count": len(parts),
        "length": len(listed),
        "offset": len(body),
    }
    body += listed + before_end
    if wide is not None:
        body += _wide(numbers | dict(wide), len(body), wide)
    said = numbers | dict(end or {})
    body += struct.pack("<4s4H2LH", b"PK\x05\x06", *(said[name] for name in _END), len(comment))
    return bytes(body) + comment + after


def _local(part: Part) -> bytes:
    numbers = part.numbers() | dict(part.local)
    name = part.name if part.name_before is None else part.name_before
    head = [numbers[field] for field in _LOCAL]
    packed = struct.pack("<4s5H3L2H", b"PK\x03\x04", *head, len(name), len(part.extra_before))
    return packed + name + part.extra_before


def _central(part: Part, place: int) -> bytes:
    numbers = part.numbers() | dict(part.central)
    head = [numbers[field] for field in _CENTRAL]
    lengths = (len(part.name), len(part.extra), len(part.comment))
    tail = (numbers["disk"], numbers["internal"], numbers["external"], place)
    packed = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *head, *lengths, *tail)
    return packed + part.name + part.extra + part.comment


def _wide(numbers: Mapping[str, int], place: int, bent: Mapping[str, int]) -> bytes:
    """Return a ZIP64 end record and its locator; `record`, `at` and `disks` of `bent` are numbers of theirs."""
    more = b"x" * bent.get("more", 0)
    record = struct.pack(
        "<4sQ2H2L4Q",
        b"PK\x06\x06",
        bent.get("record", 44 + len(more)),
        45,
        45,
        *(numbers[name] for name in _END),
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, bent.get("at", place), bent.get("disks", 1))
    return record + more + locator


def bent(parts: Sequence[Part], which: int = 0, **changes: object) -> list[Part]:
    """Return the parts with one of them changed."""
    changed = replace(parts[which], **changes)  # type: ignore[arg-type]  # fields of Part
    return [changed if place == which else part for place, part in enumerate(parts)]
