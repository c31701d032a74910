"""A wheel, read whole: its framing, its folders, its members and its RECORD."""

from collections.abc import Collection, Mapping, Sequence
from typing import BinaryIO

from bonded.dists.contents import Contents
from bonded.dists.limits import ArchiveRefused, Limits, inflation_fault
from bonded.dists.member_paths import Tree
from bonded.dists.tar_headers import is_header
from bonded.dists.wheel_places import check_places
from bonded.dists.wheel_record import Row, check_record, read_lines, read_record
from bonded.dists.zip_framing import Entry, read_directory
from bonded.dists.zip_members import Passed, pass_through

__all__ = ["read"]

_SCHEMES = ("purelib", "platlib", "headers", "scripts", "data")
_BLOCK = 512


def read(stream: BinaryIO, size: int, dist_info: str, limits: Limits) -> Contents:
    """Return what is in a wheel of `size` bytes whose metadata folder must be `dist_info`; raises `ArchiveRefused`."""
    stream.seek(0)
    if is_header(stream.read(_BLOCK)):
        raise ArchiveRefused("it is a zip archive and a tar archive at once")
    entries, end = read_directory(stream, size, limits)
    sizes = _sizes(entries, limits)
    fault = inflation_fault(sum(sizes.values()), size, limits)
    if fault is not None:
        raise ArchiveRefused(fault)
    _check_tops({entry.name.partition("/")[0] for entry in entries}, dist_info)
    _check_folders(sizes, dist_info)
    wanted = {f"{dist_info}/{name}": name for name in ("METADATA", "RECORD", "entry_points.txt")}
    for path in wanted.keys() & sizes.keys():
        if sizes[path] > limits.metadata:
            raise ArchiveRefused(f"{path} is larger than {limits.metadata} bytes")
    passed = pass_through(stream, entries, end, keep=wanted)
    kept = {wanted[path]: data for path, data in passed.kept.items()}
    if not limits.twins:
        check_places(sizes.keys(), _data(dist_info), kept.get("entry_points.txt"), limits)
    if "RECORD" in kept and limits.loose_record:
        read_lines(kept["RECORD"])
    elif "RECORD" in kept:
        rows = read_record(kept["RECORD"])
        digests = _digests(stream, entries, end, rows, passed)
        check_record(rows, sizes, digests, dist_info)
    return Contents(
        files=sizes, metadata=kept["METADATA"], entry_points=kept.get("entry_points.txt")
    )


def _sizes(entries: Sequence[Entry], limits: Limits) -> Mapping[str, int]:
    """Return the size of each file; every path is one that can be unpacked beside the others."""
    tree = Tree(limits)
    for entry in entries:
        tree.add(entry.name.removesuffix("/"), is_folder=entry.is_folder)
    return {entry.name: entry.size for entry in entries if not entry.is_folder}


def _data(dist_info: str) -> str:
    return f"{dist_info.removesuffix('.dist-info')}.data"


def _check_tops(tops: Collection[str], dist_info: str) -> None:
    """At most one `.dist-info`, and the `.data` that belongs to it."""
    for top in sorted(tops):
        if top.lower().endswith(".dist-info") and top != dist_info:
            raise ArchiveRefused(f"it has {top!r}, expected no other than {dist_info!r}")
        if top.lower().endswith(".data") and top != _data(dist_info):
            raise ArchiveRefused(f"it has {top!r}, expected no other than {_data(dist_info)!r}")


def _check_folders(files: Collection[str], dist_info: str) -> None:
    """Metadata is where it belongs, and what is beside the package goes where installers put it."""
    for needed in ("WHEEL", "METADATA"):
        if f"{dist_info}/{needed}" not in files:
            raise ArchiveRefused(f"{needed} not found at {dist_info}/{needed}")
    data = _data(dist_info)
    for path in files:
        if path.startswith(f"{data}/"):
            _check_scheme(path, path.split("/")[1:], files)


def _check_scheme(path: str, parts: Sequence[str], files: Collection[str]) -> None:
    """What is below `.data` goes to a known place, and no other member goes there too."""
    scheme, place = parts[0], "/".join(parts[1:])
    if scheme not in _SCHEMES or not place:
        raise ArchiveRefused(f"{path!r} is in none of {', '.join(_SCHEMES)}")
    if scheme in {"purelib", "platlib"}:
        if place in files:
            raise ArchiveRefused(f"{path!r} and {place!r} are installed to one place")
        if parts[1].lower().endswith(".dist-info"):
            raise ArchiveRefused(f"{path!r} would be installed as metadata")


def _digests(
    stream: BinaryIO, entries: Sequence[Entry], end: int, rows: Mapping[str, Row], passed: Passed
) -> Mapping[tuple[str, str], bytes]:
    """Return the digests that RECORD asks for; the file is read once more for each unusual algorithm."""
    digests = {(path, "sha256"): digest for path, digest in passed.digests.items()}
    for algorithm in sorted({row.algorithm for row in rows.values()} - {"", "sha256"}):
        again = pass_through(stream, entries, end, algorithm=algorithm)
        digests |= {(path, algorithm): digest for path, digest in again.digests.items()}
    return digests
