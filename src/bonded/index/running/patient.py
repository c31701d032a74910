"""Connections that wait for nobody longer than they must, so that a stranger cannot hold the server.

uvicorn waits for ever for a head that does not end, for a body that does not come, and for a client that does not take
its answer. Here each connection has one moment at which it is cut off, zero while it is the server's turn:

    a connection opens, or a head begins     `head` seconds from now, however many bytes come
    a head ends                              `idle` seconds from now
    bytes of a body come                     later by what they would take at the least rate, `idle` from now at most
    a body ends                              none: the answer takes as long as it takes

A body that is not read because the app is slow is not its client's fault, so meanwhile the moment moves on. Whoever
does not take an answer is seen by the transport, which says when it cannot write. The moments are looked at together, a
few times a second, so that no request costs a timer; what is on the way of every request reads a clock that stands
still between two looks.
"""

import asyncio
from collections.abc import Collection
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from bonded.index.running.patience import LEAST_RATE, Patience

__all__ = ["Clock", "Patient", "patient", "sweep"]


class Clock:
    """The time of the last look, in seconds of the event loop."""

    __slots__ = ("now",)

    def __init__(self, now: float = 0.0) -> None:
        self.now = now


def _answer(status: str, text: str) -> bytes:
    return (
        f"HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {len(text)}\r\n"
        f"retry-after: 5\r\nconnection: close\r\n\r\n{text}"
    ).encode()


_BUSY = _answer("503 Service Unavailable", "Too many connections; try again.\n")
_SLOW = _answer("408 Request Timeout", "The head of the request did not come in time.\n")


async def _too_large(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer a request whose head has more bytes than are taken."""
    text = b"The head of the request is too large.\n"
    length = str(len(text)).encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", length)]
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": 431, "headers": headers})
    await send({"type": "http.response.body", "body": text})


class Patient(HttpToolsProtocol):
    """One connection; `patient` makes the class with its bounds."""

    patience: ClassVar[Patience]
    clock: ClassVar[Clock]

    _deadline = 0.0
    _in_body = False
    _head_size = 0
    _stuck_since = 0.0
    _closing_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Take a connection in, if there is room, or can be made by ending those on which nothing happens."""
        super().connection_made(transport)
        self._deadline = self.clock.now + self.patience.head
        if len(self.connections) > self.patience.connections:
            for other in list(self.connections):
                if isinstance(other, Patient) and other.timeout_keep_alive_task is not None:
                    other.timeout_keep_alive_handler()
            if (
                sum(not one.transport.is_closing() for one in self.connections)
                > self.patience.connections
            ):
                transport.write(_BUSY)
                transport.close()

    def data_received(self, data: bytes) -> None:
        """Take bytes in."""
        if self._in_body:
            later = self._deadline + len(data) / LEAST_RATE
            self._deadline = min(later, self.clock.now + self.patience.idle)
        else:
            self._head_size += len(data)
            if not self._deadline:
                self._deadline = self.clock.now + self.patience.head
        if not self.transport.is_closing():
            super().data_received(data)
            if self._head_size > self.patience.head_size and not self._in_body:
                self._end(_answer("431 Request Header Fields Too Large", "Too large.\n"))

    def on_headers_complete(self) -> None:
        """Begin to answer, and to wait for the body."""
        self._in_body = True
        self._deadline = self.clock.now + self.patience.idle
        if self._head_size > self.patience.head_size and self._size() > self.patience.head_size:
            self.app = _too_large
        self._head_size = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait no more: it is the server's turn."""
        self._in_body = False
        self._deadline = 0.0
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Note since when the client does not take what it asked for."""
        self._stuck_since = self.clock.now
        super().pause_writing()

    def resume_writing(self) -> None:
        """Forget it."""
        self._stuck_since = 0.0
        super().resume_writing()

    def look(self, now: float) -> None:
        """Cut off a client that has kept the server waiting for too long."""
        idle = self.patience.idle
        if self.transport.is_closing():
            self._closing_since = self._closing_since or now
            if now - self._closing_since > idle:
                self.transport.abort()
        elif self._stuck_since and now - self._stuck_since > idle:
            self.transport.abort()
        elif self._deadline and now > self._deadline:
            if self.flow.read_paused:
                self._deadline = now + idle
            elif self._in_body:
                self.transport.abort()  # the app hears that the client is gone, and keeps nothing
            else:
                self._end(_SLOW if self._head_size else b"")

    def _end(self, last_words: bytes) -> None:
        """Say why, unless an answer is on its way, and close."""
        cycle: RequestResponseCycle | None = self.cycle
        if last_words and (cycle is None or cycle.response_complete):
            self.transport.write(last_words)
        self.transport.close()

    def _size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)


def patient(patience: Patience, clock: Clock) -> type[Patient]:
    """Return the class of connections with these bounds."""
    return type("Patient", (Patient,), {"patience": patience, "clock": clock})


def sweep(connections: Collection[object], clock: Clock, now: float) -> None:
    """Look at all connections; `now` is in seconds of the event loop."""
    clock.now = now
    for connection in list(connections):
        if isinstance(connection, Patient):
            connection.look(now)
