"""Up to where projects and the index have changed, as every read asks it."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.dists.names import ProjectName
from bonded.index.book.records import Records
from bonded.index.book.serials import BookSerials, FileSerials
from bonded.index.ports import Serials
from books import KINDS, opened, place

GREETER = ProjectName("greeter")


@contextmanager
def asking(where: Path | str, records: Records) -> Iterator[Serials]:
    """Give what an index asks that keeps its book there."""
    serials = FileSerials(where) if isinstance(where, Path) else BookSerials(records.reading)
    try:
        yield serials
    finally:
        serials.close()


@pytest.mark.parametrize("kind", KINDS)
def test_serials_move_with_what_is_committed(kind: str, tmp_path: Path) -> None:
    """A project's serial is the number of the last event that changed it, the index's that of the last of all."""
    where = place(kind, tmp_path)
    with opened(where) as (records, _), asking(where, records) as serials:
        before = (serials.of(GREETER), serials.index())
        with records.writing() as book:
            book.create_project(GREETER, "Greeter", 1.0)
        first = serials.of(GREETER)
        with records.writing() as book:
            last = book.event(2.0, "note", "greeter", {})
            during = serials.index()
        after = (serials.of(GREETER), serials.index())

    assert before == (None, 0)
    assert first is not None
    assert during < last
    assert after == (first, last)


def test_only_a_file_tells_whether_anything_has_changed(tmp_path: Path) -> None:
    """A server has to be asked in a thread, and so is asked for the very row."""
    with opened(place("postgresql", tmp_path)) as (records, _):
        serials: Serials = BookSerials(records.reading)
        assert serials.generation() is None


def test_requests_of_one_turn_share_a_look(tmp_path: Path) -> None:
    """However many are answered in one turn of the loop, the book is asked once; in the next turn it is asked again."""
    statements: list[str] = []

    async def turns(serials: FileSerials) -> list[int]:
        async def request() -> int:
            return serials.generation()

        return [*await asyncio.gather(*(request() for _ in range(9))), await request()]

    with opened(tmp_path / "book") as _:
        serials = FileSerials(tmp_path / "book")
        serials._connection.set_trace_callback(statements.append)
        generations = asyncio.run(turns(serials))
        again = asyncio.run(turns(serials))
        serials.close()

    assert len({*generations, *again}) == 1
    assert statements == ["PRAGMA data_version"] * 4


def test_another_process_is_seen(tmp_path: Path) -> None:
    """What another process commits is seen at the next look, because SQLite itself tells of it."""
    path = tmp_path / "book"
    write = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute("
    write += (
        "\"INSERT INTO event (at, tag, subject, details) VALUES (1, 'x', 'x', '{}')\"); c.commit()"
    )

    async def generation(serials: FileSerials) -> int:
        return serials.generation()

    with opened(path) as _:
        serials = FileSerials(path)
        first = asyncio.run(generation(serials))
        same = asyncio.run(generation(serials))
        subprocess.run([sys.executable, "-c", write, str(path)], check=True)
        last = asyncio.run(generation(serials))
        serials.close()

    assert first == same
    assert last != first


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["commit", "request", "turn"]), max_size=40))
def test_no_request_misses_what_was_committed_before_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    """In whatever order commits, requests and turns of the loop come, a request knows every commit before it came."""
    path = tmp_path_factory.mktemp("book") / "book"

    async def play(serials: FileSerials, writer: sqlite3.Connection) -> None:
        commits, seen = 0, {serials.generation(): 0}

        async def request(commits_before: int) -> None:
            generation = serials.generation()
            assert seen.setdefault(generation, commits) >= commits_before

        requests = []
        for step in steps:
            if step == "commit":
                with writer:
                    writer.execute("INSERT INTO note VALUES (1)")
                commits += 1
            elif step == "request":
                requests.append(asyncio.ensure_future(request(commits)))
            else:
                await asyncio.sleep(0)
        await asyncio.gather(*requests)

    writer = sqlite3.connect(path)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE note (number)")
    writer.commit()
    serials = FileSerials(path)
    try:
        asyncio.run(play(serials, writer))
    finally:
        serials.close()
        writer.close()
