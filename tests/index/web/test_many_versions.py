"""Projects of very many versions: what is read of all of them, and what of one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from index_world import World, world
from pages_world import METADATA, file, publish

COUNT = 150
LAST = COUNT - 1


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An index with a project of many versions; the last is a pre-release, the first is yanked."""
    with world(tmp_path_factory.mktemp("index")) as opened:
        fill(opened)
        yield opened


def fill(stage: World) -> None:
    """Publish the versions."""
    old = file("greeter-1.0.tar.gz", yanked="loses data")
    more = [file(f"greeter-1.{minor}.tar.gz") for minor in range(1, LAST)]
    publish(stage, [old, *more, file(f"greeter-1.{LAST}rc1.tar.gz")], METADATA)


@contextmanager
def reading(stage: World) -> Iterator[list[Any]]:
    """Note what is selected of versions and files, in the block."""
    found: list[Any] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "FROM release" in statement or "FROM file" in statement:
            found.append(statement.partition("WHERE")[2])

    assert stage.client.get("/").status_code == 200
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def get(stage: World, path: str) -> Any:
    """Return an answer."""
    response = stage.client.get(path)
    assert response.status_code == 200, response.text
    return response


def test_the_description_of_a_version_reads_that_version(stage: World) -> None:
    """Each question has the version in it, and the answer is what the description of the project says of it."""
    whole = get(stage, "/pypi/greeter/json").json()
    with reading(stage) as asked:
        one = get(stage, "/pypi/greeter/1.7/json").json()

    assert len(asked) == 2
    assert all("canonical = " in where or "version = " in where for where in asked)
    assert one["urls"] == whole["releases"]["1.7"]
    assert one["info"]["version"] == "1.7"
    assert (whole["info"]["version"], len(whole["releases"])) == (f"1.{LAST - 1}", COUNT)


@pytest.mark.parametrize(
    ("version", "found"),
    [("v1.7.0", "1.7"), ("1.00", "1.0"), ("2.0", ""), ("x", ""), ("%00", ""), ("1" * 5000, "")],
)
def test_a_version_is_described_in_any_spelling(stage: World, version: str, found: str) -> None:
    """What is no version, or is none of the project, is not there."""
    response = stage.client.get(f"/pypi/greeter/{version}/json")

    assert response.status_code == (200 if found else 404)
    assert not found or response.json()["info"]["version"] == found
    assert not found or response.json()["info"]["yanked"] == (found == "1.0")


def test_what_pages_of_versions_share_is_read_once(tmp_path: Path) -> None:
    """Of all versions something is read for the first page, and again when the project has changed."""

    def whole(asked: list[Any]) -> int:
        return sum("GROUP BY" in where for where in asked)

    with world(tmp_path) as stage:
        fill(stage)
        with reading(stage) as asked:
            get(stage, "/project/greeter/1.7/")
            get(stage, "/project/greeter/1.8/")
            once = whole(asked)
            publish(stage, [file("greeter-2.0.tar.gz")], METADATA)
            newer = get(stage, "/project/greeter/1.9/").text

        assert (once, whole(asked)) == (1, 2)
        assert '<a href="/project/greeter/">2.0</a> is what installers take' in newer


def test_the_page_of_a_version_lists_the_highest_and_itself(stage: World) -> None:
    """All of them stand on the page of the project, to which it leads; that page names none as missing."""
    one = get(stage, "/project/greeter/1.0/").text
    whole = get(stage, "/project/greeter/").text

    assert one.count('<span class="number">') == 101
    assert one.count(">shown here<") == whole.count(">shown here<") == 1
    assert f'<a href="/project/greeter/#releases">All {COUNT} releases</a>' in one
    assert f'Releases <span class="count">{COUNT}</span>' in one
    assert whole.count('<span class="number">') == COUNT
    assert "All " not in whole.partition('id="releases"')[2]
