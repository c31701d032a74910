"""Files as they go out: whole, in part, or not at all because the client has them."""

import asyncio
import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.index.web.sending import PIECE, KeptFile, Span, span_of

ETAG = b'"tag"'
WHOLE = bytes(range(256)) * (PIECE // 100)


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (b"", None),
        (b"bytes=0-", Span(0, 10)),
        (b"bytes=0-0", Span(0, 1)),
        (b"BYTES=2-4", Span(2, 3)),
        (b" bytes=2-400 ", Span(2, 8)),
        (b"bytes=-3", Span(7, 3)),
        (b"bytes=-30", Span(0, 10)),
        (b"bytes=10-", Span(10, 0)),
        (b"bytes=-0", Span(10, 0)),
        (b"bytes=4-2", None),
        (b"bytes=-", None),
        (b"bytes=0-1,4-5", None),
        (b"bytes=a-b", None),
        (b"lines=0-1", None),
        (b"bytes=0-99999999999999999999", None),
    ],
)
def test_a_range_is_read_as_rfc_9110_has_it(header: bytes, span: Span | None) -> None:
    """What cannot be read, and what names several ranges, asks for the whole; what lies outside is no span at all."""
    assert span_of({b"range": header}, ETAG, 10) == span


@pytest.mark.parametrize(
    ("condition", "is_part"),
    [(ETAG, True), (b'"other"', False), (b'W/"tag"', False), (b"Sat, 21 Nov 2026", False)],
)
def test_a_part_fits_only_to_the_same_file(condition: bytes, is_part: object) -> None:
    """`If-Range` compares strongly; we give no dates, so a date is another file."""
    span = span_of({b"range": b"bytes=0-1", b"if-range": condition}, ETAG, 10)

    assert (span is not None) is is_part


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=30) | st.from_regex(rb"bytes=[0-9]{0,3}-[0-9]{0,3}"), st.integers(0, 300))
def test_no_range_leads_outside(header: bytes, size: int) -> None:
    """Whatever is asked for, the bytes are some of the file's."""
    span = span_of({b"range": header}, ETAG, size)

    assert span is None or (
        0 <= span.size <= size and span.start + span.size <= max(size, span.start)
    )


class Client:
    """Somebody who asks for a file, and may go away after some pieces."""

    def __init__(self, *, method: str = "GET", leaves_after: int = 1000, **headers: str) -> None:
        pairs = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
        self.scope = {"type": "http", "method": method, "headers": pairs}
        self.leaves_after = leaves_after
        self.status = 0
        self.headers: Mapping[bytes, bytes] = {}
        self.pieces: list[bytes] = []
        self._gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        """Wait until the client goes."""
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        """Take what comes."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
            return
        self.pieces.append(message.get("body", b""))
        if len(self.pieces) >= self.leaves_after:
            self._gone.set()

    def ask(self, file: KeptFile) -> "Client":
        """Ask for a file, and return what came of it."""

        async def play() -> None:
            self._gone = asyncio.Event()
            await file(self.scope, self.receive, self.send)

        asyncio.run(play())
        return self

    @property
    def body(self) -> bytes:
        """Return the bytes that came."""
        return b"".join(self.pieces)


@pytest.fixture(params=["in memory", "on disk", "spooled", "on a slow disk"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A file that is kept in each of the ways; of a slow disk nothing is in memory yet."""
    path = tmp_path / "file"
    path.write_bytes(WHOLE)
    kept = KeptFile(length=len(WHOLE), etag=ETAG, headers=((b"etag", ETAG),))
    with path.open("rb") as spool, pytest.MonkeyPatch.context() as patch:
        if request.param == "on a slow disk":
            patch.setattr("bonded.index.web.sending._NO_WAIT", 0)
        yield {
            "in memory": replace(kept, body=WHOLE),
            "on disk": replace(kept, path=path),
            "on a slow disk": replace(kept, path=path),
            "spooled": replace(kept, spool=spool),
        }[request.param]


def test_the_whole_file(file: KeptFile) -> None:
    """All of it in pieces of a good size, and its length beforehand."""
    got = Client().ask(file)

    assert (got.status, got.headers[b"content-length"]) == (200, str(len(WHOLE)).encode())
    assert got.body == WHOLE
    assert all(len(piece) >= 64 << 10 for piece in got.pieces[:-1])


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (5, 10), (PIECE - 1, PIECE + 1), (7, 2 * PIECE)]
)
def test_a_part(file: KeptFile, start: int, end: int) -> None:
    """206 with the place of what follows."""
    got = Client(range=f"bytes={start}-{end}").ask(file)

    assert (got.status, got.body) == (206, WHOLE[start : end + 1])
    assert got.headers[b"content-range"] == f"bytes {start}-{end}/{len(WHOLE)}".encode()
    assert got.headers[b"content-length"] == str(len(got.body)).encode()


def test_what_is_outside(file: KeptFile) -> None:
    """416 with the length of the file, and nothing of it."""
    got = Client(range=f"bytes={len(WHOLE)}-").ask(file)

    assert (got.status, got.body) == (416, b"")
    assert got.headers[b"content-range"] == f"bytes */{len(WHOLE)}".encode()


def test_who_has_it_gets_nothing(file: KeptFile) -> None:
    """304, also where a part was asked for: the condition comes first."""
    got = Client(if_none_match='W/"tag"', range="bytes=0-1").ask(file)

    assert (got.status, got.body) == (304, b"")
    assert b"content-length" not in got.headers


def test_the_head_alone(file: KeptFile) -> None:
    """HEAD tells what GET of the whole would; a range is not looked at (RFC 9110, section 14.2)."""
    got = Client(method="HEAD", range="bytes=0-1").ask(file)

    assert (got.status, got.body) == (200, b"")
    assert got.headers[b"content-length"] == str(len(WHOLE)).encode()


def test_nobody_reads_on_for_a_client_that_went(tmp_path: Path) -> None:
    """Who closes the connection after the first piece costs no more than a piece or two."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * PIECE * 8)
    got = Client(leaves_after=1).ask(KeptFile(length=PIECE * 8, etag=ETAG, headers=(), path=path))

    assert 1 <= len(got.pieces) <= 2


def test_a_file_that_shrinks_is_an_error(tmp_path: Path) -> None:
    """The client is not left with fewer bytes than were promised and no sign of it."""
    path = tmp_path / "file"
    path.write_bytes(b"short")

    with pytest.raises(OSError, match="became shorter"):
        Client().ask(KeptFile(length=10, etag=ETAG, headers=(), path=path))
    with pytest.raises(FileNotFoundError):
        Client().ask(KeptFile(length=10, etag=ETAG, headers=(), path=tmp_path / "none"))


def test_what_cannot_be_had_at_once_is_read_in_a_thread(tmp_path: Path) -> None:
    """Nobody else waits for a disk; a file system that cannot tell what is in memory is taken for a slow one."""
    path = tmp_path / "file"
    path.write_bytes(WHOLE)
    threads: set[int] = set()
    pread = os.pread

    def noted(*args: int) -> bytes:
        threads.add(threading.get_ident())
        return pread(*args)

    def waiting(*_args: object) -> int:
        raise BlockingIOError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "preadv", waiting)
        patch.setattr(os, "pread", noted)
        got = Client().ask(KeptFile(length=len(WHOLE), etag=ETAG, headers=(), path=path))

    assert got.body == WHOLE
    assert threads
    assert threading.get_ident() not in threads


def test_a_client_that_is_cut_off_leaves_no_descriptor(tmp_path: Path) -> None:
    """The file is closed only when the thread that reads it is done."""
    path = tmp_path / "file"
    path.write_bytes(WHOLE)
    events: list[str] = []
    begun, go = threading.Event(), threading.Event()
    close = os.close

    def slow(*_args: int) -> bytes:
        begun.set()
        go.wait(20)
        events.append("read")
        return b""

    def noted(descriptor: int) -> None:
        events.append("closed")
        close(descriptor)

    async def play() -> None:
        client = Client()
        kept = KeptFile(length=len(WHOLE), etag=ETAG, headers=(), path=path)
        asking = asyncio.ensure_future(kept(client.scope, client.receive, client.send))
        await asyncio.to_thread(begun.wait, 20)
        asking.cancel()
        asyncio.get_running_loop().call_soon(go.set)
        with pytest.raises(asyncio.CancelledError):
            await asking

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bonded.index.web.sending._NO_WAIT", 0)
        patch.setattr(os, "pread", slow)
        patch.setattr(os, "close", noted)
        asyncio.run(play())

    assert events[:2] == ["read", "closed"]
