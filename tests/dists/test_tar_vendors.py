"""Keys of vendors in the extended headers of tar archives: which are let in, and which change what is unpacked."""

import io

import pytest

from bonded.dists.archives import STRICT, ArchiveFault, Contents, Limits, read_sdist
from raw_tar import Entry, entries_of, pax, record, tarball
from sdist_bends import MEMBERS, TOP

FILE = Entry(f"{TOP}/f.txt".encode(), b"A" * 1000)

CHANGING = [
    ("SCHILY.realsize", "10"), ("SCHILY.offset", "5"), ("SCHILY.filetype", "sparse"), ("SCHILY.sparse.map", "0,1"),
    ("SCHILY.dir", "x"), ("SCHILY.path", "x"), ("SCHILY.xattr", "x"), ("SCHILY.devmajors", "1"),
    ("LIBARCHIVE.path", "x"), ("LIBARCHIVE.unknown", "x"), ("SUN.holesdata", " 0 1"), ("APPLE.unknown", "x"),
    ("RHT.unknown", "x"), ("MSWINDOWS.unknown", "x"), ("schily.dev", "1"), ("hdrcharset", "BINARY"),
]  # fmt: skip
HARMLESS = [
    ("SCHILY.xattr.user.x", "1"), ("LIBARCHIVE.xattr.user.x", "MQ"), ("SCHILY.dev", "1"), ("SCHILY.ino", "1"),
    ("SCHILY.nlink", "1"), ("SCHILY.acl.access", "user::rw-"), ("SCHILY.acl.default", "user::rw-"),
    ("SCHILY.fflags", "nodump"), ("LIBARCHIVE.creationtime", "1.5"), ("RHT.security.selinux", "x"),
    ("MSWINDOWS.rawsd", "x"),
]  # fmt: skip


def with_key(key: str, value: str, kind: bytes) -> bytes:
    """Return a good source distribution with a file of 1,000 bytes behind an extended header."""
    return tarball([*entries_of(MEMBERS), pax(record(key, value), kind=kind), FILE])


@pytest.mark.parametrize("limits", [Limits(), STRICT], ids=["as PyPI", "strict"])
@pytest.mark.parametrize("kind", [b"x", b"g"], ids=["for one", "for all"])
@pytest.mark.parametrize(("key", "value"), CHANGING, ids=[key for key, _ in CHANGING])
def test_a_key_that_may_change_a_member_is_refused(
    key: str, value: str, kind: bytes, limits: Limits
) -> None:
    """Where libarchive unpacks 10 of 1,000 bytes, as `SCHILY.realsize` says, others unpack them all."""
    read = read_sdist(io.BytesIO(with_key(key, value, kind)), limits=limits)

    assert isinstance(read, ArchiveFault)
    assert f"{key!r}, which not every program reads" in read.reason


@pytest.mark.parametrize(("key", "value"), HARMLESS, ids=[key for key, _ in HARMLESS])
def test_a_key_about_rights_and_times_is_let_in(key: str, value: str) -> None:
    """What stands beside name, size and bytes is nobody's concern."""
    read = read_sdist(io.BytesIO(with_key(key, value, b"x")), limits=STRICT)

    assert isinstance(read, Contents)
    assert read.files[f"{TOP}/f.txt"] == 1000
