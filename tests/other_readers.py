"""Archives as other programs read them: the standard library, readers from the front only, `unzip` and `tar`.

The readers from the front are written here and share nothing with the parsers that they are held against: they see what
a program sees that unpacks while it downloads.
"""

import io
import shutil
import struct
import subprocess
import tarfile
import zipfile
import zlib
from pathlib import Path

from bonded.dists.archives import STRICT, Contents, read_sdist, read_wheel

__all__ = [
    "INFO",
    "agree_on_sdist",
    "agree_on_wheel",
    "programs_agree_on_sdist",
    "programs_agree_on_wheel",
]

INFO = "greeter-1.0.dist-info"
Files = dict[str, bytes]


def by_zipfile(data: bytes) -> Files:
    """Return every file as `zipfile` has it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        return {name: archive.read(name) for name in names if not name.endswith("/")}


def from_the_front(data: bytes) -> Files:
    """Return every file of a zip archive as its local headers have it, up to the first record that is none."""
    files: Files = {}
    place = 0
    while data[place : place + 4] == b"PK\x03\x04":
        head = struct.unpack_from("<4s5H3L2H", data, place)
        place += 30
        name, extra = (
            data[place : place + head[9]],
            data[place + head[9] : place + head[9] + head[10]],
        )
        place += head[9] + head[10]
        packed = head[7]
        if packed == 0xFFFFFFFF:
            packed = _wide(extra, first=head[8] == 0xFFFFFFFF)
        body = data[place : place + packed]
        place += packed
        plain = zlib.decompress(body, -15) if head[3] == 8 else body
        assert zlib.crc32(plain) == head[6]
        text = name.decode("utf-8" if head[2] & 0x800 else "cp437")
        assert text not in files
        if not text.endswith("/"):
            files[text] = plain
    return files


def _wide(extra: bytes, *, first: bool) -> int:
    """Return the packed size in a ZIP64 field."""
    place = 0
    while True:
        number, size = struct.unpack_from("<2H", extra, place)
        if number == 1:
            return int(struct.unpack_from("<Q", extra, place + 4 + 8 * first)[0])
        place += 4 + size


def agree_on_wheel(data: bytes) -> bool:
    """Return whether the strict reader takes a wheel; if so, everybody else must read the same."""
    contents = read_wheel(io.BytesIO(data), dist_info=INFO, limits=STRICT)
    if not isinstance(contents, Contents):
        return False
    seen = by_zipfile(data)
    assert {name: len(body) for name, body in seen.items()} == contents.files
    assert seen == from_the_front(data)
    assert seen[f"{INFO}/METADATA"] == contents.metadata
    return True


def by_tarfile(data: bytes) -> Files:
    """Return every file as `tarfile` has it."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz", errorlevel=2) as archive:
        entries = archive.getmembers()
        assert all(entry.isreg() or entry.isdir() for entry in entries)
        files = [entry for entry in entries if entry.isreg()]
        assert len(files) == len({entry.name for entry in files})
        return {entry.name: _read(archive, entry) for entry in files}


def _read(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(entry)
    assert stream is not None
    return stream.read()


def by_blocks(data: bytes) -> Files:
    """Return every file of a tar archive as a reader has it that goes from block to block and knows the least."""
    plain = zlib.decompress(data, 31)
    files: Files = {}
    place, path = 0, b""
    while any(block := plain[place : place + 512]):
        size = int(block[124:136].strip(b" \0") or b"0", 8)
        body = plain[place + 512 : place + 512 + size]
        place += 512 + size + -size % 512
        kind = block[156:157]
        if kind == b"L":
            path = body.rstrip(b"\0")
        elif kind == b"x":
            path = _pax_path(body) or path
        elif kind != b"g":
            name = block[:100].rstrip(b"\0")
            if any(block[345:500]):
                name = block[345:500].rstrip(b"\0") + b"/" + name
            if kind in b"0\0":
                files[(path or name).decode()] = body
            path = b""
    assert not any(plain[place:])
    return files


def _pax_path(body: bytes) -> bytes:
    while body:
        size = int(body.split(b" ", 1)[0])
        key, _, value = body[:size].split(b" ", 1)[1].partition(b"=")
        if key == b"path":
            return value[:-1]
        body = body[size:]
    return b""


def agree_on_sdist(data: bytes) -> bool:
    """Return whether the strict reader takes a source distribution; if so, everybody else must read the same."""
    contents = read_sdist(io.BytesIO(data), limits=STRICT)
    if not isinstance(contents, Contents):
        return False
    seen = by_tarfile(data)
    assert {name: len(body) for name, body in seen.items()} == contents.files
    assert seen == by_blocks(data)
    assert seen[f"{contents.top}/PKG-INFO"] == contents.metadata
    return True


def _run(*command: str) -> bytes:
    done = subprocess.run(
        command, check=False, capture_output=True, env={"LC_ALL": "C.UTF-8", "TZ": "UTC"}
    )
    assert done.returncode == 0, (done.returncode, done.stderr)
    return done.stdout


def programs_agree_on_wheel(data: bytes, folder: Path) -> bool:
    """Return whether `unzip` is installed; if so, it must unpack just the files that `zipfile` sees."""
    program = shutil.which("unzip")
    if program is None:
        return False
    archive, target = folder / "a.zip", folder / "unzipped"
    archive.write_bytes(data)
    _run(program, "-tqq", str(archive))
    _run(program, "-qq", "-o", str(archive), "-d", str(target))
    assert _tree(target) == by_zipfile(data)
    return True


def programs_agree_on_sdist(data: bytes, folder: Path) -> bool:
    """Return whether `tar` is installed; if so, it must unpack just the files that `tarfile` sees."""
    program = shutil.which("tar")
    if program is None:
        return False
    archive, target = folder / "a.tar.gz", folder / "untarred"
    archive.write_bytes(data)
    target.mkdir()
    _run(
        program,
        "-xzf",
        str(archive),
        "-C",
        str(target),
        "--no-same-owner",
        "--no-same-permissions",
        "-m",
    )
    assert _tree(target) == by_tarfile(data)
    return True


def _tree(folder: Path) -> Files:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
