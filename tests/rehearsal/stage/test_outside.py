import asyncio
import contextlib
import socket

import pytest

from bonded.errors import RemoteError, UsageError
from bonded.rehearsal.stage.outside import OutsideProxy, WayOut, connect, resolve


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"https_proxy": ""}, None),
        ({"HTTPS_PROXY": "http://proxy.corp:3128"}, ("proxy.corp", 3128, "")),
        ({"ALL_PROXY": "proxy.corp"}, ("proxy.corp", 80, "")),
        ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:2"}, ("a", 1, "")),
        ({"https_proxy": "http://u:p%40w@a:1/"}, ("a", 1, "Basic dTpwQHc=")),
        ({"https_proxy": "http://u@a:1/"}, ("a", 1, "Basic dTo=")),
    ],
)
def test_the_users_own_proxy_is_found(
    environ: dict[str, str], expected: tuple[str, int, str] | None
) -> None:
    """The usual variables are read, lower case first; credentials become a header."""
    found = OutsideProxy.from_environment(environ)

    assert (found and (found.host, found.port, found.authorization)) == expected


@pytest.mark.parametrize(
    "text", ["socks5://a:1", "https://a:1", "http://", "http://a:x", "http://[a"]
)
def test_an_unknown_kind_of_proxy_is_the_users_to_change(text: str) -> None:
    """What is no HTTP proxy is reported with the variable's name and a way on."""
    with pytest.raises(UsageError, match="ALL_PROXY") as caught:
        OutsideProxy.from_environment({"ALL_PROXY": text})

    assert "--offline" in caught.value.hint


async def ask(answer: bytes) -> tuple[bytes, bytes]:
    """Ask a proxy that gives `answer` for a tunnel: what it heard, and what came through the tunnel."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy = OutsideProxy(host="127.0.0.1", port=port, authorization="Basic dTo=")
    try:
        reader, writer = await WayOut(proxy=proxy).tunnel("world.example", 443)
        through = await reader.read()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    finally:
        server.close()
        await server.wait_closed()
    return heard[0], through


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", b"HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"]
)
def test_a_tunnel_goes_through_the_users_proxy(answer: bytes) -> None:
    """The proxy is asked by CONNECT with its credentials; what follows its yes belongs to the tunnel."""
    heard, through = asyncio.run(ask(answer + b"inner bytes"))

    assert heard.splitlines() == [
        b"CONNECT world.example:443 HTTP/1.1",
        b"Host: world.example:443",
        b"Proxy-Authorization: Basic dTo=",
        b"",
    ]
    assert through == b"inner bytes"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n", "answered 407"),
        (b"SSH-2.0\r\n", "does not speak HTTP"),
        (b"", "does not speak HTTP"),
        (b"x" * 70000, "does not speak HTTP"),
    ],
)
def test_a_proxy_that_says_no_is_told(answer: bytes, words: str) -> None:
    """What the user's proxy answers is in the message."""
    with pytest.raises(RemoteError, match=words):
        asyncio.run(ask(answer))


@pytest.mark.parametrize("kind", ["tunnel", "plain"])
def test_a_proxy_that_is_gone_is_told(kind: str) -> None:
    """A proxy that does not listen is named as the cause."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        way = WayOut(proxy=OutsideProxy(host="127.0.0.1", port=free.getsockname()[1]))

    with pytest.raises(RemoteError, match="proxy of this machine cannot be reached"):
        asyncio.run(way.tunnel("x", 1) if kind == "tunnel" else way.plain("x", 1))


def test_names_are_resolved_by_the_system() -> None:
    """Every address of a name comes once, and can be connected to."""

    async def play() -> None:
        found = await resolve("localhost", 80)
        assert len(set(found)) == len(found)
        assert set(found) <= {"127.0.0.1", "::1"}
        with socket.create_server(("127.0.0.1", 0)) as server:
            _, writer = await connect("127.0.0.1", server.getsockname()[1])
            writer.close()
            await writer.wait_closed()

    asyncio.run(play())


def test_a_name_of_this_machine_is_not_reached() -> None:
    """The real resolver's answer for a local name is refused."""
    with pytest.raises(RemoteError, match="inside this machine"):
        asyncio.run(WayOut().tunnel("localhost", 80))
