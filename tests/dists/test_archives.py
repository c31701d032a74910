"""Wheels and source distributions, good, broken and hostile."""

import base64
import gzip
import hashlib
import io
import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.dists.archives import STRICT, ArchiveFault, Contents, Limits, read_sdist, read_wheel
from index_world import core_metadata, sdist, tarred, wheel, zipped
from raw_tar import Entry, build, entries_of, pax, record, tarball
from raw_zip import Part, bent, parts_of
from raw_zip import build as build_zip
from sdist_bends import HOSTILE_LINKS, LINKED, SDISTS, TOP, TWINS
from sdist_bends import MEMBERS as SDIST
from wheel_bends import FULL, INFO, STRICTLY, WHEELS, members, with_members, with_record

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
    assert contents.files["greeter/__init__.py"] == len(b"VERSION = '1.0'\n")
    assert contents.entry_points is None


def test_an_sdist_gives_its_metadata_and_members() -> None:
    """PKG-INFO of the top folder counts; one deeper inside, as of setuptools, does not."""
    contents = of_sdist(
        tarred({"g-1/PKG-INFO": b"top", "g-1/g.egg-info/PKG-INFO": b"deep", "g-1/a": b""})
    )

    assert isinstance(contents, Contents)
    assert contents.metadata == b"top"
    assert contents.files == {"g-1/PKG-INFO": 3, "g-1/g.egg-info/PKG-INFO": 4, "g-1/a": 0}
    assert contents.top == "g-1"


def with_sha512() -> dict[str, bytes]:
    """Return the members of the good wheel, recorded with another algorithm."""
    whole = members()
    rows = []
    for path, data in whole.items():
        digest = base64.urlsafe_b64encode(hashlib.sha512(data).digest()).decode().rstrip("=")
        rows.append(f"{path},,\n" if "RECORD" in path else f"{path},sha512={digest},{len(data)}\n")
    return {**whole, f"{INFO}/RECORD": "".join(rows).encode()}


Row = tuple[str, bytes]


def refused_with(contents: Contents | ArchiveFault, words: str) -> bool:
    """Tell whether an archive is refused with words of the table, or with others that it allows."""
    assert isinstance(contents, ArchiveFault), contents
    return any(alternative in contents.reason for alternative in words.split("|"))


@pytest.mark.parametrize("limits", [Limits(), STRICT], ids=["as PyPI", "strict"])
@pytest.mark.parametrize("bend", WHEELS.values(), ids=WHEELS)
def test_a_bad_wheel_is_refused(bend: Row, limits: Limits) -> None:
    """Each fault of a wheel has its own sentence."""
    assert refused_with(of_wheel(bend[1], limits), bend[0])


@pytest.mark.parametrize("bend", STRICTLY.values(), ids=STRICTLY)
def test_a_doubtful_wheel_is_refused_where_it_is_said(bend: Row) -> None:
    """PyPI takes these, and an index that is told to be strict does not."""
    assert refused_with(of_wheel(bend[1], STRICT), bend[0])
    assert isinstance(of_wheel(bend[1]), Contents)


@pytest.mark.parametrize("bend", SDISTS.values(), ids=SDISTS)
def test_a_bad_sdist_is_refused(bend: Row) -> None:
    """Each fault of a source distribution has its own sentence."""
    assert refused_with(of_sdist(bend[1], STRICT), bend[0])


@pytest.mark.parametrize("bend", HOSTILE_LINKS.values(), ids=HOSTILE_LINKS)
def test_a_link_that_leaves_is_refused_by_everybody(bend: Row) -> None:
    """Where links are let in, those that lead out are not."""
    assert refused_with(of_sdist(bend[1]), bend[0])


DOUBTFUL = {**LINKED, **TWINS}


@pytest.mark.parametrize("bend", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_doubtful_sdist_is_refused_where_it_is_said(bend: Row) -> None:
    """PyPI takes these, and an index that is told to be strict does not."""
    assert refused_with(of_sdist(bend[1], STRICT), bend[0])
    assert isinstance(of_sdist(bend[1]), Contents)


BOMB = bytes(100_000)
OVER: dict[str, tuple[str, Contents | ArchiveFault]] = {
    "wheel, bomb": ("decompression bomb", of_wheel(zipped({"a": BOMB}), SMALL)),
    "wheel, members": ("more than 10", of_wheel(zipped({str(n): b"" for n in range(11)}), SMALL)),
    "wheel, names": ("directory has", of_wheel(wheel(), replace(SMALL, directory=40))),
    "wheel, metadata": ("larger than 500 bytes", of_wheel(wheel(metadata=bytes(501)), SMALL)),
    "sdist, bomb": ("decompression bomb", of_sdist(tarred({"g-1/a": BOMB}), SMALL)),
    "sdist, bomb of nothing": ("decompression bomb", of_sdist(gzip.compress(build([], end=BOMB)), SMALL)),
    "sdist, members": ("more than 10", of_sdist(tarred({f"g-1/{n}": b"" for n in range(11)}), SMALL)),
    "sdist, names": ("more than 9 characters", of_sdist(sdist(), replace(SMALL, directory=9))),
    "sdist, metadata": ("larger than 500 bytes", of_sdist(tarred({"g-1/PKG-INFO": bytes(501)}), SMALL)),
}  # fmt: skip


@pytest.mark.parametrize(("words", "contents"), OVER.values(), ids=OVER)
def test_what_costs_too_much_is_refused(words: str, contents: Contents | ArchiveFault) -> None:
    """Each limit holds, and says what it is."""
    assert refused_with(contents, words)


_ZIP64 = struct.pack("<2H2Q", 1, 16, 16, 18)
_PARTS = parts_of(members())
_PACKED = len(_PARTS[0].packed())
_BOTH = struct.pack("<2H2Q", 1, 16, 16, _PACKED)
FINE: dict[str, bytes] = {
    "a comment": build_zip(_PARTS, comment=b"made by hand"),
    "ZIP64 end records": build_zip(_PARTS, wide={}),
    "ZIP64 end records alone": build_zip(_PARTS, wide={}, end={"offset": FULL, "length": FULL, "count": 0xFFFF}),
    "ZIP64 sizes before": build_zip(bent(_PARTS, local={"size": FULL, "packed": FULL}, extra_before=_BOTH)),
    "ZIP64 sizes in the directory": build_zip(bent(_PARTS, central={"size": FULL, "packed": FULL}, extra=_BOTH)),
    "ZIP64 sizes that repeat": build_zip(bent(_PARTS, extra_before=_BOTH)),
    "an empty ZIP64 field": build_zip(bent(_PARTS, extra=struct.pack("<2H", 1, 0))),
    "times":
        build_zip(bent(_PARTS, extra=struct.pack("<2H", 0x5455, 0), extra_before=struct.pack("<2HL", 0x5455, 4, 0))),
    "the directory in another order": build_zip(_PARTS, order=[3, 1, 0, 2]),
    "stored": build_zip(parts_of(members())[:1] + [replace(part, method=0) for part in _PARTS[1:]]),
    "folders": with_members({"greeter/": b"", "x/": b"", "x/y": b""}),
    "a folder without a kind": build_zip([*_PARTS, Part(b"d/", both={"external": 0})]),
    "a name in UTF-8": build_zip(bent(parts_of(members({"é": b"x"})), 3, both={"flags": 0x800})),
    "large": with_members({"large": bytes(3 << 20)}),
    "data": with_members({"greeter-1.0.data/scripts/greet": b"", "greeter-1.0.data/purelib/x.py": b""}),
    "RECORD with its signature": build_zip([*_PARTS, Part(f"{INFO}/RECORD.jws".encode(), b"{}")]),
    "RECORD with SHA-512": build_zip(parts_of(with_sha512())),
    "RECORD with folders and backslashes": with_record(lambda text: text.replace("greeter/_", "greeter\\_") + "x/,,\n"),
    "RECORD with empty lines and no sizes": with_record(lambda text: text.replace(",16\n", ",\n\n")),
}  # fmt: skip


@pytest.mark.parametrize("data", FINE.values(), ids=FINE)
def test_an_unusual_wheel_is_taken(data: bytes) -> None:
    """What has one meaning is let in, whoever wrote it, and with all of its members."""
    contents = of_wheel(data, STRICT)

    assert isinstance(contents, Contents), contents
    assert contents.files["greeter/__init__.py"] == 16


def test_entry_points_come_out() -> None:
    """An index looks at them; so they are read with the metadata."""
    contents = of_wheel(with_members({f"{INFO}/entry_points.txt": b"[x]"}))

    assert isinstance(contents, Contents)
    assert contents.entry_points == b"[x]"


_LONG = f"{TOP}/{'d' * 90}/{'e' * 90}".encode()
GOOD = entries_of(SDIST)
FINE_SDISTS: dict[str, bytes] = {
    "pax path": tarball([*GOOD, pax(record("path", _LONG), record("mtime", "1.5")), Entry(_LONG[:100])]),
    "pax of vendors":
        tarball([pax(record("SCHILY.xattr.user.x", b"\xff"), record("LIBARCHIVE.creationtime", "1")), *GOOD]),
    "pax with the size that it has":
        tarball([*GOOD, pax(record("size", "1"), record("path", _LONG)), Entry(b"x", b"x")]),
    "git's commit": tarball([pax(record("comment", "0" * 40), kind=b"g"), *GOOD]),
    "GNU long name": tarball([*GOOD, Entry(b"././@LongLink", _LONG + b"\0", b"L"), Entry(_LONG[:100])]),
    "ustar prefix": tarball([*GOOD, Entry(_LONG.rpartition(b"/")[2]).but(prefix=_LONG.rpartition(b"/")[0])]),
    "GNU magic": tarball([entry.but(magic=b"ustar  \0") for entry in GOOD]),
    "large numbers": tarball([entry.but(uid=b"\x80\0\0\0\xff\0\0\0", mtime=b"\xff" * 12) for entry in GOOD]),
    "blanks and no numbers": tarball([entry.but(mode=b" 644 \0", uid=b"") for entry in GOOD]),
    "old kind of file": tarball([replace(entry, kind=b"\0") for entry in GOOD]),
    "folders, some twice": tarball([Entry(f"{TOP}/".encode(), kind=b"5")] * 2 + GOOD),
    "a long end": tarball(GOOD, end=bytes(10240)),
    "large": tarball([*GOOD, Entry(f"{TOP}/large".encode(), bytes(range(256)) * 4000)]),
}  # fmt: skip


@pytest.mark.parametrize("data", FINE_SDISTS.values(), ids=FINE_SDISTS)
def test_an_unusual_sdist_is_taken(data: bytes) -> None:
    """Every way to write a name that has one meaning only is read."""
    contents = of_sdist(data, STRICT)

    assert isinstance(contents, Contents), contents
    assert contents.files[f"{TOP}/LICENSE"] == 6
    assert {path for path in contents.files if "/d" in path} <= {_LONG.decode()}


@pytest.mark.parametrize("target", ["../LICENSE", "x", "./x", "../d2/x", "../LICENSE/"])
def test_links_inside_the_folder_are_fine(target: str) -> None:
    """Links that stay inside are as good as files, where links are let in."""
    link = Entry(f"{TOP}/d/l".encode(), kind=b"2", link=target.encode())
    hard = Entry(f"{TOP}/h".encode(), kind=b"1", link=f"{TOP}/LICENSE".encode())
    contents = of_sdist(tarball([*GOOD, link, hard]))

    assert isinstance(contents, Contents), contents
    assert contents.files[f"{TOP}/h"] == 6


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
