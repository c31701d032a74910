"""Connections that wait for nobody longer than they must, so that a stranger cannot hold the server.

uvicorn waits for ever for a head that does not end, for a body that does not come, and for a client that does not take
its answer. Here each connection has one moment at which it is cut off, zero while it is the server's turn:

    a connection opens, or a head begins     `head` seconds from now, however many bytes come
    a head ends                              `idle` seconds from now
    bytes of a body come                     later by what they would take at the least rate, `idle` from now at most
    a body ends                              none: the answer takes as long as it takes; if that is over, it idles
    an answer ends                           as long from now as uvicorn was told, and none if a head begins

A body has a second moment, `body` seconds after its head. The app may vouch for who sends it, through the extension
`bonded.vouch` of the scope; then the moment moves on with what comes, as long as `KNOWN_RATE` is kept on the whole.

One address holds a part of the connections only. When all are taken, those on which nothing happens end, then the
slowest bodies of whoever nobody vouched for: whoever comes is let in rather than whoever dawdles.

A body that is not read because the app is slow is not its client's fault, so meanwhile the moment moves on. Whoever
does not take an answer is seen by the transport, which says when it cannot write. The moments are looked at together, a
few times a second, so that no request costs a timer; what is on the way of every request reads a clock that stands
still between two looks.
"""

import asyncio
import ipaddress
import math
from collections import Counter
from collections.abc import Collection
from heapq import nsmallest
from http import HTTPStatus
from typing import Any, ClassVar, Protocol

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from bonded.index.running.patience import KNOWN_RATE, LEAST_RATE, Patience

__all__ = ["CUT", "VOUCH", "Clock", "Patient", "Refused", "patient", "peer_of", "sweep"]

VOUCH = "bonded.vouch"
"""The extension of an ASGI scope whose `call` says that the sender of the body is known."""

CUT = "bonded.cut"
"""The extension whose `why` returns the setting by which the body was cut off; empty if the server did not do it."""

_FAIR = 2.0
"""Seconds that every body has before it can be called slow."""

_SHARE_ENDED = 50
"""One of so many connections is ended at once, so that not everybody who comes has to look for the slowest."""

_NETWORK = 64
"""Bits of an IPv6 address that count: what is behind them belongs to one customer."""


def peer_of(host: str) -> str:
    """Return under what the connections of an address are counted: an IPv4 address, or a network of IPv6."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped or ipaddress.ip_network((int(address), _NETWORK), strict=False))


class Clock:
    """The time of the last look, in seconds of the event loop."""

    __slots__ = ("now",)

    def __init__(self, now: float = 0.0) -> None:
        self.now = now


class Refused(Protocol):
    """Notes an answer that is given without the app, and names it: the id by which it is found in the log."""

    def __call__(self, status: int, size: int, client: str) -> str:
        """Return the id, empty where nobody notes anything; `size` is of the body, `client` who hears it."""
        ...


class _Unnoted:
    def __call__(self, status: int, size: int, client: str) -> str:  # noqa: ARG002 - as `Refused` has it
        return ""


_TEXTS = {
    400: "Invalid HTTP request received.\n",
    408: "The head of the request did not come in time.\n",
    431: "The head of the request is too large.\n",
    503: "Too many connections; try again.\n",
}
_AGAIN = frozenset({408, 503})

Header = tuple[bytes, bytes]


class _Idle:
    """Stands where uvicorn keeps the timer of a connection that idles, which costs a page a twentieth of its time."""

    def cancel(self) -> None:
        """Do nothing: nothing runs."""


_IDLE: Any = _Idle()


class Patient(HttpToolsProtocol):
    """One connection; `patient` makes the class with its bounds."""

    patience: ClassVar[Patience]
    clock: ClassVar[Clock]
    peers: ClassVar[Counter[str]]
    refused: ClassVar[Refused] = _Unnoted()

    peer = ""
    _deadline = 0.0
    _body_since = 0.0
    _body_until = math.inf
    _received = 0
    _is_known = False
    _in_body = False
    _cut_by = ""
    _head_size = 0
    _stuck_since = 0.0
    _closing_since = 0.0
    _idle_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Take a connection in, if there is room, or can be made by ending those on which nothing happens."""
        super().connection_made(transport)
        self._deadline = self.clock.now + self.patience.head
        host = self.client[0] if self.client else ""
        self.peer = "" if host in self.patience.proxies else peer_of(host)
        self.peers[self.peer] += 1
        if not (self._has_place() and self._has_room()):
            transport.write(self._refusal(503))
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let a connection go."""
        self.peers[self.peer] -= 1
        if not self.peers[self.peer]:
            del self.peers[self.peer]
        super().connection_lost(exc)

    def _has_place(self) -> bool:
        """Tell whether the address has not more than its part of the connections, without those that idle."""
        most = self.patience.peer_connections
        if not self.peer or self.peers[self.peer] <= most:
            return True
        same = [one for one in self._others() if one.peer == self.peer]
        _end_idle(same)
        return sum(not one.transport.is_closing() for one in same) < most

    def _has_room(self) -> bool:
        """Tell whether there is room for one more; make some, if there is somebody to end."""
        most = self.patience.connections
        if len(self.connections) <= most:
            return True
        others = self._others()
        _end_idle(others)
        if self._open() > most:
            now = self.clock.now
            slow = [one for one in others if one.may_be_ended(now)]
            for one in nsmallest(max(1, most // _SHARE_ENDED), slow, key=lambda one: one.rate(now)):
                one.cut("connections")
        return self._open() <= most

    def _others(self) -> "list[Patient]":
        return [one for one in self.connections if isinstance(one, Patient) and one is not self]

    def _open(self) -> int:
        return sum(not one.transport.is_closing() for one in self.connections)

    def may_be_ended(self, now: float) -> bool:
        """Tell whether this is a body of a stranger that had its time to begin."""
        is_waited_for = self._in_body and not self._is_known and not self.flow.read_paused
        return is_waited_for and now - self._body_since >= _FAIR

    def rate(self, now: float) -> float:
        """Return the bytes a second of a body since its head."""
        return self._received / (now - self._body_since)

    def cut(self, setting: str) -> None:
        """End a body because of a setting: the app hears that the client is gone, and keeps nothing."""
        self._cut_by = setting
        self.transport.abort()

    def vouch(self) -> None:
        """Take the sender of the body for somebody who is known."""
        if not self._is_known:
            self._is_known = True
            self._body_until += self._received / KNOWN_RATE

    def data_received(self, data: bytes) -> None:
        """Take bytes in."""
        if self._in_body:
            later = self._deadline + len(data) / LEAST_RATE
            self._deadline = min(later, self.clock.now + self.patience.idle)
            self._received += len(data)
            if self._is_known:
                self._body_until += len(data) / KNOWN_RATE
        else:
            self._head_size += len(data)
            if not self._deadline:
                self._deadline = self.clock.now + self.patience.head
        if not self.transport.is_closing():
            super().data_received(data)
            if self._head_size > self.patience.head_size and not self._in_body:
                self._end(431)

    def on_headers_complete(self) -> None:
        """Begin to answer, and to wait for the body."""
        self._in_body = True
        self._deadline = self.clock.now + self.patience.idle
        self._body_since = self.clock.now
        self._body_until = self.clock.now + self.patience.body
        self._received, self._is_known = 0, False
        self.scope["extensions"] = {
            VOUCH: {"call": self.vouch},
            CUT: {"why": lambda: self._cut_by},
        }
        if self._head_size > self.patience.head_size and self._size() > self.patience.head_size:
            self.app = self._too_large
        self._head_size = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait no more: it is the server's turn, unless it has answered before the body's end."""
        self._in_body = False
        self._deadline = 0.0
        self._body_until = math.inf
        super().on_message_complete()
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            self._rest()

    def on_response_complete(self) -> None:
        """Go on to the next request, or begin to wait for one."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._rest()

    def _rest(self) -> None:
        """Idle from now on, until something comes."""
        self._idle_since = self.clock.now
        self.timeout_keep_alive_task = _IDLE

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
        idles = self.timeout_keep_alive_task is not None
        if idles and now - self._idle_since > self.timeout_keep_alive:
            self.timeout_keep_alive_handler()
        if self.transport.is_closing():
            self._closing_since = self._closing_since or now
            if now - self._closing_since > idle:
                self.transport.abort()
        elif self._stuck_since and now - self._stuck_since > idle:
            self.transport.abort()
        elif self._deadline and now > min(self._deadline, self._body_until):
            if self.flow.read_paused:
                self._deadline = now + idle
                self._body_until = max(self._body_until, now + idle)
            elif self._in_body:
                self.cut("idle-time" if now > self._deadline else "body-time")
            else:
                self._end(408 if self._head_size else 0)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - as in uvicorn
        """Answer what is not HTTP."""
        self._end(400)

    def _end(self, status: int) -> None:
        """Say why, unless an answer is on its way or there is nothing to say (0), and close."""
        cycle: RequestResponseCycle | None = self.cycle
        if status and (cycle is None or cycle.response_complete):
            self.transport.write(self._refusal(status))
        self.transport.close()

    def _refusal(self, status: int) -> bytes:
        """Return an answer that is given without the app, whole."""
        lines = b"".join(b"%b: %b\r\n" % header for header in self._refusal_headers(status))
        phrase = HTTPStatus(status).phrase.encode()
        head = b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, phrase, lines)
        return head + _TEXTS[status].encode()

    def _refusal_headers(self, status: int) -> list[Header]:
        size = len(_TEXTS[status])
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % size)]
        if status in _AGAIN:
            headers.append((b"retry-after", b"5"))
        if name := self.refused(status, size, self.client[0] if self.client else ""):
            headers.append((b"x-request-id", name.encode()))
        return [*headers, (b"connection", b"close")]

    async def _too_large(self, _scope: Any, _receive: Any, send: Any) -> None:
        """Answer a request whose head has more bytes than are taken."""
        headers = self._refusal_headers(431)
        await send({"type": "http.response.start", "status": 431, "headers": headers})
        await send({"type": "http.response.body", "body": _TEXTS[431].encode()})

    def _size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)


def _end_idle(connections: Collection[Patient]) -> None:
    for one in connections:
        if one.timeout_keep_alive_task is not None:
            one.timeout_keep_alive_handler()


def patient(patience: Patience, clock: Clock) -> type[Patient]:
    """Return the class of connections with these bounds."""
    own = {"patience": patience, "clock": clock, "peers": Counter[str]()}
    return type("Patient", (Patient,), own)


def sweep(connections: Collection[object], clock: Clock, now: float) -> None:
    """Look at all connections; `now` is in seconds of the event loop."""
    clock.now = now
    for connection in list(connections):
        if isinstance(connection, Patient):
            connection.look(now)
