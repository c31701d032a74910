"""The way out: connections to public hosts, directly or through the user's own proxy.

A name is looked up once, its addresses are judged, and one of the judged addresses is connected to: a second look-up
could give a different answer. Behind a proxy of the user's own the name is not looked up here at all, because often
only that proxy can; the proxy's own network then decides what is reached.
"""

import asyncio
import base64
import socket
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import h11

from bonded.errors import RemoteError, UsageError
from bonded.rehearsal.stage.destinations import closed_address
from bonded.rehearsal.stage.messages import MAX_HEAD

__all__ = ["Connect", "OutsideProxy", "Resolve", "Streams", "WayOut", "connect", "resolve"]

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
Connect: TypeAlias = Callable[[str, int], Awaitable[Streams]]


async def resolve(host: str, port: int) -> Sequence[str]:
    """Look a name up; returns its addresses in the system's order of preference. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


async def connect(address: str, port: int) -> Streams:
    """Open a TCP connection. Raises OSError."""
    return await asyncio.open_connection(address, port)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideProxy:
    """The HTTP proxy through which this machine reaches the world; `authorization` is a whole header value."""

    host: str
    port: int
    authorization: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self | None:
        """Read `https_proxy` or `all_proxy`, lower case first, as curl does; None when neither is set.

        Raises UsageError for a proxy that is not plain HTTP.
        """
        names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        found = next(((name, environ[name]) for name in names if environ.get(name)), None)
        if found is None:
            return None
        name, text = found
        hint = f"set {name} to http://HOST:PORT, unset it, or rehearse with --offline"
        try:
            url = urllib.parse.urlsplit(text if "://" in text else f"http://{text}")
            port = url.port or 80
        except ValueError as error:
            raise UsageError(f"{name} is not a URL", hint=hint) from error
        if url.scheme != "http" or not url.hostname:
            raise UsageError(f"{name} names a proxy that is not an HTTP proxy", hint=hint)
        return cls(host=url.hostname, port=port, authorization=_basic(url.username, url.password))


def _basic(username: str | None, password: str | None) -> str:
    if username is None:
        return ""
    pair = f"{urllib.parse.unquote(username)}:{urllib.parse.unquote(password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """How public hosts are reached."""

    proxy: OutsideProxy | None = None
    resolve: Resolve = resolve
    connect: Connect = connect

    async def tunnel(self, host: str, port: int) -> Streams:
        """Open a connection to `host`, end to end. Raises RemoteError when it cannot be, or must not be."""
        if self.proxy is None:
            return await self._direct(host, port)
        streams = await self._to_proxy(self.proxy)
        try:
            await _ask_for_tunnel(self.proxy, host, port, streams)
        except BaseException:
            streams[1].transport.abort()
            raise
        return streams

    async def plain(self, host: str, port: int) -> Streams:
        """Open a connection over which a plain HTTP request for `host` can be sent. Raises RemoteError."""
        if self.proxy is None:
            return await self._direct(host, port)
        return await self._to_proxy(self.proxy)

    async def _to_proxy(self, proxy: OutsideProxy) -> Streams:
        try:
            return await self.connect(proxy.host, proxy.port)
        except OSError as error:
            raise RemoteError(f"the proxy of this machine cannot be reached: {error}") from error

    async def _direct(self, host: str, port: int) -> Streams:
        try:
            addresses = await self.resolve(host, port)
        except OSError as error:
            raise RemoteError(f"{host} cannot be looked up: {error.strerror or error}") from error
        # One closed address is enough: the connection could end there.
        for closed in filter(None, map(closed_address, addresses)):
            raise RemoteError(f"{host} is not reached: {closed}")
        fault = f"{host} has no address"
        for address in addresses:
            try:
                return await self.connect(address, port)
            except OSError as error:
                fault = f"{host} cannot be reached: {error.strerror or error}"
        raise RemoteError(fault)


async def _ask_for_tunnel(proxy: OutsideProxy, host: str, port: int, streams: Streams) -> None:
    reader, writer = streams
    target = f"{host}:{port}"
    headers = [("Host", target)]
    if proxy.authorization:
        headers.append(("Proxy-Authorization", proxy.authorization))
    ours = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
    request = h11.Request(method="CONNECT", target=target, headers=headers)
    try:
        writer.write(ours.send(request) or b"")
        await writer.drain()
        event = ours.next_event()
        while event is h11.NEED_DATA or isinstance(event, h11.InformationalResponse):
            if event is h11.NEED_DATA:
                # Byte by byte at most a head: what follows the head belongs to the tunnel.
                ours.receive_data(await reader.readuntil(b"\r\n"))
            event = ours.next_event()
    except (h11.ProtocolError, asyncio.LimitOverrunError, EOFError, OSError) as error:
        raise RemoteError("the proxy of this machine does not speak HTTP") from error
    if not isinstance(event, h11.Response) or event.status_code // 100 != 2:  # noqa: PLR2004  any success
        status = getattr(event, "status_code", "nothing")
        raise RemoteError(f"the proxy of this machine answered {status} when asked for {target}")
