"""What a write costs in a project of many files, and a page in an index of many projects: counted, not clocked."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bonded.index.book import tables
from bonded.index.simple import JSON
from index_world import GREETER, World, wheel_offer, world


@contextmanager
def stepping(stage: World) -> Iterator[list[int]]:
    """Count what SQLite does for the index: one entry for each ten steps of its machine."""
    steps: list[int] = []
    connections = stage.index._records._connections
    with connections._engine.connect():
        pass
    idle: list[Any] = [one.connection.driver_connection for one in connections._idle]
    for driver in idle:
        driver.set_progress_handler(lambda: steps.append(1), 10)
    try:
        yield steps
    finally:
        for driver in idle:
            driver.set_progress_handler(None, 0)


def grow(stage: World, files: int) -> None:
    """Write files of the project straight into the book, each in a release of its own."""
    with stage.index._records.writing() as book:
        project = book.connection.execute(
            select(tables.project.c.id).where(tables.project.c.name == GREETER)
        ).scalar_one()
        start = book.connection.execute(select(func.max(tables.release.c.id))).scalar() or 0
        ids = range(start + 1, start + files + 1)
        book.connection.execute(tables.release.insert(), [_release(one, project) for one in ids])
        book.connection.execute(tables.file.insert(), [_file(one) for one in ids])


def _release(number: int, project: int) -> dict[str, object]:
    version = f"0.{number}"
    return {
        "id": number,
        "project_id": project,
        "version": version,
        "canonical": version,
        "created": 1.0,
        "metadata": "{}",
    }


def _file(number: int) -> dict[str, object]:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return {
        "release_id": number,
        "filename": f"greeter-0.{number}-py3-none-any.whl",
        "packagetype": "bdist_wheel",
        "python_version": "py3",
        "size": 1,
        "md5": digest[:32],
        "sha256": digest,
        "blake2b_256": digest,
        "requires_python": "",
        "uploaded": 1.0,
        "comment": "",
    }


def cost_of_uploads(stage: World, versions: Sequence[str]) -> int:
    """Return the steps that SQLite needs to publish some files."""
    with stepping(stage) as steps:
        for version in versions:
            assert stage.upload(wheel_offer(version=version)).status_code == 200
    return len(steps)


def test_a_write_costs_the_same_among_ten_thousand_files(tmp_path: Path) -> None:
    """Publishing a file takes the same work of the database in a project of 10,000 files as in an empty one."""
    with world(tmp_path) as stage:
        assert stage.upload(wheel_offer(version="1.0")).status_code == 200
        small = cost_of_uploads(stage, ["1.1", "1.2", "1.3"])
        grow(stage, 10_000)
        large = cost_of_uploads(stage, ["2.1", "2.2", "2.3"])
        page = stage.client.get("/simple/greeter/", headers={"accept": JSON}).json()

    assert len(page["files"]) == 10_007
    assert large <= small * 1.25 + 10
