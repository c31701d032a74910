"""What people ask of the book, on SQLite and on PostgreSQL: searches, what is new, one release and its files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bonded.dists.names import ProjectName
from bonded.index.book import browsing, tables
from bonded.index.book.records import Records
from bonded.index.model import NewFile, Outline
from bonded.index.pages.search import asked, ranked
from books import KINDS, opened, place
from index_world import NOW
from pages_world import file

GREETER = ProjectName("greeter")


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    """Give an empty book."""
    with opened(place(request.param, tmp_path)) as (book, _):
        yield book


def add(records: Records, filename: str, summary: str = "", **bent: Any) -> None:
    """Publish a file."""
    one = file(filename, **bent)
    metadata = {"summary": summary, "version": one.version}
    with records.writing() as book:
        book.create_project(one.project, one.project, NOW)
        book.add_file(
            NewFile(file=one, metadata=metadata, metadata_file=None, display=one.project.title())
        )


def found(records: Records, query: str) -> list[str]:
    """Return the names that a query finds, as people see them."""
    wish = asked(query)
    with records.reading() as book:
        return [one.name for one in ranked(wish, book.find(wish))]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("http", ["http-client", "py-http", "greeter"]),
        ("HTTP_client", ["http-client"]),
        ("client http", ["http-client"]),
        ("client", ["http-client"]),
        ("says HELLO", ["greeter"]),
        ("gree", ["greeter"]),
        ("reeter", []),
        ("über", ["py-http"]),
        ("http%", ["http-client", "py-http", "greeter"]),
        ("_", []),
        ("%", []),
        ("", []),
        ("greeter nothing", []),
    ],
)
def test_projects_are_found(records: Records, query: str, names: list[str]) -> None:
    """By beginnings of words in names and summaries, all of them; signs of SQL mean nothing."""
    add(records, "greeter-1.0.tar.gz", "Says hello over HTTP")
    add(records, "http_client-1.0.tar.gz", "A small one")
    add(records, "py_http-1.0.tar.gz", "Über alles")

    assert found(records, query) == names


def test_the_highest_version_speaks(records: Records) -> None:
    """A project is found by the summary of its highest version, in whichever order they came."""
    add(records, "greeter-1.0.tar.gz", "first words")
    add(records, "greeter-2.0.tar.gz", "second words")
    add(records, "greeter-1.1.tar.gz", "third words")
    add(records, "greeter-2.0-py3-none-any.whl", "second words")
    add(records, "greeter-3.0.tar.gz", "second words")

    assert [found(records, query) for query in ("first", "second", "third")] == [
        *([], ["greeter"], [])
    ]


def test_a_summary_may_hold_anything(records: Records) -> None:
    """Also what a database's texts cannot hold."""
    add(records, "greeter-1.0.tar.gz", "nul\0inside")

    assert found(records, "inside") == ["greeter"]


def test_quarantined_projects_are_not_found(records: Records) -> None:
    """Neither by a search nor among what is new."""
    add(records, "greeter-1.0.tar.gz", "hello")
    with records.writing() as book:
        book.connection.execute(update(tables.project).values(status="quarantined"))

    assert found(records, "greeter") == []
    with records.reading() as book:
        assert book.newest(5) == []


def test_a_common_word_finds_so_many(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many rows are looked at; the very name, and names that begin so, are found beyond them."""
    monkeypatch.setattr(browsing, "LOOKED_AT", 2)
    monkeypatch.setattr(browsing, "FOUND", 3)
    for name in ("aa", "ab", "ac", "ad"):
        add(records, f"{name}-1.0.tar.gz", "common")
    add(records, "common-1.0.tar.gz")
    add(records, "common_tool-1.0.tar.gz")

    assert found(records, "common")[:2] == ["common", "common-tool"]
    assert len(found(records, "common")) == 3


def test_what_is_new(records: Records) -> None:
    """The last new versions come first; a further file of an old one is not new."""
    add(records, "greeter-1.0.tar.gz", "one")
    add(records, "widget-1.0.tar.gz", "two", uploaded=NOW + 5)
    add(records, "greeter-1.0-py3-none-any.whl", "one")
    add(records, "greeter-1.1.tar.gz", "one")
    with records.reading() as book:
        newest = book.newest(2)

    assert [(one.display, one.version, one.summary, one.at) for one in newest] == [
        ("Greeter", "1.1", "one", NOW),
        ("Widget", "1.0", "two", NOW + 5),
    ]


def test_one_release(records: Records) -> None:
    """A version is read in any spelling, with its files and no others'."""
    add(records, "greeter-1.0.tar.gz", "one")
    add(records, "greeter-1.1.tar.gz", "two")
    with records.reading() as book:
        release = book.release(GREETER, "v1.1.0")
        files = book.release_files(GREETER, "1.1")

        assert release is not None
        assert (release.version, release.metadata["summary"]) == ("1.1", "two")
        assert [one.filename for one in files] == ["greeter-1.1.tar.gz"]
        assert book.release(GREETER, "2") is None
        assert book.release(GREETER, "nonsense") is None
        assert book.release(ProjectName("widget"), "1.1") is None


def test_outlines(records: Records) -> None:
    """Each version has its files counted, those that are yanked, and the day of the first; also without any."""
    add(records, "greeter-1.0.tar.gz", uploaded=NOW + 5)
    add(records, "greeter-1.0-py3-none-any.whl", uploaded=NOW, yanked="")
    with records.writing() as book:
        project = select(tables.project.c.id).scalar_subquery()
        bare = {"project_id": project, "version": "0.1", "canonical": "0.1"}
        book.connection.execute(insert(tables.release).values(created=NOW, metadata="{}", **bare))
    with records.reading() as book:
        outlines = book.outlines(GREETER)

    assert outlines == [
        Outline(version="1.0", files=2, yanked=1, since=NOW),
        Outline(version="0.1", files=0, yanked=0, since=None),
    ]
