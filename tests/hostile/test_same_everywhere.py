"""What is accepted reads identically everywhere: by the standard library, from the front, by `unzip` and `tar`."""

import gzip
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from other_readers import (
    agree_on_sdist,
    agree_on_wheel,
    programs_agree_on_sdist,
    programs_agree_on_wheel,
)
from raw_tar import END, Entry, entries_of, pax, record, tarball
from raw_tar import build as build_tar
from raw_zip import Part, build, parts_of
from sdist_bends import HOSTILE_LINKS, LINKED, SDISTS, TOP, TWINS
from sdist_bends import MEMBERS as SDIST
from wheel_bends import FULL, STRICTLY, WHEELS, members

NAMES = st.one_of(
    st.from_regex(r"[a-c]{1,3}(/[a-c]{1,3}){0,2}", fullmatch=True),
    st.sampled_from(
        ["é", "e\u0301", "a b", "A", "d/", "../a", "a//b", "a\\b", "C:/a", "a/./b", "ß", "日本"]
    ),
)
DATA = st.one_of(st.binary(max_size=40), st.just(bytes(3000)))
SHORT = st.sampled_from([0, 1, 2, 8, 20, 45, 63, 0x800, 0xFFFF])
BENDS = st.one_of(
    st.dictionaries(st.sampled_from(["needed", "flags", "method", "time"]), SHORT, max_size=1),
    st.dictionaries(
        st.sampled_from(["checksum", "packed", "size", "external"]),
        SHORT | st.just(FULL),
        max_size=1,
    ),
)
EXTRAS = st.sampled_from(
    [b"", struct.pack("<2H", 0x5455, 0), struct.pack("<2HQQ", 1, 16, 3, 3), struct.pack("<2HQ", 1, 8, 0), b"abc",
     struct.pack("<2H", 0x7075, 0), struct.pack("<2H", 1, 0)]
)  # fmt: skip


@st.composite
def wheels(draw: st.DrawFn) -> bytes:
    """Draw wheels that are good or nearly so: any member, any number in a header, any byte may be another."""
    more = draw(st.dictionaries(NAMES, DATA, max_size=3))
    parts = parts_of(members(more))
    for place in draw(st.lists(st.integers(0, len(parts) - 1), max_size=2)):
        part = parts[place]
        utf8 = {} if part.name.isascii() else {"flags": 0x800}
        parts[place] = Part(
            part.name,
            part.data,
            method=draw(st.sampled_from([0, 8])),
            both=utf8 | draw(BENDS),
            local=draw(BENDS),
            central=draw(BENDS),
            extra=draw(EXTRAS),
            extra_before=draw(EXTRAS),
        )
    parts = [
        part
        if part.name.isascii() or part.both
        else Part(part.name, part.data, both={"flags": 0x800})
        for part in parts
    ]
    whole = build(
        parts,
        comment=draw(st.sampled_from([b"", b"hello", b"PK\x05\x06"])),
        wide=draw(st.sampled_from([None, {}])),
    )
    return damaged(draw, whole)


def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Change, insert or take away a few bytes, or none."""
    data = bytearray(whole)
    for kind in draw(st.lists(st.sampled_from(["change", "insert", "remove"]), max_size=2)):
        place = draw(st.integers(0, len(data) - 1))
        if kind == "change":
            data[place] = draw(st.integers(0, 255))
        elif kind == "insert":
            data[place:place] = draw(st.binary(min_size=1, max_size=4))
        else:
            del data[place : place + draw(st.integers(1, 4))]
    return bytes(data)


@st.composite
def sdists(draw: st.DrawFn) -> bytes:
    """Draw source distributions that are good or nearly so, in any of the ways to spell a name."""
    entries = entries_of(SDIST)
    for name, body in draw(st.dictionaries(NAMES, DATA, max_size=3)).items():
        path = f"{TOP}/{name}".encode()
        way = draw(st.sampled_from(["plain", "pax", "gnu", "prefix", "folder", "magic", "size"]))
        entry = Entry(path, body)
        if way == "pax":
            entries += [pax(record("path", path), record("mtime", "1.5"))]
        elif way == "gnu":
            entries += [Entry(b"././@LongLink", path + b"\0", b"L")]
        elif way == "size":
            entries += [pax(record("size", str(draw(st.integers(0, 50)))))]
        elif way == "prefix":
            entry = Entry(name.encode(), body).but(prefix=TOP.encode())
        elif way == "folder":
            entry = Entry(path, kind=b"5")
        elif way == "magic":
            entry = entry.but(magic=b"ustar  \0")
        entries.append(entry)
    end = draw(st.sampled_from([END, END, bytes(10240), b"", END + b"x"]))
    if draw(st.booleans()):
        return damaged(draw, tarball(entries, end=end))
    return gzip.compress(damaged(draw, build_tar(entries, end=end)), mtime=0)


@settings(max_examples=100, deadline=None)
@given(wheels())
def test_an_accepted_wheel_has_one_meaning(data: bytes) -> None:
    """`zipfile` and a reader that trusts only what stands before each member see the same files."""
    agree_on_wheel(data)


@settings(max_examples=100, deadline=None)
@given(sdists())
def test_an_accepted_sdist_has_one_meaning(data: bytes) -> None:
    """`tarfile` and a reader that goes from block to block see the same files."""
    agree_on_sdist(data)


@settings(max_examples=10, deadline=None)
@given(st.one_of(wheels(), wheels().filter(agree_on_wheel)))
def test_unzip_sees_the_same(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Where `unzip` is installed, it unpacks what was accepted without a word, and to the same files."""
    if agree_on_wheel(data):
        programs_agree_on_wheel(data, tmp_path_factory.mktemp("zip"))


@settings(max_examples=10, deadline=None)
@given(sdists())
def test_tar_sees_the_same(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Where `tar` is installed, it unpacks what was accepted without a word, and to the same files."""
    if agree_on_sdist(data):
        programs_agree_on_sdist(data, tmp_path_factory.mktemp("tar"))


def test_good_archives_are_compared_at_all(tmp_path: Path) -> None:
    """The comparison is not empty: good archives pass it, every bend is refused before it."""
    assert agree_on_wheel(build(parts_of(members({"a/b": b"x", "d/": b""}))))
    assert agree_on_sdist(tarball(entries_of(SDIST)))
    assert programs_agree_on_wheel(build(parts_of(members())), tmp_path) in {True, False}
    assert programs_agree_on_sdist(tarball(entries_of(SDIST)), tmp_path) in {True, False}
    assert not any(agree_on_wheel(data) for _, data in {**WHEELS, **STRICTLY}.values())
    linked = {**HOSTILE_LINKS, **LINKED, **TWINS}
    assert not any(agree_on_sdist(data) for _, data in {**SDISTS, **linked}.values())
