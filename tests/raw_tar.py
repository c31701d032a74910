"""A tar archive written by hand, in which any field of any header may be another."""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

__all__ = ["END", "Entry", "build", "entries_of", "pax", "record", "tarball"]

END = bytes(1024)
_PLACES = {
    "name": (0, 100), "mode": (100, 8), "uid": (108, 8), "gid": (116, 8), "size": (124, 12), "mtime": (136, 12),
    "kind": (156, 1), "link": (157, 100), "magic": (257, 8), "major": (329, 8), "minor": (337, 8),
    "prefix": (345, 155), "rest": (500, 12),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A member; `fields` are parts of its header as bytes, `padding` what stands behind its bytes."""

    name: bytes
    data: bytes = b""
    kind: bytes = b"0"
    link: bytes = b""
    fields: Mapping[str, bytes] = field(default_factory=dict)
    checksum: int | None = None
    padding: bytes | None = None

    def but(self, **fields: bytes) -> "Entry":
        """Return this entry with other fields."""
        return replace(self, fields={**self.fields, **fields})

    def raw(self) -> bytes:
        """Return the header and the bytes."""
        said = {
            "name": self.name,
            "mode": b"0000644\0",
            "uid": b"0000000\0",
            "gid": b"0000000\0",
            "size": b"%011o\0" % len(self.data),
            "mtime": b"00000000000\0",
            "kind": self.kind,
            "link": self.link,
            "magic": b"ustar\x0000",
            **self.fields,
        }
        block = bytearray(512)
        for key, value in said.items():
            place, size = _PLACES[key]
            block[place : place + size] = value[:size].ljust(size, b"\0")
        block[148:156] = b" " * 8
        total = sum(block) if self.checksum is None else self.checksum
        block[148:156] = b"%06o\0 " % total
        padding = bytes(-len(self.data) % 512) if self.padding is None else self.padding
        return bytes(block) + self.data + padding


def entries_of(members: Mapping[str, bytes]) -> list[Entry]:
    """Return good entries of these names and bytes."""
    return [Entry(name.encode(), data) for name, data in members.items()]


def record(key: str, value: str | bytes) -> bytes:
    """Return one record of an extended header, with its own length in front."""
    rest = b" %s=%s\n" % (key.encode(), value if isinstance(value, bytes) else value.encode())
    size = len(rest)
    while len(b"%d" % size) + len(rest) != size:
        size = len(b"%d" % size) + len(rest)
    return b"%d" % size + rest


def pax(*records: bytes, kind: bytes = b"x") -> Entry:
    """Return an extended header."""
    return Entry(b"PaxHeader", b"".join(records), kind)


def build(entries: Sequence[Entry], *, end: bytes = END) -> bytes:
    """Return the archive without compression."""
    return b"".join(entry.raw() for entry in entries) + end


def tarball(entries: Sequence[Entry], *, end: bytes = END, after: bytes = b"") -> bytes:
    """Return the archive compressed, and what stands behind it."""
    return gzip.compress(build(entries, end=end), mtime=0) + after
