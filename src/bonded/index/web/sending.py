"""Bytes that never change, whole or in part: ranges, conditions, and large files without holding up anybody else.

What is small is kept and goes out in one message. What is large is read piece by piece as the client takes it: at once
where the system has it in memory, which costs less than waking up a thread, else in a thread. Of several ranges in one
request none is served: the whole is (RFC 9110, section 14.2, lets a server choose).
"""

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from starlette.types import Receive, Scope, Send

from bonded.dists.names import ProjectName
from bonded.index.running.ready import Ready, send_ready
from bonded.index.web.representation import Headers, RawHeaders, is_known, read_headers

__all__ = ["BINARY", "PIECE", "SMALL", "KeptFile", "Span", "span_of"]

BINARY = b"application/octet-stream"

SMALL = 64 << 10
"""Bytes up to which a file is kept in memory and sent in one go."""

PIECE = 256 << 10
"""Bytes of a large file that are read at once."""

_NO_WAIT: int = getattr(os, "RWF_NOWAIT", 0)
"""Linux can read a file on the condition that it is in memory already (preadv2(2))."""

_ENTRY = 2048
_NONE: RawHeaders = ()
_CONDITIONS = frozenset({b"if-none-match", b"range"})
_RANGE = re.compile(rb"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """Some of the bytes of a file: `size` of them from `start`."""

    start: int
    size: int


def span_of(headers: Headers, etag: bytes, size: int) -> Span | None:
    """Return the bytes that a request wants of a file of `size`, None where that is all of them.

    A span without bytes is one that the file cannot satisfy. A range that was asked for under a condition (`If-Range`)
    counts only if the client has a part of this very file; dates, which we never give, are no such condition.
    """
    asked = _RANGE.fullmatch(headers.get(b"range", b"").strip())
    if asked is None or headers.get(b"if-range", etag).strip() != etag:
        return None
    first, last = asked.groups()
    if first:
        start, end = int(first), int(last) if last else size - 1
        if end < start and last:
            return None
    elif last:
        start, end = max(size - int(last), 0), size - 1
    else:
        return None
    return Span(start, max(min(end, size - 1) - start + 1, 0))


class Opened(Protocol):
    """A file that is open as long as it is referred to."""

    def fileno(self) -> int:
        """Return its descriptor."""
        ...


@dataclass(slots=True, eq=False, kw_only=True)
class KeptFile:
    """A file with its headers: its `body` where it is small, else where its bytes are; an ASGI application of its own.

    `project` and `serial` are those that it was found by, `generation` is when it was last seen to hold. `headers` are
    sent with every answer that is no refusal.
    """

    length: int
    etag: bytes
    headers: RawHeaders
    project: ProjectName | None = None
    serial: int = 0
    generation: int | None = None
    body: bytes | None = None
    path: Path | None = None
    spool: Opened | None = None
    _whole: Ready | None = field(default=None, init=False, repr=False)

    @property
    def size(self) -> int:
        """Return the bytes that it takes in memory."""
        return len(self.body or b"") + _ENTRY

    def chosen(self, _scope: Scope, _headers: Headers, _origin_of: object) -> "KeptFile | None":
        """Return what answers this request at once: itself, if it is small."""
        return None if self.body is None else self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        method, headers = scope["method"], read_headers(scope)
        if self.body is not None:
            await send_ready(self.ready(method, headers), send)
            return
        with self._opened() as descriptor:
            head, span = self._begun(method, headers)
            if span is None:
                await send_ready(head, send)
            else:
                await send(head.start())
                await _stream(descriptor, span, receive, send)

    def ready(self, method: str, headers: Headers) -> Ready:
        """Return the answer to a request for a small file; that for the whole of it is made once."""
        if method == "GET" and _CONDITIONS.isdisjoint(headers):
            if self._whole is None:
                self._whole = self._with_body(method, headers)
            return self._whole
        return self._with_body(method, headers)

    def _with_body(self, method: str, headers: Headers) -> Ready:
        assert self.body is not None
        head, span = self._begun(method, headers)
        if span is None:
            return head
        return replace(head, body=self.body[span.start : span.start + span.size])

    def _begun(self, method: str, headers: Headers) -> tuple[Ready, Span | None]:
        """Return the answer without a body, and the bytes that are to follow; None where none are."""
        known = headers.get(b"if-none-match")
        if known is not None and is_known(self.etag, known):
            return Ready(304, self.headers), None
        span = span_of(headers, self.etag, self.length) if method == "GET" else None
        whole = span or Span(0, self.length)
        status, more = 200, _NONE
        if span is not None and not span.size:
            status, more = 416, ((b"content-range", b"bytes */%d" % self.length),)
        elif span is not None:
            place = (span.start, span.start + span.size - 1, self.length)
            status, more = 206, ((b"content-range", b"bytes %d-%d/%d" % place),)
        length = (b"content-length", b"%d" % whole.size)
        head = Ready(status, (*self.headers, length, *more))
        return head, whole if whole.size and method == "GET" else None

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """Give a descriptor that may be read at any place; raises OSError before anything is sent."""
        if self.spool is not None:
            yield self.spool.fileno()
            return
        assert self.path is not None
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


async def _stream(descriptor: int, span: Span, receive: Receive, send: Send) -> None:
    """Send some bytes of a file piece by piece, until the client has them or has gone."""
    gone = asyncio.ensure_future(_gone(receive))
    start, end = span.start, span.start + span.size
    try:
        while start < end and not gone.done():
            piece = await _read(descriptor, min(PIECE, end - start), start)
            if not piece:
                raise OSError("a file of the index became shorter while it was sent")
            start += len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": start < end})
    finally:
        gone.cancel()


async def _read(descriptor: int, size: int, start: int) -> bytes | bytearray:
    """Return some of the bytes from `start`, at most `size` of them; none where the file ends."""
    if cached := _cached(descriptor, size, start):
        await asyncio.sleep(0)  # others have their turn
        return cached
    loop = asyncio.get_running_loop()
    reading = loop.run_in_executor(None, os.pread, descriptor, size, start)
    try:
        return await asyncio.shield(reading)
    finally:
        # A descriptor that is being read must not be closed, for its number may mean another file a moment later.
        with suppress(OSError, asyncio.CancelledError):
            await asyncio.shield(reading)


def _cached(descriptor: int, size: int, start: int) -> bytearray:
    """Return what can be had without waiting for a disk; nothing where nobody can tell."""
    piece = bytearray(size)
    try:
        found = os.preadv(descriptor, [piece], start, _NO_WAIT) if _NO_WAIT else 0
    except OSError:  # it is not there, or this file system cannot tell
        found = 0
    del piece[found:]
    return piece


async def _gone(receive: Receive) -> None:
    """Return once the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
