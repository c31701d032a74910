import fcntl
import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bonded.errors import RemoteError
from bonded.index.upstream.asking import Unanswered
from bonded.index.upstream.files import Files
from bonded.index.upstream.holding import Held
from index_world import NOW

DATA = b"data" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()


def bring(take: Callable[[bytes], object]) -> None:
    """Bring the right bytes in two pieces."""
    take(DATA[:10])
    take(DATA[10:])


def kept_in(folder: Path) -> Files:
    """Return what a process keeps in a folder."""
    return Files(folder, clock=lambda: NOW)


def read(held: Held | None) -> bytes:
    """Return the bytes of a file that is held."""
    assert held is not None
    return os.pread(held.fileno(), held.size + 1, 0)


def left(folder: Path) -> list[Path]:
    """Return every file in a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_right_bytes_are_kept(tmp_path: Path) -> None:
    """A file gets its place when it is whole and right, and nothing else stays."""
    files = kept_in(tmp_path)

    assert files.find(SHA256) is None
    taken = files.take(SHA256, bring)

    assert read(taken) == DATA
    for again in (files.find(SHA256), files.at_hand(SHA256), kept_in(tmp_path).find(SHA256)):
        assert again is not None
        assert again.node == taken.node
    assert kept_in(tmp_path).at_hand(SHA256) is None
    assert left(tmp_path) == [tmp_path / SHA256[:2] / SHA256[2:]]


@pytest.mark.parametrize("data", [b"", DATA + b"!", DATA[:-1]])
def test_the_wrong_bytes_leave_nothing(tmp_path: Path, data: bytes) -> None:
    """Not a byte of what is not what the page says is kept."""
    with pytest.raises(Unanswered, match="expected sha256"):
        kept_in(tmp_path).take(SHA256, lambda take: take(data))

    assert left(tmp_path) == []


def test_a_broken_fetch_leaves_nothing(tmp_path: Path) -> None:
    """What breaks off on the way is taken away, and may be fetched again."""
    files = kept_in(tmp_path)

    def broken(take: Callable[[bytes], object]) -> None:
        take(DATA[:10])
        raise RemoteError("cut off")

    with pytest.raises(RemoteError, match="cut off"):
        files.take(SHA256, broken)
    assert left(tmp_path) == []
    assert read(files.take(SHA256, bring)) == DATA


def test_wrong_bytes_under_a_right_name_are_dropped(tmp_path: Path) -> None:
    """A file that somebody changed is not served by the next process."""
    kept_in(tmp_path).take(SHA256, bring)
    left(tmp_path)[0].write_bytes(b"evil")

    assert kept_in(tmp_path).find(SHA256) is None
    assert left(tmp_path) == []


def test_what_a_crash_left_is_written_over(tmp_path: Path) -> None:
    """The part of a process that died is no obstacle, and none of its bytes stay."""
    folder = tmp_path / SHA256[:2]
    folder.mkdir()
    (folder / f".{SHA256[2:]}.part").write_bytes(b"x" * 100_000)

    assert read(kept_in(tmp_path).take(SHA256, bring)) == DATA
    assert left(tmp_path) == [folder / SHA256[2:]]


def test_two_processes_fetch_once(tmp_path: Path) -> None:
    """Whoever comes while another process fetches waits for it, and takes what it brought."""
    one, two = kept_in(tmp_path), kept_in(tmp_path)
    begun, go, fetched = threading.Event(), threading.Event(), []

    def slow(take: Callable[[bytes], object]) -> None:
        fetched.append(1)
        begun.set()
        assert go.wait(10)
        bring(take)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(one.take, SHA256, slow)
        assert begun.wait(10)
        second = pool.submit(two.take, SHA256, slow)
        go.set()
        # The first one still holds what it brought, and the second does not wait for the end of that.
        assert first.result(10).node == second.result(10).node

    assert fetched == [1]
    assert left(tmp_path) == [tmp_path / SHA256[:2] / SHA256[2:]]


def test_a_part_that_was_taken_away_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who gets the lock of a part that is no longer there begins with a new one."""
    part = tmp_path / SHA256[:2] / f".{SHA256[2:]}.part"
    lock, taken = fcntl.flock, []

    def locked(stream: object, how: int) -> None:
        taken.append(how)
        if len(taken) == 1:
            part.unlink()
        elif len(taken) == 2:
            part.unlink()
            part.write_bytes(b"another's")
        lock(stream, how)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(fcntl, "flock", locked)

    assert read(kept_in(tmp_path).take(SHA256, bring)) == DATA
    assert taken[:3] == [fcntl.LOCK_EX | fcntl.LOCK_NB] * 3
