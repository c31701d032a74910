"""The members of a tar archive, streamed once: headers put together, bytes counted, the end held to be the end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from bonded.dists.limits import ArchiveRefused
from bonded.dists.tar_headers import BLOCK, Header, read_header, read_pax

__all__ = ["Kind", "Taken", "TarMember", "members"]

_MAX_EXTENDED = 1 << 20
"""Bytes of an extended header or a long name; real ones have some hundreds."""


class Kind:
    """What a member is, by the letter in its header."""

    FILE, FOLDER, LINK, HARD_LINK = "0", "5", "2", "1"


class Taken(Protocol):
    """A stream of unpacked bytes."""

    def read(self, size: int) -> bytes:
        """Return exactly so many bytes; fewer only where the stream ends."""
        ...

    def chunk(self, most: int) -> bytes:
        """Return some bytes, at most `most`; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class TarMember:
    """A member before its bytes; `path` is without the slash at a folder's end."""

    path: str
    kind: str
    size: int
    link: str
    _source: Taken

    def bytes(self) -> Iterator[bytes]:
        """Yield the member's bytes; whoever begins must go on to the end."""
        left = self.size
        while left:
            data = self._source.chunk(left)
            if not data:
                raise ArchiveRefused(f"{self.path!r} ends too early")
            left -= len(data)
            yield data
        padding = self._source.read(-self.size % BLOCK)
        if len(padding) != -self.size % BLOCK or any(padding):
            raise ArchiveRefused(f"bytes that belong to nothing stand behind {self.path!r}")


def members(source: Taken) -> Iterator[TarMember]:
    """Yield the members in their order; the bytes of each must be taken before the next is asked for.

    Raises `ArchiveRefused` where two programs could see two archives.
    """
    said: dict[str, str] = {}
    before: list[bytes] = []
    while any(block := source.read(BLOCK)):
        if len(block) != BLOCK:
            raise ArchiveRefused("it ends in the midst of a header")
        header = read_header(block)
        if header.kind in {b"x", b"g", b"L", b"K"}:
            if header.kind in before or b"x" in before:
                raise ArchiveRefused("a member has two extended headers")
            before.append(header.kind)
            for key, value in _extended(header, source).items():
                if key in said:
                    raise ArchiveRefused(f"a member is given {key!r} in two ways")
                said[key] = value
            continue
        yield _member(header, said, source)
        said, before = {}, []
    if said:
        raise ArchiveRefused("it ends behind an extended header")
    _check_end(block, source)


def _extended(header: Header, source: Taken) -> Mapping[str, str]:
    """Return what a header says about the next member, or all that follow."""
    if header.size > _MAX_EXTENDED:
        raise ArchiveRefused(
            f"an extended header has {header.size} bytes, more than {_MAX_EXTENDED}"
        )
    padded = header.size + -header.size % BLOCK
    data = source.read(padded)
    if len(data) != padded:
        raise ArchiveRefused("it ends in the midst of a header")
    data, padding = data[: header.size], data[header.size :]
    if any(padding):
        raise ArchiveRefused("an extended header has bytes behind its end")
    if header.kind in {b"x", b"g"}:
        return read_pax(data, for_all=header.kind == b"g")
    text = data.removesuffix(b"\0")
    if b"\0" in text:
        raise ArchiveRefused("a long name has bytes behind its end")
    return {"path" if header.kind == b"L" else "linkpath": _decoded(text)}


def _member(header: Header, said: Mapping[str, str], source: Taken) -> TarMember:
    kind = {b"\0": Kind.FILE}.get(header.kind, header.kind.decode("latin-1"))
    path = said["path"] if "path" in said else _decoded(header.name)
    link = said["linkpath"] if "linkpath" in said else _decoded(header.link)
    if kind not in {Kind.FILE, Kind.FOLDER, Kind.LINK, Kind.HARD_LINK}:
        what = "a sparse file" if kind == "S" else "neither a file, a folder nor a link"
        raise ArchiveRefused(f"{path!r} is {what}: its type is {kind!r}")
    if said.get("size", str(header.size)) != str(header.size):
        raise ArchiveRefused(f"{path!r} has two sizes: {header.size} and {said['size']}")
    if kind != Kind.FILE and header.size:
        raise ArchiveRefused(f"{path!r} has {header.size} bytes, but only files have any")
    if kind in {Kind.FILE, Kind.FOLDER} and link:
        raise ArchiveRefused(f"{path!r} points to {link!r}, but is no link")
    if kind == Kind.FOLDER:
        path = path.removesuffix("/")
    return TarMember(path, kind, header.size, link, source)


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise ArchiveRefused(f"the member name {text!r} is not UTF-8") from None


def _check_end(block: bytes, source: Taken) -> None:
    """Two empty blocks end an archive, and nothing but more of them may follow."""
    second = source.read(BLOCK)
    if len(block) != BLOCK or len(second) != BLOCK:
        raise ArchiveRefused("it ends without the two empty blocks of an archive's end")
    while second:
        if second.strip(b"\0"):
            raise ArchiveRefused("bytes that belong to nothing stand behind its end")
        second = source.chunk(_MAX_EXTENDED)
