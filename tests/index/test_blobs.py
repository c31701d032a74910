"""Bytes come in, whole or not at all, however they are cut and however many there are."""

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.dists.digests import digest_stream
from bonded.index.blobs import Folder
from bonded.index.ports import BLOCK

_BIG = """
import resource, sys
from pathlib import Path
from bonded.index.blobs import Folder

folder = Folder(Path(sys.argv[1]), durable=False)

def take(blocks):
    spool = folder.spool()
    for number in range(blocks * 16):
        spool.write(number.to_bytes(4, "big") * (1 << 14))
        if spool.is_behind:
            spool.catch_up()
    spool.finish()
    spool.discard()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

print(take(8), take(96))
"""


@settings(max_examples=12, deadline=None)
@given(sizes=st.lists(st.integers(0, BLOCK + 10), max_size=4), durable=st.booleans())
def test_what_comes_is_what_is_kept(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], *, durable: bool
) -> None:
    """In pieces of any size: the same bytes under the name of their digest, and every digest right."""
    folder = Folder(tmp_path_factory.mktemp("files"), durable=durable)
    spool, data = folder.spool(), b""
    for number, size in enumerate(sizes):
        piece = bytes([number]) * size
        spool.write(piece)
        data += piece
        if spool.is_behind:
            spool.catch_up()
    digests = spool.finish()
    spool.keep()
    spool.discard()
    path = folder.path(digests.blake2b_256)
    folder.close()

    assert (spool.size, path.read_bytes()) == (len(data), data)
    with path.open("rb") as stream:
        assert digest_stream(stream) == digests
    assert digests.sha256 == hashlib.sha256(data).hexdigest()
    assert [name for name, _ in folder.blobs(digests.blake2b_256[:2])] == [digests.blake2b_256]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """A file of 96 MiB takes no more memory than one of 8 MiB, but for a few blocks that are on their way."""
    done = subprocess.run(
        [sys.executable, "-c", _BIG, str(tmp_path)], capture_output=True, text=True, check=True
    )
    small, large = map(int, done.stdout.split())

    assert (large - small) * 1024 < 16 * BLOCK


def test_nothing_is_on_the_disk_before_a_block_is_full(tmp_path: Path) -> None:
    """Small files wait in memory: whoever is refused costs the disk nothing."""
    folder = Folder(tmp_path)
    spool = folder.spool()
    spool.write(b"x" * (BLOCK - 1))
    spool.discard()

    assert not spool.is_behind
    assert list(folder.incoming.iterdir()) == []


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the disk refused in the background is raised by whoever waits for it, and nothing is left."""
    folder = Folder(tmp_path)
    spool = folder.spool()
    spool.write(b"x")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        spool.finish()
        with pytest.raises(OSError, match="no room"):
            spool.keep()
    spool.discard()

    assert list(folder.incoming.iterdir()) == []
    assert list(tmp_path.glob("??/*")) == []


@pytest.mark.parametrize("size", [1, BLOCK, 3 * BLOCK + 1])
def test_what_somebody_removed_is_kept_again(tmp_path: Path, size: int) -> None:
    """To keep once more puts the same bytes there, also if they were only on the disk, and changes them in nothing."""
    folder, data = Folder(tmp_path), os.urandom(size)
    spool = folder.spool()
    for start in range(0, size, BLOCK):
        spool.write(data[start : start + BLOCK])
        if spool.is_behind:
            spool.catch_up()
    digest = spool.finish().blake2b_256
    stays = [spool.stays()]
    spool.keep()
    stays.append(spool.stays())
    folder.remove(digest)
    stays.append(spool.stays())
    spool.keep()
    stays.append(spool.stays())
    spool.discard()

    assert stays == [False, True, False, True]
    assert folder.path(digest).read_bytes() == data
    assert list(folder.incoming.iterdir()) == []


def test_the_same_bytes_of_another_are_not_ours(tmp_path: Path) -> None:
    """Nobody knows whether they are on the disk for good; whoever needs them keeps them once more."""
    folder = Folder(tmp_path)
    spools = [folder.spool() for _ in "ab"]
    for spool in spools:
        spool.write(b"x")
        spool.finish()
        spool.keep()

    assert [spool.stays() for spool in spools] == [False, True]
    for spool in spools:
        spool.discard()


def test_a_discarded_file_holds_no_memory(tmp_path: Path) -> None:
    """Whoever still holds the spool does not hold the file."""
    spool = Folder(tmp_path).spool()
    spool.write(b"x" * 1000)
    spool.discard()

    assert len(spool._block) == 0


def test_removed_bytes_are_gone(tmp_path: Path) -> None:
    """Bytes that nothing refers to can be let go of, more than once."""
    folder = Folder(tmp_path)
    spool = folder.spool()
    digest = spool.finish().blake2b_256
    spool.keep()
    spool.discard()
    for _ in range(2):
        folder.remove(digest)

    assert list(tmp_path.glob("??/*")) == []
