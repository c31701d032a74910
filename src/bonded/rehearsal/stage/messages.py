"""The HTTP that the proxy itself speaks: one request in, an answer or a cleaned copy of somebody else's out.

h11 (the state machine that performs no I/O) reads and writes; so nothing reaches a server that two parsers could read
differently, and a second request cannot hide behind the first.
"""

import asyncio
import urllib.parse
from collections.abc import AsyncIterator, Iterable
from http import HTTPStatus

import h11

__all__ = [
    "MAX_HEAD", "absolute", "answer", "authority", "copy_request", "copy_response", "end_to_end", "read_request",
]  # fmt: skip

MAX_HEAD = 32768
"""Bytes of a message's head; h11 refuses more with 431."""

CHUNK = 65536

OF_ONE_HOP = frozenset(
    {b"connection", b"proxy-connection", b"keep-alive", b"te", b"trailer", b"upgrade", b"expect"}
    | {b"proxy-authorization", b"proxy-authenticate", b"host"}
)
"""Headers that mean one hop (RFC 9110, section 7.6.1), and `Host`, which is written anew from the address."""

Headers = list[tuple[bytes, bytes]]


async def read_request(theirs: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    """Read the head of a client's request; None when it left without one. Raises h11.RemoteProtocolError."""
    event = await _next(theirs, reader)
    if not isinstance(event, h11.Request):
        return None
    if event.method == b"CONNECT" and not isinstance(await _next(theirs, reader), h11.EndOfMessage):
        raise h11.RemoteProtocolError("a tunnel is asked for without a body")
    return event


async def _next(connection: h11.Connection, reader: asyncio.StreamReader) -> object:
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await reader.read(CHUNK))
    return event


def authority(target: str) -> tuple[str, int]:
    """Split `host:port`, the target of CONNECT. Raises h11.RemoteProtocolError."""
    host, colon, port = target.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port[:6]) < 65536):  # noqa: PLR2004  ports are 16 bits
        raise h11.RemoteProtocolError("the target of CONNECT is not HOST:PORT")
    return host, int(port)


def absolute(target: str) -> urllib.parse.SplitResult:
    """Split `http://host…`, the target of a request through a proxy. Raises h11.RemoteProtocolError."""
    try:
        url = urllib.parse.urlsplit(target)
        sound = url.scheme == "http" and bool(url.hostname) and url.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise h11.RemoteProtocolError("a proxy is asked for http:// URLs or by CONNECT")
    return url


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the headers that are meant for the other end, without those that `Connection` lists."""
    pairs = list(headers)
    listed = {
        word.strip().lower()
        for name, value in pairs
        if name == b"connection"
        for word in value.split(b",")
    } - {b"content-length", b"transfer-encoding"}
    return [(name, value) for name, value in pairs if name not in OF_ONE_HOP | listed]


async def answer(
    theirs: h11.Connection,
    writer: asyncio.StreamWriter,
    status: int,
    text: str,
    *,
    location: str = "",
) -> None:
    """Answer in plain text and end the conversation; does nothing where an answer can no longer be given."""
    more = [("Location", location)] if location else []
    body = f"bonded: {text}\n".encode()
    await _say(theirs, writer, status, body, ("Content-Type", "text/plain; charset=utf-8"), *more)


async def answer_json(
    theirs: h11.Connection, writer: asyncio.StreamWriter, status: int, body: bytes
) -> None:
    """Answer with a JSON body and end the conversation."""
    kind = ("Content-Type", "application/json; charset=utf-8")
    await _say(theirs, writer, status, body, kind)


async def _say(
    theirs: h11.Connection,
    writer: asyncio.StreamWriter,
    status: int,
    body: bytes,
    *more: tuple[str, str],
) -> None:
    if theirs.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
        return
    headers = [*more, ("Content-Length", str(len(body))), ("Connection", "close")]
    events: tuple[h11.Event, ...] = (
        h11.Response(status_code=status, reason=HTTPStatus(status).phrase, headers=headers),
        h11.Data(data=body),
        h11.EndOfMessage(),
    )
    for event in events:
        writer.write(theirs.send(event) or b"")
    await writer.drain()


async def _body(
    source: h11.Connection, reader: asyncio.StreamReader
) -> AsyncIterator[h11.Data | h11.EndOfMessage]:
    while True:
        event = await _next(source, reader)
        if not isinstance(event, h11.Data | h11.EndOfMessage):
            raise EOFError("the message was cut short")  # noqa: TRY004  the peer left
        yield event
        if isinstance(event, h11.EndOfMessage):
            return


async def copy_request(
    theirs: h11.Connection,
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ours: h11.Connection,
    server: asyncio.StreamWriter,
    head: h11.Request,
) -> int:
    """Send `head` and the client's body on; returns the bytes sent."""
    reader, writer = client
    sent = await _put(ours, server, head)
    if theirs.they_are_waiting_for_100_continue:
        await _put(theirs, writer, h11.InformationalResponse(status_code=100, headers=[]))
    async for event in _body(theirs, reader):
        sent += await _put(ours, server, event)
    return sent


async def copy_response(
    theirs: h11.Connection,
    client: asyncio.StreamWriter,
    ours: h11.Connection,
    server: asyncio.StreamReader,
) -> int:
    """Send the server's final answer back to the client; returns the bytes sent. Raises EOFError."""
    event = await _next(ours, server)
    while isinstance(event, h11.InformationalResponse):
        event = await _next(ours, server)
    if not isinstance(event, h11.Response):
        raise EOFError("the server gave no answer")  # noqa: TRY004  the peer left
    head = h11.Response(
        status_code=event.status_code,
        reason=event.reason,
        headers=[*end_to_end(event.headers), (b"Connection", b"close")],
    )
    sent = await _put(theirs, client, head)
    async for part in _body(ours, server):
        sent += await _put(theirs, client, part)
    return sent


async def _put(connection: h11.Connection, writer: asyncio.StreamWriter, event: h11.Event) -> int:
    data = connection.send(event) or b""
    writer.write(data)
    await writer.drain()
    return len(data)
