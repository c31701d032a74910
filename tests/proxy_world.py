"""A small world for the proxy: two TLS servers on the loopback, one on the stage and one that plays the outside."""

import asyncio
import contextlib
import datetime as dt
import socket
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bonded.rehearsal.stage.authority import Authority
from bonded.rehearsal.stage.network import Connection, Network
from bonded.rehearsal.stage.outside import OutsideProxy, Streams, WayOut

NOW = dt.datetime.now(dt.UTC)
STAGED = "stage.example"
WORLD = "world.example"
PUBLIC = "93.184.216.34"


@cache
def authority() -> Authority:
    """The authority of the tests' evening; making one takes milliseconds, making it once is kind."""
    return Authority.create(NOW)


def trusting() -> ssl.SSLContext:
    """A client that believes the authority and nobody else."""
    return ssl.create_default_context(cadata=authority().pem.decode())


@dataclass
class World:
    """The running proxy, what the servers heard, and what the loop complained about."""

    network: Network
    port: int
    heard: list[tuple[str, bytes]]
    dialled: list[tuple[str, int]]
    complaints: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """What a client is told its proxy is."""
        return f"http://127.0.0.1:{self.port}"

    async def say(self, data: bytes) -> bytes:
        """Send bytes to the proxy, say no more, and read all that comes back."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            with contextlib.suppress(ConnectionError):
                writer.write(data)
                writer.write_eof()
                return await reader.read()
            return b""
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def tunnel(self, target: str) -> Streams:
        """Ask for a tunnel; the proxy must agree."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        return reader, writer

    async def get(self, target: str, name: str | None, host: str = "x.example") -> bytes:
        """Ask for a tunnel, then for a page over TLS under `name`; returns the answer, empty if cut off."""
        reader, writer = await self.tunnel(target)
        context = trusting()
        if name is None:
            context.check_hostname = False
        try:
            await writer.start_tls(context, server_hostname=name)
            writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            return await reader.read()
        finally:
            writer.transport.abort()

    async def until_logged(self, count: int = 1) -> list[Connection]:
        """Wait until so many connections have ended."""
        while len(self.network.log) < count:  # noqa: ASYNC110  the log is a list, for readers of any thread
            await asyncio.sleep(0)
        return self.network.log


@contextlib.asynccontextmanager
async def world(
    *,
    offline: bool = False,
    refused: Mapping[str, str] | None = None,
    addresses: Sequence[str] = (PUBLIC,),
    proxy: OutsideProxy | None = None,
    patience: float = 20.0,
    answer: bytes | None = None,
    plain: bool = False,
    dead: bool = False,
) -> AsyncIterator[World]:
    """Set up the two servers and the proxy; on leaving, nothing may be left over and nothing may have gone wrong."""
    heard: list[tuple[str, bytes]] = []
    dialled: list[tuple[str, int]] = []
    loop = asyncio.get_running_loop()
    complaints: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context))

    def server(who: str) -> Any:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                head = await reader.readuntil(b"\r\n\r\n")
                heard.append((who, head))
                default = f"HTTP/1.1 200 OK\r\nContent-Length: {len(who)}\r\n\r\n{who}".encode()
                writer.write(answer or default)
                await writer.drain()
            writer.close()

        return serve

    async def resolve(host: str, port: int) -> Sequence[str]:
        if host == "nowhere.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return addresses

    async def connect(host: str, port: int) -> Streams:
        dialled.append((host, port))
        if dead:
            raise ConnectionRefusedError(111, "Connection refused")
        return await asyncio.open_connection("127.0.0.1", outside.sockets[0].getsockname()[1])

    context = authority().server_context([WORLD])
    outside = await asyncio.start_server(
        server("world"), "127.0.0.1", 0, ssl=None if plain else context
    )
    stage = await asyncio.start_server(
        server("stage"), "127.0.0.1", 0, ssl=authority().server_context([STAGED])
    )
    network = Network(
        {STAGED: ("127.0.0.1", stage.sockets[0].getsockname()[1])},
        offline=offline,
        refused=refused,
        outside=WayOut(proxy=proxy, resolve=resolve, connect=connect),
        patience=patience,
    )
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    await network.listen(listener)
    try:
        yield World(network, port, heard, dialled, complaints)
    finally:
        await network.close()
        for each in (outside, stage):
            each.close()
            await each.wait_closed()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=5)
    assert not network.faults, network.faults
    assert not complaints, complaints
