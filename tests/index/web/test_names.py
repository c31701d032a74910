"""The list of all projects, small and large."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import zstandard
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.records import Records
from bonded.index.book.serials import BookSerials
from bonded.index.simple import HTML, JSON
from bonded.index.web.names import NamesList
from bonded.index.web.prepared import PreparedPages
from books import KINDS, opened, place

OFFERS = ("text/html", HTML, JSON)
COUNT = 6000
"""More than the book gives at a time."""


@contextmanager
def listing(records: Records, in_memory: int) -> Iterator[TestClient]:
    """Serve the list of a book's projects and nothing else."""
    prepared = PreparedPages(BookSerials(records.reading), max_bytes=1 << 24)
    names = NamesList(records, prepared, in_memory=in_memory)
    app = Starlette(routes=[Route("/simple/", lambda request: names.answer(request.scope, OFFERS))])
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="module", params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A book of thousands of projects."""
    with opened(place(request.param, tmp_path_factory.mktemp("book"))) as (book, _):
        with book.writing() as writing:
            names = [f"project-{number:04}" for number in range(COUNT)]
            serial = writing.event(1.0, "project:create", "many", {})
            rows = [_row(name, serial) for name in names]
            writing.connection.execute(tables.project.insert(), rows)
        yield book


def _row(name: str, serial: int) -> dict[str, object]:
    return {"name": name, "display": name.title(), "alike": name, "serial": serial}


@pytest.fixture(scope="module", params=[1 << 24, 1 << 16], ids=["small", "large"])
def client(request: pytest.FixtureRequest, records: Records) -> Iterator[TestClient]:
    """Whoever reads the list, where it fits into memory and where it does not."""
    with listing(records, request.param) as reader:
        yield reader


@pytest.mark.parametrize("accept", OFFERS)
def test_every_project_is_listed_once_in_order(client: TestClient, accept: str) -> None:
    """By its normal name in addresses and as its metadata spells it to people; in each coding the same."""
    unpack: dict[str | None, Callable[[bytes], bytes]] = {
        None: bytes,
        "gzip": gzip.decompress,
        "zstd": zstandard_whole,
    }
    pages = set()
    for coding in ("identity", "gzip", "zstd"):
        headers = {"accept": accept, "accept-encoding": coding}
        with client.stream("GET", "/simple/", headers=headers) as response:
            body = b"".join(response.iter_raw())
        assert response.headers["content-length"] == str(len(body))
        pages.add(unpack[response.headers.get("content-encoding")](body))
    (page,) = pages
    names = [f"Project-{number:04}" for number in range(COUNT)]

    if accept == JSON:
        assert [project["name"] for project in json.loads(page)["projects"]] == names
        assert page.endswith(b"\n")
    else:
        found = re.findall(r'<a href="([^"]+)/">([^<]+)</a>', page.decode())
        assert found == [(name.lower(), name) for name in names]


def zstandard_whole(data: bytes) -> bytes:
    """Unpack what may not say its length."""
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


def test_who_has_the_list_hears_so(client: TestClient) -> None:
    """304 as long as nothing happens on the index, and HEAD tells the length."""
    first = client.get("/simple/", headers={"accept": JSON})
    known = client.get("/simple/", headers={"accept": JSON, "if-none-match": first.headers["etag"]})
    head = client.head("/simple/", headers={"accept": JSON, "accept-encoding": "identity"})

    assert (known.status_code, known.content) == (304, b"")
    assert head.headers["content-length"] == str(len(first.content))
    assert first.headers["x-pypi-last-serial"] == head.headers["x-pypi-last-serial"]


@pytest.mark.parametrize("in_memory", [1 << 20, 1])
def test_a_new_project_is_listed_at_once(in_memory: int, tmp_path: Path) -> None:
    """The list is made anew when anything has happened; one that was large may be small by then, and the reverse."""
    with opened(tmp_path / "book") as (records, _), listing(records, in_memory) as client:
        seen = [client.get("/simple/", headers={"accept": JSON}).json()["projects"]]
        for name in ("b", "a"):
            with records.writing() as writing:
                writing.create_project(ProjectName(name), name.upper(), 1.0)
            got = client.get("/simple/", headers={"accept": JSON}).json()
            seen.append([one["name"] for one in got["projects"]])

    assert seen == [[], ["B"], ["A", "B"]]
