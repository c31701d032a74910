"""What is at hand is answered before anything else; it is always what would be made now."""

import asyncio
import gzip
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import zstandard
from sqlalchemy import update

from bonded.dists.names import ProjectName
from bonded.index.book import tables
from bonded.index.book.entries import Entries
from bonded.index.simple import HTML, JSON
from bonded.index.web.front import Front
from bonded.index.web.prepared import KeptPage, PreparedPages, Rendered
from books import place
from index_world import World, sdist_offer, wheel, wheel_offer, world

CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "zstd": zstandard.decompress,
}
PAGES = ("/simple/greeter/", "/simple/", "/pypi/greeter/json", "/pypi/greeter/1.0/json")


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """One of the two databases."""
    return str(request.param)


@pytest.fixture
def stage(kind: str, tmp_path: Path) -> Iterator[World]:
    """An index over either database, with a project of several releases."""
    database = None if kind == "sqlite" else place(kind, tmp_path)
    with world(tmp_path / "index", database=database) as opened:
        for number in range(4):
            assert opened.upload(wheel_offer(version=f"1.{number}")).status_code == 200
        assert opened.upload(sdist_offer()).status_code == 200
        yield opened


def raw(stage: World, path: str, **headers: str) -> Any:
    """Ask for bytes as they are sent, without undoing the coding."""
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    with stage.client.stream("GET", path, headers={"accept-encoding": "", **given}) as response:
        response._content = b"".join(response.iter_raw())
        return response


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("accept", [JSON, HTML, "text/html"])
def test_a_page_is_the_same_in_every_coding(stage: World, path: str, accept: str) -> None:
    """Made or at hand, packed or not, it is the same page, with an ETag for each form that answers 304."""
    plain = raw(stage, path, accept=accept)
    tags = set()
    for _ in range(2):
        for coding, unpacked in CODINGS.items():
            sent = raw(stage, path, accept=accept, accept_encoding=coding)
            packed = sent.headers.get("content-encoding", "identity")
            assert unpacked(sent.content) if packed == coding else sent.content == plain.content
            assert packed in {coding, "identity"}
            assert sent.headers["content-length"] == str(len(sent.content))
            assert sent.headers["vary"] == "Accept, Accept-Encoding"
            again = {"if-none-match": sent.headers["etag"], "accept-encoding": coding}
            known = stage.client.get(path, headers={"accept": accept, **again})
            assert (known.status_code, known.content) == (304, b"")
            head = stage.client.head(path, headers={"accept": accept, "accept-encoding": coding})
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["etag"] == sent.headers["etag"]
            tags.add((sent.headers["etag"], packed))

    assert len({tag for tag, _ in tags}) == len(tags)


def test_long_pages_are_packed(stage: World) -> None:
    """A page of several files is sent packed to whoever can unpack it, and shorter for it."""
    sent = raw(stage, "/simple/greeter/", accept=JSON, accept_encoding="gzip, deflate, zstd;q=0.5")

    assert sent.headers["content-encoding"] == "gzip"
    assert len(sent.content) < len(gzip.decompress(sent.content))


def test_what_is_at_hand_costs_no_look_at_files(tmp_path: Path) -> None:
    """After the first read no transaction begins, whatever is asked for again: page, file, metadata, description."""
    with world(tmp_path) as stage:
        stage.upload(wheel_offer())
        page = stage.client.get("/simple/greeter/", headers={"accept": JSON}).json()
        url = f"/simple/greeter/{page['files'][0]['url']}"
        paths = (*PAGES, url, f"{url}.metadata")
        first = [stage.client.get(path, headers={"accept": JSON}).content for path in paths]
        looks: list[str] = []
        reading = stage.index._records.reading

        def noted() -> AbstractContextManager[Entries]:
            looks.append("a transaction")
            return reading()

        stage.index._records.reading = noted  # type: ignore[assignment,method-assign]  # to see who asks
        second = [stage.client.get(path, headers={"accept": JSON}).content for path in paths]

    assert first == second
    assert looks == []


def test_every_change_is_seen_at_once(stage: World) -> None:
    """A page that was at hand is made anew after an upload, and after a change of status."""
    seen = [len(page(stage)["files"])]
    stage.upload(wheel_offer(version="2.0"))
    seen.append(len(page(stage)["files"]))
    change(stage, status="archived", reason="See 'other'.")

    assert seen == [5, 6]
    assert page(stage)["project-status"] == {"status": "archived", "reason": "See 'other'."}
    html = stage.client.get("/simple/greeter/").text
    assert '<meta name="pypi:project-status-reason" content="See &#x27;other&#x27;.">' in html


def page(stage: World) -> Any:
    """Return the project's page."""
    return stage.client.get("/simple/greeter/", headers={"accept": JSON}).json()


def change(stage: World, **values: str) -> None:
    """Change the project as the owner does: the row, an event, and the serial."""
    with stage.index._records.writing() as book:
        serial = book.event(0, "project:status", "greeter", {})
        book.connection.execute(update(tables.project).values(**values, serial=serial))


def test_a_quarantined_project_is_had_on_no_surface(stage: World) -> None:
    """Neither the file nor what describes it, under any address and in any form, though all was at hand before."""
    files = page(stage)["files"]
    urls = [f"/simple/greeter/{file['url']}" for file in files]
    urls += [f"{url}.metadata" for url in urls]
    asked = [
        ("GET", url, accept)
        for url in (*urls, *PAGES)
        for accept in (JSON, HTML, "*/*")
        for _ in "ab"
    ]
    before = [stage.client.request(*ask[:2], headers={"accept": ask[2]}) for ask in asked]
    secrets = [
        *(file["filename"] for file in files),
        *(file["hashes"]["sha256"] for file in files),
    ]
    change(stage, status="quarantined")
    after = [stage.client.request(*ask[:2], headers={"accept": ask[2]}) for ask in asked]
    part = [stage.client.get(url, headers={"range": "bytes=0-9"}).status_code for url in urls]

    assert any(secret in one.text for one in before for secret in secrets)
    shown = [one for one in after if one.status_code == 200 and any(s in one.text for s in secrets)]
    assert shown == []
    assert {one.status_code for one in after if "/packages/" in one.url.path} == {404}
    assert {one.status_code for one in after if "/pypi/" in one.url.path} == {404}
    assert set(part) == {404}
    assert page(stage)["project-status"] == {"status": "quarantined"}
    change(stage, status="active")
    assert [stage.client.get(url).status_code for url in urls[:2]] == [200, 200]


def test_descriptions_name_addresses_in_full(stage: World) -> None:
    """They lead to the name that a reader reached the index by; many names are answered, and few are kept."""
    for host in (
        "a.example",
        "b.example",
        *(f"h{number}.example" for number in range(9)),
        "a.example",
    ):
        described = stage.client.get("/pypi/greeter/1.0/json", headers={"host": host}).json()
        assert described["urls"][0]["url"].startswith(f"http://{host}/packages/")
        assert described["info"]["release_url"] == f"http://{host}/project/greeter/1.0/"


def test_a_file_is_bytes_and_nothing_else(stage: World) -> None:
    """No browser takes it for a page; caches may keep it for ever, and a part can be had."""
    (url,) = {f"/simple/greeter/{file['url']}" for file in page(stage)["files"][:1]}
    for _ in range(2):
        whole = stage.client.get(url)
        part = stage.client.get(url, headers={"range": "bytes=2-5"})
        assert (part.status_code, part.content) == (206, whole.content[2:6])
        assert whole.headers["content-type"] == "application/octet-stream"
        assert whole.headers["x-content-type-options"] == "nosniff"
        assert whole.headers["content-disposition"] == "attachment"
        assert whole.headers["accept-ranges"] == "bytes"
        assert "immutable" in whole.headers["cache-control"]
        known = {"if-none-match": whole.headers["etag"]}
        assert stage.client.get(url, headers=known).status_code == 304


def test_large_files_are_not_kept_in_memory(tmp_path: Path) -> None:
    """A large file is sent from where it is, and the same bytes come every time."""
    with world(tmp_path) as stage:
        stage.upload(wheel_offer())
        url = f"/simple/greeter/{page(stage)['files'][0]['url']}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("bonded.index.web.files.SMALL", 10)
            got = [stage.client.get(url).content for _ in range(3)]

    assert got == [wheel()] * 3


def test_an_unreadable_book_is_told_by_the_application(tmp_path: Path) -> None:
    """Where the look-up fails, the request goes on to what knows the answer to that."""
    with world(tmp_path) as stage:
        stage.upload(wheel_offer())
        first = stage.client.get("/simple/greeter/")
        stage.index.app._prepared._serials._connection.execute("PRAGMA query_only = 1")  # type: ignore[attr-defined]
        stage.index.app._prepared._serials._rows = broken  # type: ignore[attr-defined]
        second = stage.client.get("/simple/greeter/")
        front: Front = stage.index.app  # type: ignore[assignment]  # what an open index has outermost

        async def at_hand() -> object:
            return front.at_hand({**asked("/simple/greeter/"), "method": "GET"})

        at_once = asyncio.run(at_hand())

    assert (first.status_code, second.status_code, at_once) == (200, 503, None)


def broken(*_args: str) -> None:
    """Fail as a disk does."""
    import sqlite3

    raise sqlite3.OperationalError("disk I/O error")


def asked(path: str, *headers: tuple[bytes, bytes]) -> dict[str, object]:
    """Return a request as the server hands it over."""
    named = [(b"host", b"a.example"), *headers]
    return {"type": "http", "scheme": "http", "path": path, "headers": named, "client": None}


class Still:
    """Serials that never move."""

    def generation(self) -> int | None:
        """Tell of no quick way."""
        return None

    def of(self, _name: ProjectName) -> int | None:
        """Return the same every time."""
        return 7

    def index(self) -> int:
        """Return the same every time."""
        return 7


def test_a_page_is_made_once_for_all_who_wait() -> None:
    """Eight who ask at the same time for a page that is not at hand make one page."""
    prepared = PreparedPages(Still(), max_bytes=1 << 20)
    made, together = [], threading.Barrier(8)

    def make(kind: str, _origin: str) -> Rendered:
        made.append(kind)
        return Rendered(project=ProjectName("greeter"), serial=7, body=b"page", path="/p")

    def ask(_number: int) -> bytes:
        together.wait(10)
        found = prepared.answer(asked("/p"), ("text/html",), make)
        assert found is not None
        return found.body

    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(ask, range(8)))

    assert (bodies, made) == ([b"page"] * 8, ["text/html"])


def test_pages_that_are_long_unread_make_room() -> None:
    """The bound is on bytes; a page that went is made again."""
    prepared = PreparedPages(Still(), max_bytes=6000)
    made: list[str] = []

    def ask(path: str) -> None:
        def make(_kind: str, _origin: str) -> Rendered:
            made.append(path)
            return Rendered(project=None, serial=7, body=b"x" * 400, path=path)

        prepared.answer(asked(path), ("text/html",), make)

    for path in ("/a", "/b", "/a", "/c", "/a", "/b"):
        ask(path)

    assert made == ["/a", "/b", "/c", "/b"]
    assert isinstance(prepared.get("/a"), KeptPage)
    assert prepared.get("/c") is None


def test_long_headers_are_read_and_forgotten() -> None:
    """What they mean is worked out each time, so that no stranger fills the memory with them."""
    prepared = PreparedPages(Still(), max_bytes=3000)
    accept = b"text/html;q=0.1, " + b"a/b, " * 200 + JSON.encode()
    scope = asked("/a", (b"accept", accept), (b"accept-encoding", b"x, " * 300))

    found = prepared.answer(
        scope,
        ("text/html", JSON),
        lambda kind, _: Rendered(project=None, serial=7, body=kind.encode(), path="/a"),
    )

    assert found is not None
    assert found.body == JSON.encode()


def test_headers_that_come_twice_count_together(stage: World) -> None:
    """Several lines of one header are one list (RFC 9110, section 5.3)."""
    lines = [("accept", "text/html;q=0.1"), ("accept", JSON), ("accept", "")]
    for _ in range(2):
        response = stage.client.get("/simple/greeter/", headers=lines)
        assert response.headers["content-type"] == JSON


def test_other_methods_and_protocols_go_on(stage: World) -> None:
    """Only reading is answered from what is at hand."""
    for _ in range(2):
        stage.client.get("/simple/greeter/")

    assert stage.client.post("/simple/greeter/").status_code == 405
    assert stage.client.options("/simple/greeter/").status_code == 405


def test_a_long_or_doubled_host_leads_nowhere(stage: World) -> None:
    """Where the request names no host that can be, addresses are relative."""
    for host in ("a" * 600, "no host"):
        described = stage.client.get("/pypi/greeter/json", headers={"host": host}).json()
        assert described["urls"][0]["url"].startswith("/packages/")
