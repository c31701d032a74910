"""The network of the stage: a proxy that leads every connection to the stage, to the world, or nowhere.

Three ways in, judged by the same rules (`destinations.decide`):

    CONNECT host:443      staged: joined to the stage's TLS server; else a tunnel outside, after a look at the
                          ClientHello in it, whose server name must be the host that was asked for
    CONNECT host:80       staged only, answered as below
    GET http://host/…     staged: GET and HEAD are redirected to https, the rest is refused, as PyPI does;
                          else the request is read, cleaned, and sent on, one for each connection

A tunnel in which another name is asked for than the tunnel's is closed; if that name is staged, it leads to the stage.

What cannot be seen, and why it is no hole: inside an outside tunnel everything is encrypted, so a request to some
shared front server could carry a staged name in its `Host` header or in an encrypted ClientHello. Such a request
reaches the real host without anything that it would accept: upload tokens that steps hold come from the stage's own
index, the ID tokens behind them from the evening's own issuer, and the user's credentials are not within reach.
"""

import asyncio
import socket
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import h11

from bonded.errors import RemoteError
from bonded.rehearsal.stage.client_hello import (
    Incomplete,
    NotTLS,
    ServerNames,
    read_client_hello,
)
from bonded.rehearsal.stage.destinations import (
    Address,
    Outside,
    Refused,
    Rules,
    Staged,
    decide,
    host_name,
    server_name_fault,
)
from bonded.rehearsal.stage.messages import (
    MAX_HEAD,
    absolute,
    answer,
    answer_json,
    authority,
    copy_request,
    copy_response,
    end_to_end,
    read_request,
)
from bonded.rehearsal.stage.outside import Streams, WayOut
from bonded.rehearsal.stage.relay import CHUNK, Traffic, hang_up, relay

__all__ = ["Connection", "Network"]

HTTPS, HTTP = 443, 80
ACCESS_DENIED = b"\x15\x03\x01\x00\x02\x02\x31"
"""The TLS alert `access_denied`, fatal (RFC 8446, section 6.2): a refused client can say why it stopped."""

Desk: TypeAlias = Callable[[str, str, str], tuple[int, bytes]]
"""Answers method, target and authorization with a status and a JSON body."""

Went: TypeAlias = Literal["stage", "outside", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One connection that a step made: what it asked for, where it went, why, and the bytes up and down."""

    host: str
    port: int
    went: Went
    reason: str
    up: int
    down: int


@dataclass(slots=True)
class _Visit:
    """A connection while it lasts; `http` is its HTTP side until a tunnel begins."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    http: h11.Connection = field(
        default_factory=lambda: h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
    )
    host: str = ""
    port: int = 0
    went: Went = "refused"
    reason: str = ""
    traffic: Traffic = field(default_factory=Traffic)

    def record(self) -> Connection:
        return Connection(
            host=self.host,
            port=self.port,
            went=self.went,
            reason=self.reason,
            up=self.traffic.up,
            down=self.traffic.down,
        )


@dataclass(frozen=True, slots=True)
class _Readdressed:
    name: str
    address: Address


class _Refusal(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Network:
    """The proxy. `log` holds the connections that have ended; `faults` what went wrong in the proxy itself."""

    def __init__(
        self,
        routes: Mapping[str, Address],
        *,
        offline: bool,
        refused: Mapping[str, str] | None = None,
        outside: WayOut | None = None,
        desk: Desk | None = None,
        patience: float = 30.0,
    ) -> None:
        """Prepare; nothing listens yet.

        `routes` leads staged hosts to TLS servers on this machine, `refused` maps hosts that are never reached to the
        reason, `desk` answers what is sent to the proxy's own address as to a server, `patience` is how many seconds a
        head, a first flight or a way out may take.
        """
        self._rules = Rules(routes=routes, offline=offline, refused=refused or {})
        self._outside = outside or WayOut()
        self._desk = desk
        self._patience = patience
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.log: list[Connection] = []
        self.faults: list[Exception] = []

    async def listen(self, listener: socket.socket) -> None:
        """Serve a bound stream socket, and own it from now on; may be called for several."""
        self._servers.append(await asyncio.start_server(self._meet, sock=listener))

    async def close(self) -> None:
        """Stop listening and end every connection; leaves no task and no socket."""
        for server in self._servers:
            server.close()
        while ending := tuple(self._tasks):
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: one that asyncio's streams make complains when it is cancelled (3.11).
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = _Visit(reader, writer)
        try:
            await self._answer(visit)
        except asyncio.CancelledError:
            visit.reason = visit.reason or "the rehearsal ended."
        except (OSError, EOFError, h11.ProtocolError) as error:
            visit.reason = visit.reason or f"the connection broke: {error}."
        except Exception as error:  # noqa: BLE001  a bug here ends one connection, and `faults` tells
            self.faults.append(error)
        finally:
            self.log.append(visit.record())
            await hang_up(writer)

    async def _answer(self, visit: _Visit) -> None:
        try:
            async with asyncio.timeout(self._patience):
                request = await read_request(visit.http, visit.reader)
            if request is None:
                visit.reason = "the client said nothing."
            elif self._desk is not None and request.target.startswith(b"/"):
                await self._at_desk(self._desk, visit, request)
            elif request.method == b"CONNECT":
                await self._connect(visit, request)
            else:
                await self._plain(visit, request)
        except TimeoutError:
            await _refuse(visit, 408, "the request did not arrive in time.")
        except h11.RemoteProtocolError as error:
            await _refuse(
                visit, error.error_status_hint, f"this is not HTTP as a proxy takes it: {error}."
            )
        except RemoteError as error:
            await _refuse(visit, 502, f"{error.message}.")
        except _Refusal as refusal:
            await _refuse(visit, refusal.status, str(refusal))

    async def _at_desk(self, desk: Desk, visit: _Visit, request: h11.Request) -> None:
        visit.host, visit.went = "localhost", "stage"
        said = dict(request.headers).get(b"authorization", b"").decode("latin-1")
        status, body = desk(request.method.decode("ascii"), request.target.decode("ascii"), said)
        await answer_json(visit.http, visit.writer, status, body)

    async def _connect(self, visit: _Visit, request: h11.Request) -> None:
        visit.host, visit.port = authority(request.target.decode("ascii"))
        match decide(self._rules, visit.host):
            case Refused(reason):
                raise _Refusal(403, reason)
            case Staged(address) if visit.port == HTTPS:
                streams = await _to_stage(address)
                await self._join(visit, streams, await _accept(visit), "stage")
            case Staged() if visit.port == HTTP:
                await self._plain_tunnel(visit)
            case Staged():
                raise _Refusal(403, f"{visit.host} is on the stage, at port 443 only.")
            case Outside():
                await self._tunnel(visit)

    async def _join(self, visit: _Visit, streams: Streams, early: bytes, went: Went) -> None:
        visit.went = went
        try:
            await relay((visit.reader, visit.writer), streams, early, visit.traffic)
        finally:
            await hang_up(streams[1])

    async def _plain_tunnel(self, visit: _Visit) -> None:
        """Answer the plain request inside a tunnel to port 80 of a staged host."""
        early = await _accept(visit)
        visit.http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        if early:
            visit.http.receive_data(early)
        async with asyncio.timeout(self._patience):
            request = await read_request(visit.http, visit.reader)
        if request is not None:
            await _redirect(visit, request, request.target.decode("ascii"))

    async def _tunnel(self, visit: _Visit) -> None:
        """Open the way out, look at who is asked for inside, and go on or not."""
        name = host_name(visit.host)
        assert name is not None
        streams = await self._in_time(self._outside.tunnel(name, visit.port))
        try:
            flight, verdict = await self._first_flight(visit, await _accept(visit))
        except BaseException:
            await hang_up(streams[1])
            raise
        if verdict is None:
            await self._join(visit, streams, flight, "outside")
            return
        await hang_up(streams[1])
        if isinstance(verdict, _Readdressed):
            visit.reason = f"the TLS client in the tunnel asked for {verdict.name}."
            await self._join(visit, await _to_stage(verdict.address), flight, "stage")
        else:
            visit.reason = verdict
            visit.writer.write(ACCESS_DENIED)
            await visit.writer.drain()

    async def _first_flight(
        self, visit: _Visit, flight: bytes
    ) -> tuple[bytes, _Readdressed | str | None]:
        """Read until the TLS client has named its server; returns what it said, and why it cannot simply go on."""
        hello = read_client_hello(flight)
        try:
            async with asyncio.timeout(self._patience):
                while isinstance(hello, Incomplete):
                    data = await visit.reader.read(CHUNK)
                    if not data:
                        return flight, "the client left the tunnel before TLS began."
                    flight += data
                    hello = read_client_hello(flight)
        except TimeoutError:
            return flight, "the client in the tunnel did not begin TLS in time."
        if isinstance(hello, NotTLS):
            return flight, f"only TLS may pass a tunnel: {hello.why}."
        return flight, self._judge(visit.host, hello)

    def _judge(self, asked: str, hello: ServerNames) -> _Readdressed | str | None:
        if len(hello.names) == 1 and hello.names[0] in self._rules.routes:
            return _Readdressed(hello.names[0], self._rules.routes[hello.names[0]])
        return server_name_fault(asked, hello.names)

    async def _plain(self, visit: _Visit, request: h11.Request) -> None:
        target = request.target.decode("ascii")
        url = absolute(target)
        visit.host, visit.port = url.hostname or "", url.port or HTTP
        match decide(self._rules, visit.host):
            case Refused(reason):
                raise _Refusal(403, reason)
            case Staged():
                await _redirect(visit, request, urllib.parse.urlunsplit(("", "", *url[2:4], "")))
            case Outside():
                await self._forward(visit, request, url)

    async def _forward(
        self, visit: _Visit, request: h11.Request, url: urllib.parse.SplitResult
    ) -> None:
        """Send one plain request outside, under the name that was judged, and its answer back."""
        name = host_name(visit.host)
        assert name is not None
        place = name if visit.port == HTTP else f"{name}:{visit.port}"
        path = urllib.parse.urlunsplit(("", "", url.path or "/", url.query, ""))
        headers = [(b"Host", place.encode()), (b"Connection", b"close")]
        if (proxy := self._outside.proxy) is not None:
            path = f"http://{place}{path}"
            if proxy.authorization:
                headers.append((b"Proxy-Authorization", proxy.authorization.encode()))
        headers += end_to_end(request.headers)
        head = h11.Request(method=request.method, target=path, headers=headers)
        reader, writer = await self._in_time(self._outside.plain(name, visit.port))
        visit.went = "outside"
        ours = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        try:
            client = (visit.reader, visit.writer)
            visit.traffic.up = await copy_request(visit.http, client, ours, writer, head)
            visit.traffic.down = await copy_response(visit.http, visit.writer, ours, reader)
        finally:
            await hang_up(writer)

    async def _in_time(self, opening: Awaitable[Streams]) -> Streams:
        try:
            async with asyncio.timeout(self._patience):
                return await opening
        except TimeoutError as error:
            raise RemoteError("the host outside did not answer in time") from error


async def _to_stage(address: Address) -> Streams:
    try:
        if isinstance(address, Path):
            return await asyncio.open_unix_connection(address)
        return await asyncio.open_connection(*address)
    except OSError as error:
        raise RemoteError(f"the stage does not answer: {error}") from error


async def _accept(visit: _Visit) -> bytes:
    """Say that the tunnel stands; returns what the client sent without waiting for that."""
    yes = h11.Response(status_code=200, reason=b"Connection established", headers=[])
    visit.writer.write(visit.http.send(yes) or b"")
    await visit.writer.drain()
    return visit.http.trailing_data[0]


async def _refuse(visit: _Visit, status: int, text: str) -> None:
    visit.reason = visit.reason or text
    await answer(visit.http, visit.writer, status, text)


async def _redirect(visit: _Visit, request: h11.Request, path: str) -> None:
    """Answer a plain request to a staged host: what only reads is sent to https, the rest is refused."""
    visit.went = "stage"
    if request.method not in {b"GET", b"HEAD"}:
        visit.reason = f"{visit.host} takes requests over https only."
        await answer(visit.http, visit.writer, 403, visit.reason)
        return
    location = f"https://{host_name(visit.host)}{path if path.startswith('/') else '/' + path}"
    visit.reason = "redirected to https."
    await answer(visit.http, visit.writer, 301, f"go to {location}", location=location)
