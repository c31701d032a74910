"""A source distribution, read whole: one gzip stream, one tar archive, one top folder with PKG-INFO in it."""

import zipfile
from typing import BinaryIO

from bonded.dists.contents import Contents
from bonded.dists.gzip_stream import GzipStream
from bonded.dists.limits import ArchiveRefused, Limits
from bonded.dists.member_paths import Tree, path_fault
from bonded.dists.tar_members import Kind, TarMember, members

__all__ = ["read"]


def read(stream: BinaryIO, size: int, limits: Limits) -> Contents:
    """Return what is in a source distribution of `size` bytes; raises `ArchiveRefused` or `zlib.error`."""
    stream.seek(0)
    if stream.read(2) != b"\x1f\x8b":
        raise ArchiveRefused("it is not compressed with gzip")
    if zipfile.is_zipfile(stream):
        raise ArchiveRefused("it is a zip archive and a tar archive at once")
    stream.seek(0)
    tree, files, tops = Tree(limits), dict[str, int](), set[str]()
    kept: dict[str, bytes] = {}
    for member in members(GzipStream(stream, size, limits)):
        tree.add(member.path, is_folder=member.kind == Kind.FOLDER)
        top, _, rest = member.path.partition("/")
        tops.add(top)
        if member.kind in {Kind.LINK, Kind.HARD_LINK}:
            _check_link(member, files, limits)
        elif member.kind == Kind.FILE:
            files[member.path] = member.size
        data = _bytes(member, limits, keep=rest == "PKG-INFO" and member.kind == Kind.FILE)
        if data is not None:
            kept[member.path] = data
    _check_top(tops, kept)
    (metadata,) = kept.values()
    return Contents(files=files, metadata=metadata)


def _bytes(member: TarMember, limits: Limits, *, keep: bool) -> bytes | None:
    """Go through a member's bytes, and return them if they are to be kept."""
    if keep and member.size > limits.metadata:
        raise ArchiveRefused(f"{member.path} is larger than {limits.metadata} bytes")
    held = bytearray()
    for data in member.bytes():
        if keep:
            held += data
    return bytes(held) if keep else None


def _check_top(tops: set[str], kept: dict[str, bytes]) -> None:
    if len(tops) != 1:
        raise ArchiveRefused(f"it must have one top folder, it has {len(tops)}")
    (top,) = tops
    if f"{top}/PKG-INFO" not in kept:
        raise ArchiveRefused(f"PKG-INFO not found at {top}/PKG-INFO, as a plain file")


def _check_link(member: TarMember, files: dict[str, int], limits: Limits) -> None:
    """A link stays below the top folder, and a hard one is to a file before it, whose size it has."""
    if not limits.links:
        raise ArchiveRefused(f"{member.path!r} is a link to {member.link!r}, expected a file")
    if member.kind == Kind.HARD_LINK:
        if path_fault(member.link) is not None or member.link not in files:
            raise ArchiveRefused(
                f"the link {member.path!r} is to no file before it: {member.link!r}"
            )
        files[member.path] = files[member.link]
        return
    parts = [part for part in member.link.split("/") if part not in {"", "."}]
    up = next((place for place, part in enumerate(parts) if part != ".."), len(parts))
    depth = member.path.count("/") - up
    # A way up behind a way down could lead through another link, and out.
    leaves = member.link.startswith("/") or depth < 1 or ".." in parts[up:]
    if leaves or path_fault("/".join(parts[up:]) or "x") is not None:
        raise ArchiveRefused(
            f"the link {member.path!r} to {member.link!r} leaves the archive's folder"
        )
