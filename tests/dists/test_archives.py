"""Wheels and source distributions, good, broken and hostile."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.dists.archives import ArchiveFault, Contents, Limits, read_sdist, read_wheel
from index_world import core_metadata, sdist, tarred, wheel, wheel_members, zipped

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

INFO = "greeter-1.0.dist-info"
SMALL = Limits(inflated=50_000, ratio=5, members=10, metadata=500)


def of_wheel(data: bytes, limits: Limits | None = None) -> Contents | ArchiveFault:
    """Read bytes as the wheel `greeter-1.0`."""
    return read_wheel(io.BytesIO(data), dist_info=INFO, limits=limits)


def of_sdist(data: bytes, limits: Limits | None = None) -> Contents | ArchiveFault:
    """Read bytes as a source distribution."""
    return read_sdist(io.BytesIO(data), limits=limits)


def test_a_wheel_gives_its_metadata_and_members() -> None:
    """METADATA comes out as its bytes, members with their sizes."""
    contents = of_wheel(wheel())

    assert isinstance(contents, Contents)
    assert contents.metadata == core_metadata()
    assert contents.has(f"{INFO}/RECORD")
    assert not contents.has("RECORD")
    assert contents.members[0].size == len(b"VERSION = '1.0'\n")


def test_an_sdist_gives_its_metadata_and_members() -> None:
    """PKG-INFO of the top folder counts; one deeper inside, as of setuptools, does not."""
    contents = of_sdist(
        tarred({"g-1/PKG-INFO": b"top", "g-1/g.egg-info/PKG-INFO": b"deep", "g-1/a": b""})
    )

    assert isinstance(contents, Contents)
    assert contents.metadata == b"top"
    assert [member.name for member in contents.members] == [
        "g-1/PKG-INFO",
        "g-1/g.egg-info/PKG-INFO",
        "g-1/a",
    ]


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    """Return a link in a tar archive."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def sparse(name: str) -> tarfile.TarInfo:
    """Return the header of an old sparse file."""
    entry = tarfile.TarInfo(name)
    entry.type = tarfile.GNUTYPE_SPARSE
    return entry


def folder(name: str) -> tarfile.TarInfo:
    """Return a folder in a tar archive."""
    entry = tarfile.TarInfo(name)
    entry.type = tarfile.DIRTYPE
    return entry


def encrypted() -> bytes:
    """Return a wheel whose first member claims to be encrypted, in both of its headers."""
    data = bytearray(wheel())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def streamed() -> bytes:
    """Return a wheel as a program writes it that cannot seek."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.written = b""

        def writable(self) -> bool:
            return True

        def write(self, data: "Buffer", /) -> int:
            self.written += bytes(data)
            return len(bytes(data))

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, data in wheel_members().items():
            archive.writestr(name, data)
    return pipe.written


def patched(place: int, data: bytes) -> bytes:
    """Return the good wheel with other bytes at a place in its first local header."""
    good = wheel()
    return good[:place] + data + good[place + len(data) :]


def before_directory() -> bytes:
    """Return a wheel with bytes between its last member and its directory."""
    good = wheel()
    start = good.index(b"PK\x01\x02")
    where = len(good) - 6
    moved = (int.from_bytes(good[where : where + 4], "little") + 4).to_bytes(4, "little")
    return good[:start] + b"junk" + good[start:where] + moved + good[where + 4 :]


def twice() -> bytes:
    """Return a wheel with one name given twice."""
    stream = io.BytesIO(wheel())
    with zipfile.ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(f"{INFO}/METADATA", b"other")
    return stream.getvalue()


TOP = {"g-1/PKG-INFO": core_metadata()}

WHEELS: list[tuple[str, Callable[[], bytes]]] = [
    ("not a zip archive", lambda: b""),
    ("not a zip archive", sdist),
    ("not a zip archive", lambda: wheel()[:-30]),
    ("no member stand before", lambda: b"#!/bin/sh\n" + wheel()),
    ("is in it twice", twice),
    ("has a data descriptor", streamed),
    ("is called b'Greeter/__init__.py' before its data", lambda: patched(30, b"G")),
    ("has two different checksums", lambda: patched(14, b"0")),
    ("has two different sizes", lambda: patched(18, b"\xff")),
    ("before its directory", before_directory),
    ("at its end", lambda: wheel() + b"junk"),
    ("neither stored nor deflated", lambda: zipped(wheel_members(), method=zipfile.ZIP_BZIP2)),
    ("is encrypted", encrypted),
    ("WHEEL not found", lambda: zipped({"a": b""})),
    ("control character or a backslash", lambda: zipped({"a\\b": b""})),
    ("control character or a backslash", lambda: zipped({"a\nb": b""})),
    ("leaves the archive's folder", lambda: zipped({"../a": b""})),
    ("leaves the archive's folder", lambda: zipped({"/a": b""})),
    ("decompression bomb", lambda: zipped({"a": bytes(100_000)})),
    ("more than 10", lambda: zipped({str(n): b"" for n in range(11)})),
    ("larger than 500 bytes", lambda: wheel(metadata=bytes(range(256)) * 2)),
]

SDISTS: list[tuple[str, Callable[[], bytes]]] = [
    ("not compressed with gzip", lambda: b""),
    ("not compressed with gzip", wheel),
    ("cannot be read", lambda: b"\x1f\x8b"),
    ("cannot be read", lambda: sdist()[:-20]),
    ("cannot be read", lambda: gzip.compress(b"no tar at all")),
    ("zip archive and a tar archive at once", lambda: sdist() + zipped({"a": b""})),
    ("one top folder", lambda: tarred({**TOP, "h/a": b""})),
    ("one top folder", lambda: tarred({})),
    ("PKG-INFO not found at g-1/PKG-INFO", lambda: tarred({"g-1/a": b""})),
    ("is in it twice", lambda: tarred(TOP, tarfile.TarInfo("g-1/PKG-INFO"))),
    ("is not a plain file", lambda: tarred({"g-1/a": b""}, folder("g-1/PKG-INFO"))),
    ("leaves the archive's folder", lambda: tarred({"g-1/../../a": b""})),
    ("leaves the archive's folder", lambda: tarred(TOP, link("g-1/a", "../../etc"))),
    ("leaves the archive's folder", lambda: tarred(TOP, link("g-1/a", "/etc"))),
    ("leaves the archive's folder", lambda: tarred(TOP, link("g-1/a", "/x", tarfile.LNKTYPE))),
    ("neither a file, a folder nor a link", lambda: tarred(TOP, link("g-1/a", "", tarfile.CHRTYPE))),
    ("is a sparse file", lambda: tarred(TOP, sparse("g-1/a"))),
    ("decompression bomb", lambda: tarred({"g-1/a": bytes(100_000)})),
    ("more than 10", lambda: tarred({f"g-1/{n}": b"" for n in range(11)})),
    ("larger than 500 bytes", lambda: tarred({"g-1/PKG-INFO": bytes(range(256)) * 2})),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "make"), WHEELS)
def test_a_bad_wheel_is_refused(reason: str, make: Callable[[], bytes]) -> None:
    """Each fault of a wheel has its own sentence."""
    contents = of_wheel(make(), SMALL)

    assert isinstance(contents, ArchiveFault)
    assert reason in contents.reason


@pytest.mark.parametrize(("reason", "make"), SDISTS)
def test_a_bad_sdist_is_refused(reason: str, make: Callable[[], bytes]) -> None:
    """Each fault of a source distribution has its own sentence."""
    contents = of_sdist(make(), SMALL)

    assert isinstance(contents, ArchiveFault)
    assert reason in contents.reason


def test_a_wheel_that_is_a_tar_too_is_refused() -> None:
    """No program may see another archive than we do."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("PK\x03\x04"))
    contents = of_wheel(stream.getvalue() + wheel())

    assert contents == ArchiveFault("it is a zip archive and a tar archive at once")


def test_links_inside_the_folder_are_fine() -> None:
    """Links that stay inside are as good as files."""
    entries = (
        folder("g-1/d"),
        link("g-1/d/l", "../PKG-INFO"),
        link("g-1/h", "g-1/PKG-INFO", tarfile.LNKTYPE),
    )
    data = tarred(TOP, *entries)

    assert isinstance(of_sdist(data), Contents)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nothing that can be uploaded makes the readers raise."""
    assert isinstance(of_wheel(b"PK\x03\x04" + data), ArchiveFault)
    assert isinstance(of_sdist(b"\x1f\x8b\x08" + data), ArchiveFault)
    assert isinstance(of_sdist(gzip.compress(data)), ArchiveFault)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_archive_is_read_or_refused(data: st.DataObject) -> None:
    """Any byte of a good archive may be any other: the readers still answer with a value."""
    for good, read in ((wheel(), of_wheel), (sdist(), of_sdist)):
        bad = bytearray(good)
        for _ in range(data.draw(st.integers(1, 4))):
            bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))

        assert isinstance(read(bytes(bad)), Contents | ArchiveFault)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_damaged_tar_is_read_or_refused(data: st.DataObject) -> None:
    """The same, below the compression, where no checksum helps."""
    bad = bytearray(gzip.decompress(sdist()))
    for _ in range(data.draw(st.integers(1, 4))):
        bad[data.draw(st.integers(0, 1600))] = data.draw(st.integers(0, 255))

    assert isinstance(of_sdist(gzip.compress(bytes(bad))), Contents | ArchiveFault)
