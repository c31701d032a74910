"""The bound of what is kept of another index: who makes room, who is spared, and who cannot be kept at all."""

import fcntl
import hashlib
import os
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bonded.index.upstream.files import Files
from bonded.index.upstream.holding import Held, hold, remove_unheld
from index_world import Clock
from upstream_world import DATA, FILE, Other, behind

SIZE = 100
MOST = 10 * SIZE


class Shelf:
    """What one process keeps in a folder, and what it counted."""

    def __init__(self, folder: Path, most: int | None = MOST, clock: Clock | None = None) -> None:
        self.folder = folder
        self.clock = clock or Clock()
        self.counted: Counter[str] = Counter()
        self.files = Files(folder, most, clock=self.clock, count=self._count)

    def _count(self, what: str) -> None:
        self.counted[what] += 1

    def take(self, number: int, size: int = SIZE) -> Held:
        """Bring a file in, a minute and more after the last."""
        self.clock.now += 100
        data = bytes_of(number, size)
        return self.files.take(digest(data), lambda take: take(data))

    def use(self, number: int) -> Held | None:
        """Ask for a file, a minute and more after the last."""
        self.clock.now += 100
        return self.files.find(digest(bytes_of(number)))

    def there(self) -> set[int]:
        """Return which files are there, of the first hundred."""
        names = {path.parent.name + path.name for path in paths(self.folder)}
        return {one for one in range(100) if digest(bytes_of(one)) in names}


def bytes_of(number: int, size: int = SIZE) -> bytes:
    """Return the bytes of a file."""
    return number.to_bytes(2, "big") * (size // 2)


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def paths(folder: Path) -> list[Path]:
    """Return every file in a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def total(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in paths(folder))


def read(held: Held) -> bytes:
    """Return the bytes of a file that is held."""
    return os.pread(held.fileno(), held.size + 1, 0)


def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    """When the bound is passed a tenth of it is made free; what was used in between stays."""
    shelf = Shelf(tmp_path)
    for number in range(10):
        shelf.take(number)
    assert shelf.use(0) is not None
    shelf.take(10)

    assert shelf.there() == {0, 3, 4, 5, 6, 7, 8, 9, 10}
    assert shelf.counted == {"fetched": 11, "removed": 2}
    assert shelf.files.room.sizes() == (9, 9 * SIZE)
    assert shelf.files.at_hand(digest(bytes_of(1))) is None
    assert read(shelf.take(1)) == bytes_of(1)


@pytest.mark.parametrize("apart", [False, True])
def test_what_is_read_is_not_removed(tmp_path: Path, *, apart: bool) -> None:
    """Neither by the process that reads it nor by another one, however long ago it was used last."""
    shelf = Shelf(tmp_path)
    reader = Shelf(tmp_path, clock=shelf.clock) if apart else shelf
    shelf.take(0)
    held = reader.use(0)
    assert held is not None
    for number in range(1, 31):
        shelf.take(number)

    assert 0 in shelf.there()
    assert total(tmp_path) <= MOST
    assert read(held) == bytes_of(0)
    del held
    for number in range(31, 45):
        shelf.take(number)
    assert 0 not in shelf.there()


def test_all_may_be_read_at_once(tmp_path: Path) -> None:
    """Then there is more than the bound says, until somebody has read to the end and the next file comes."""
    shelf = Shelf(tmp_path)
    held = [shelf.take(number) for number in range(20)]

    assert total(tmp_path) == 20 * SIZE
    assert [read(one) for one in held] == [bytes_of(number) for number in range(20)]
    held.clear()
    shelf.take(20)
    assert total(tmp_path) <= MOST


@pytest.mark.parametrize("size", [MOST, MOST + 2, 50 * MOST])
def test_a_file_as_large_as_everything(tmp_path: Path, size: int) -> None:
    """What fits at all drives the others out; what does not is read by whoever waits for it, and drives nobody out."""
    shelf = Shelf(tmp_path)
    for number in range(5):
        shelf.take(number)
    held = shelf.take(7, size)
    is_kept = size <= MOST

    assert read(held) == bytes_of(7, size)
    assert shelf.there() == (set() if is_kept else set(range(5)))
    assert total(tmp_path) == (size if is_kept else 5 * SIZE)
    assert shelf.counted["passed"] == (0 if is_kept else 1)
    del held
    assert (shelf.files.find(digest(bytes_of(7, size))) is not None) is is_kept


def test_a_file_that_is_not_kept_is_fetched_again(tmp_path: Path) -> None:
    """It does not stay at hand under its digest, and nothing of it is left."""
    shelf = Shelf(tmp_path)
    for _ in range(3):
        assert read(shelf.take(1, 2 * MOST)) == bytes_of(1, 2 * MOST)

    assert shelf.counted == {"passed": 3}
    assert paths(tmp_path) == []


def test_a_new_start_knows_what_there_is(tmp_path: Path) -> None:
    """After a restart the order is the same, and a lower bound counts at once."""
    before = Shelf(tmp_path)
    for number in range(8):
        before.take(number)
    before.use(0)
    after = Shelf(tmp_path, 4 * SIZE, clock=before.clock)
    after.files.room.look()

    assert after.there() == {0, 6, 7}
    assert after.files.room.sizes() == (3, 3 * SIZE)
    held = after.use(0)
    assert held is not None
    assert read(held) == bytes_of(0)


def test_without_a_bound_nothing_is_removed(tmp_path: Path) -> None:
    """It is counted all the same."""
    shelf = Shelf(tmp_path, None)
    for number in range(30):
        shelf.take(number)
    shelf.files.room.look()

    assert shelf.there() == set(range(30))
    assert shelf.files.room.sizes() == (30, 30 * SIZE)


def test_what_a_crash_left_is_removed(tmp_path: Path) -> None:
    """Unfinished files of a process that died go; those that are being written stay, and so does what is no file."""
    shelf = Shelf(tmp_path)
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / ".dead.part").write_bytes(b"x" * 5000)
    (tmp_path / "stray").touch()
    data = bytes_of(1)
    seen: list[str] = []

    def slowly(take: Callable[[bytes], object]) -> None:
        shelf.files.room.look()
        seen.extend(path.name for path in paths(tmp_path))
        take(data)

    held = shelf.files.take(digest(data), slowly)

    assert read(held) == data
    assert sorted(seen) == [f".{digest(data)[2:]}.part", "stray"]
    assert shelf.files.room.sizes() == (1, SIZE)


def test_a_link_leads_to_nothing_that_is_ours(tmp_path: Path) -> None:
    """What lies behind a link in the folder is neither counted nor removed, however full it is."""
    beyond = tmp_path / "beyond"
    beyond.mkdir()
    (beyond / "precious").write_bytes(b"x" * 5000)
    (beyond / "half.part").write_bytes(b"x")
    shelf = Shelf(tmp_path / "kept")
    (tmp_path / "kept" / "ab").symlink_to(beyond)
    shelf.files.room.look()

    assert sorted(path.name for path in beyond.iterdir()) == ["half.part", "precious"]
    assert shelf.files.room.sizes() == (0, 0)


def test_processes_hear_of_each_other(tmp_path: Path) -> None:
    """Two that share a folder keep its bound together, though each counts only what it brought."""
    one = Shelf(tmp_path)
    two = Shelf(tmp_path, clock=one.clock)
    for number in range(40):
        (one, two)[number % 2].take(number)

    assert total(tmp_path) <= MOST


def test_many_readers_of_too_many_files(tmp_path: Path) -> None:
    """Whoever gets a file gets it whole, while others drive it out; in the end the bound holds."""
    clock = Clock()
    shelves = [Shelf(tmp_path, clock=clock) for _ in range(2)]
    wrong: list[int] = []

    def play(seed: int) -> None:
        draw = random.Random(seed)
        for _ in range(150):
            number = draw.randrange(40)
            shelf, data = draw.choice(shelves), bytes_of(number)
            held = shelf.files.at_hand(digest(data)) or shelf.files.find(digest(data))
            held = held or shelf.take(number)
            if read(held) != data:
                wrong.append(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(play, range(8)))
    shelves[0].files.room.look()

    assert wrong == []
    assert total(tmp_path) <= MOST
    assert not [path for path in paths(tmp_path) if path.name.endswith(".part")]


def test_what_cannot_be_removed_is_left(tmp_path: Path) -> None:
    """A file that is gone already is gone; a folder in its place, or a reader, keeps it."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    held = hold(tmp_path / "file")

    assert remove_unheld(tmp_path / "none")
    assert not remove_unheld(tmp_path / "folder")
    assert not remove_unheld(tmp_path / "file")
    del held
    assert remove_unheld(tmp_path / "file")
    assert hold(tmp_path / "file") is None


def test_who_comes_while_a_file_is_removed_finds_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was opened a moment before it lost its place; whoever came is as if they had come later."""
    path = tmp_path / "file"
    path.touch()
    lock = fcntl.flock

    def locked(descriptor: int, how: int) -> None:
        path.unlink(missing_ok=True)
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", locked)

    assert hold(path) is None


def test_a_client_that_reads_is_served_to_the_end(other: Other, tmp_path: Path) -> None:
    """A file that is larger than the cache goes through it, and the metrics say so."""
    with behind(other, tmp_path, cache_size=10) as stage:
        answers = [stage.client.get(FILE) for _ in range(2)]
        part = stage.client.get(FILE, headers={"range": "bytes=0-3"})
        events, sizes = stage.index.meter.events(), stage.index.sizes()

    assert [answer.content for answer in answers] == [DATA, DATA]
    assert (part.status_code, part.content) == (206, DATA[:4])
    assert events["cache", "passed", ""] == 3
    assert (sizes["upstream_cache_files"], sizes["upstream_cache_bytes"]) == (0, 0)


def test_what_is_kept_is_counted(other: Other, tmp_path: Path) -> None:
    """Once it is fetched it is found, and the metrics know how much there is."""
    with behind(other, tmp_path) as stage:
        for _ in range(3):
            stage.client.get(FILE)
        events, sizes = stage.index.meter.events(), stage.index.sizes()

    assert (events["cache", "fetched", ""], events["cache", "hit", ""]) == (1, 2)
    assert (sizes["upstream_cache_files"], sizes["upstream_cache_bytes"]) == (1, len(DATA))


def test_a_start_looks_through_the_folder(other: Other, tmp_path: Path) -> None:
    """What was kept before counts from the beginning, and a lower bound is kept without anybody asking."""
    with behind(other, tmp_path) as stage:
        stage.client.get(FILE)
    looked = threading.Event()
    with behind(other, tmp_path, cache_size=10) as stage:
        upstream = stage.index._upstream
        assert upstream is not None
        upstream._file_errands.once("after", looked.set).result(10)
        upstream._files.room.look()

    assert looked.is_set()
    assert total(tmp_path / "upstream" / "files") == 0
