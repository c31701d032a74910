import asyncio
import contextlib
import os
import shutil
import socket
import sys
from pathlib import Path

import pytest
import uv
from hypothesis import given, settings
from hypothesis import strategies as st

from bonded.rehearsal.stage.environment import environment
from bonded.rehearsal.stage.network import Network
from bonded.rehearsal.stage.outside import OutsideProxy
from proxy_world import PUBLIC, STAGED, WORLD, World, authority, world

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


@pytest.mark.parametrize("target", [f"{STAGED}:443", "STAGE.Example.:443"])
def test_a_tunnel_to_a_staged_host_ends_on_the_stage(target: str) -> None:
    """Whatever the spelling, a staged name is served by the stage, over TLS that proves the name."""

    async def play() -> None:
        async with world() as stage:
            assert await stage.get(target, STAGED) == PAGE + b"stage"
            (seen,) = await stage.until_logged()
            assert (seen.host, seen.port, seen.went) == (target.rpartition(":")[0], 443, "stage")
            assert seen.up > 500 < seen.down
            assert stage.dialled == []

    asyncio.run(play())


def test_other_hosts_are_reached_as_they_are() -> None:
    """A tunnel to a host that is not staged goes to one of its own addresses."""

    async def play() -> None:
        async with world() as stage:
            assert await stage.get(f"{WORLD}:8443", WORLD) == PAGE + b"world"
            assert stage.dialled == [(PUBLIC, 8443)]
            (seen,) = await stage.until_logged()
            assert (seen.host, seen.port, seen.went, seen.reason) == (WORLD, 8443, "outside", "")

    asyncio.run(play())


@pytest.mark.parametrize(
    ("request_line", "status", "words"),
    [
        (f"CONNECT {WORLD}:443", 403, f"{WORLD} is not on the stage, and with --offline"),
        (f"GET http://{WORLD}/x", 403, f"{WORLD} is not on the stage, and with --offline"),
        ("CONNECT closed.example:443", 403, "closed.example is not reached during a rehearsal: no"),
        (f"CONNECT {PUBLIC}:443", 403, "not a host name"),
        ("CONNECT [::1]:443", 403, "not a host name"),
        ("CONNECT localhost:8000", 403, "without the proxy"),
        ("GET http://127.0.0.1:1/", 403, "not a host name"),
        (f"CONNECT {STAGED}:8443", 403, "at port 443 only"),
        (f"CONNECT {STAGED}", 400, "HOST:PORT"),
        (f"CONNECT {STAGED}:0", 400, "HOST:PORT"),
        (f"CONNECT {STAGED}:99999999999", 400, "HOST:PORT"),
        ("GET /", 400, "http:// URLs"),
        (f"GET https://{STAGED}/", 400, "http:// URLs"),
        ("GET http://[x/", 400, "http:// URLs"),
        ("GET http://x:99999/", 400, "http:// URLs"),
        ("GET", 400, "not HTTP"),
    ],
)
def test_a_refusal_is_plain_text(request_line: str, status: int, words: str) -> None:
    """What goes nowhere is answered with a status, the host and the reason; the log keeps them."""

    async def play() -> None:
        async with world(offline=True, refused={"closed.example": "no"}) as stage:
            said = await stage.say(f"{request_line} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert said.startswith(f"HTTP/1.1 {status} ".encode())
            assert words in said.decode().partition("\r\n\r\n")[2]
            (seen,) = await stage.until_logged()
            assert seen.went == "refused"
            assert words in seen.reason
            assert (stage.dialled, stage.heard) == ([], [])

    asyncio.run(play())


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 301), ("HEAD", 301), ("POST", 403), ("PUT", 403)]
)
@pytest.mark.parametrize("tunnel", [False, True])
def test_a_staged_host_takes_no_plain_requests(*, method: str, status: int, tunnel: bool) -> None:
    """As PyPI does: what reads is sent to https, what writes is refused, and nothing leaves."""

    async def play() -> None:
        path = "/p?q" if tunnel else f"http://{STAGED}/p?q"
        request = f"{method} {path} HTTP/1.1\r\nHost: {STAGED}\r\n\r\n".encode()
        connect = f"CONNECT {STAGED}:80 HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        async with world() as stage:
            said = await stage.say(connect + request if tunnel else request)
            assert f"HTTP/1.1 {status} ".encode() in said
            assert (f"Location: https://{STAGED}/p?q".encode() in said) == (status == 301)
            (seen,) = await stage.until_logged()
            assert (seen.went, stage.dialled) == ("stage", [])

    asyncio.run(play())


def test_a_staged_name_inside_another_tunnel_is_brought_back() -> None:
    """A tunnel to some host in which TLS asks for a staged one ends on the stage."""

    async def play() -> None:
        async with world() as stage:
            assert await stage.get(f"{WORLD}:443", STAGED) == PAGE + b"stage"
            (seen,) = await stage.until_logged()
            assert (seen.host, seen.went) == (WORLD, "stage")
            assert STAGED in seen.reason
            assert [who for who, _ in stage.heard] == ["stage"]

    asyncio.run(play())


@pytest.mark.parametrize("name", ["other.example", None])
def test_a_tunnel_carries_its_own_name_or_nothing(name: str | None) -> None:
    """TLS for another name than the tunnel's, or for none, is cut off before a byte has left."""

    async def play() -> None:
        async with world() as stage:
            with pytest.raises((OSError, EOFError)):
                await stage.get(f"{WORLD}:443", name)
            (seen,) = await stage.until_logged()
            assert (seen.went, seen.up, stage.heard) == ("refused", 0, [])
            assert WORLD in seen.reason

    asyncio.run(play())


@pytest.mark.parametrize(
    ("early", "words"),
    [
        (b"SSH-2.0-x\r\n", "only TLS may pass a tunnel"),
        (f"GET / HTTP/1.1\r\nHost: {STAGED}\r\n\r\n".encode(), "only TLS may pass a tunnel"),
        (b"\x16\x03\x01", "left the tunnel before TLS began"),
        (b"", "left the tunnel before TLS began"),
    ],
)
def test_only_tls_passes_outside(early: bytes, words: str) -> None:
    """Other protocols in a tunnel end with a TLS alert, and the server outside hears nothing."""

    async def play() -> None:
        async with world(plain=True) as stage:
            said = await stage.say(
                f"CONNECT {WORLD}:443 HTTP/1.1\r\nHost: x\r\n\r\n".encode() + early
            )
            assert said.endswith(b"\x02\x31")
            (seen,) = await stage.until_logged()
            assert words in seen.reason
            assert (seen.went, stage.heard) == ("refused", [])

    asyncio.run(play())


@pytest.mark.parametrize(
    ("host", "addresses", "dead", "words"),
    [
        (WORLD, [PUBLIC, "127.0.0.1"], False, "127.0.0.1 is an address inside this machine"),
        (WORLD, ["169.254.169.254"], False, "inside this machine or its network"),
        (WORLD, [], False, "has no address"),
        (WORLD, [PUBLIC], True, "Connection refused"),
        ("nowhere.example", [], False, "cannot be looked up"),
    ],
)
@pytest.mark.parametrize("how", ["CONNECT {}:443", "GET http://{}/"])
def test_a_host_that_cannot_be_reached_is_told(
    *, how: str, host: str, addresses: list[str], dead: bool, words: str
) -> None:
    """Names that lead inside, nowhere, or to a closed door are answered with 502 and the reason."""

    async def play() -> None:
        async with world(addresses=addresses, dead=dead) as stage:
            line = how.format(host)
            said = await stage.say(f"{line} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert said.startswith(b"HTTP/1.1 502 ")
            assert words in said.decode()

    asyncio.run(play())


def test_plain_requests_go_outside_cleaned() -> None:
    """A plain request carries the name it was judged by, nothing meant for the proxy, and comes alone."""
    request = (
        f"POST http://u:p@{WORLD}:8080/a?b#c HTTP/1.1\r\nHost: {STAGED}\r\nContent-Length: 3\r\n"
        "Proxy-Authorization: Basic x\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nX-Kept: 2\r\n\r\nabc"
        f"GET / HTTP/1.1\r\nHost: {STAGED}\r\n\r\n"
    ).encode()

    async def play() -> None:
        async with world(plain=True) as stage:
            said = await stage.say(request)
            assert said.endswith(b"\r\n\r\nworld")
            ((_, head),) = stage.heard
            assert head.lower().splitlines() == [
                b"post /a?b http/1.1",
                f"host: {WORLD}:8080".encode(),
                b"connection: close",
                b"content-length: 3",
                b"x-kept: 2",
                b"",
            ]
            (seen,) = await stage.until_logged()
            assert (seen.went, stage.dialled) == ("outside", [(PUBLIC, 8080)])

    asyncio.run(play())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\nto the end", b"to the end"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
            b"2\r\nab\r\n0\r\n\r\n",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", b"short"),
        (b"nonsense\r\n\r\n", b""),
        (b"HTTP/1.1 101 Hop\r\n\r\n", b""),
    ],
)
def test_answers_from_outside_come_back(answer: bytes, expected: bytes) -> None:
    """Bodies of every framing are handed on; what is broken ends the connection, not the proxy."""

    async def play() -> None:
        request = f"GET http://{WORLD}/ HTTP/1.1\r\nHost: {WORLD}\r\nExpect: 100-continue\r\n\r\n"
        async with world(plain=True, answer=answer) as stage:
            said = await stage.say(request.encode())
            assert expected in said
            await stage.until_logged()

    asyncio.run(play())


def test_a_waiting_client_is_told_to_go_on() -> None:
    """A client that asks before it sends its body hears `100 Continue`."""

    async def play() -> None:
        head = f"POST http://{WORLD}/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
        async with world(plain=True) as stage:
            reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
            writer.write(head.encode())
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
            writer.write(b"x")
            assert (await reader.read()).endswith(b"world")
            writer.close()

    asyncio.run(play())


PROXY = OutsideProxy(host="proxy.corp", port=3128, authorization="Basic dTpw")


def test_a_plain_request_passes_the_users_own_proxy() -> None:
    """With a proxy outside, it is asked with the whole URL and its own credentials."""

    async def play() -> None:
        async with world(plain=True, proxy=PROXY) as stage:
            await stage.say(f"GET http://{WORLD}/a HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            ((_, head),) = stage.heard
            assert head.startswith(f"GET http://{WORLD}/a HTTP/1.1\r\n".encode())
            assert b"Proxy-Authorization: Basic dTpw\r\n" in head
            assert stage.dialled == [("proxy.corp", 3128)]

    asyncio.run(play())


def test_a_slow_client_is_not_waited_for() -> None:
    """Half a request, and then nothing, is answered with 408."""

    async def play() -> None:
        async with world(patience=0.05) as stage:
            reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
            writer.write(b"GET http://")
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
            writer.close()

    asyncio.run(play())


@pytest.mark.parametrize("port", [443, 80])
def test_a_silent_tunnel_is_not_waited_for(port: int) -> None:
    """A tunnel in which nobody begins to speak is closed again."""

    async def play() -> None:
        async with world(patience=0.05) as stage:
            reader, writer = await stage.tunnel(f"{WORLD if port == 443 else STAGED}:{port}")
            await reader.read()
            (seen,) = await stage.until_logged()
            assert "in time" in seen.reason
            writer.close()

    asyncio.run(play())


def test_an_end_that_has_said_all_may_still_listen() -> None:
    """Half a close goes through the tunnel, and the answer still comes back."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.read()
        writer.write(asked[::-1])
        writer.close()

    async def play(path: Path) -> None:
        server = await asyncio.start_unix_server(answer, path)
        network = Network({STAGED: path}, offline=True)
        listener = socket.create_server(("127.0.0.1", 0))
        await network.listen(listener)
        stage = World(network, listener.getsockname()[1], [], [])
        said = await stage.say(f"CONNECT {STAGED}:443 HTTP/1.1\r\nHost: x\r\n\r\nabc".encode())
        assert said.endswith(b"\r\n\r\ncba")
        await network.close()
        server.close()
        await server.wait_closed()

    with contextlib.chdir(os.environ.get("TMPDIR", "/tmp")):
        path = Path(f"bonded-{os.getpid()}.sock")
        try:
            asyncio.run(play(path))
        finally:
            path.unlink(missing_ok=True)


def test_a_dead_stage_is_told() -> None:
    """A staged host whose server is gone is answered with 502."""

    async def play() -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        network = Network({STAGED: ("127.0.0.1", port)}, offline=True)
        listener = socket.create_server(("127.0.0.1", 0))
        await network.listen(listener)
        stage = World(network, listener.getsockname()[1], [], [])
        said = await stage.say(f"CONNECT {STAGED}:443 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert said.startswith(b"HTTP/1.1 502 ")
        assert b"the stage does not answer" in said
        await network.close()

    asyncio.run(play())


def test_closing_ends_open_connections() -> None:
    """The evening ends while clients wait: every connection is closed and logged, no task remains."""

    async def play() -> None:
        async with world() as stage:
            tunnel, writer = await stage.tunnel(f"{STAGED}:443")
            silent, other = await asyncio.open_connection("127.0.0.1", stage.port)
            # The tunnel stands only after the silent one was accepted, so both are known.
            await stage.network.close()
            assert await tunnel.read() == await silent.read() == b""
            assert "the rehearsal ended." in {seen.reason for seen in stage.network.log}
            writer.close()
            other.close()

    asyncio.run(play())


def test_a_bug_ends_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """What must not happen in the proxy is kept for the caller, and the proxy goes on."""

    async def broken(*_: object) -> None:
        raise KeyError("bug")

    async def play() -> None:
        async with world() as stage:
            monkeypatch.setattr(stage.network, "_plain", broken)
            assert (
                await stage.say(f"GET http://{WORLD}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode()) == b""
            )
            await stage.until_logged()
            assert [repr(fault) for fault in stage.network.faults] == ["KeyError('bug')"]
            stage.network.faults.clear()
            assert await stage.get(f"{STAGED}:443", STAGED) == PAGE + b"stage"

    asyncio.run(play())


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x00\x05hello\r\n\r\n", 400),
        (b"GET http://x/ HTTP/1.1\r\n" + b"A: b\r\n" * 8000, 431),
        (b"CONNECT x.example:443 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc", 400),
        (b"GET http://x/ HTTP/1.1\r\n\r\n", 400),
        (b"GET http://x/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n", 400),
        (b"POST http://world.example/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_what_is_no_request_is_answered_so(data: bytes, status: int) -> None:
    """Broken and oversized requests get a status of the four hundreds, or five for what nobody does."""

    async def play() -> None:
        async with world() as stage:
            assert (await stage.say(data)).startswith(f"HTTP/1.1 {status} ".encode())

    asyncio.run(play())


REQUESTS = st.sampled_from(
    [
        f"CONNECT {STAGED}:443 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        f"CONNECT {STAGED}:80 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        f"CONNECT {WORLD}:443 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        f"GET http://{WORLD}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        f"POST http://{WORLD}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode(),
        b"",
    ]
)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(REQUESTS, st.binary(max_size=80)), min_size=1, max_size=4))
def test_garbage_never_breaks_it(talks: list[tuple[bytes, bytes]]) -> None:
    """Any bytes, alone or after a good request, leave the proxy whole: no fault, no forgotten task, an answer after."""

    async def play() -> None:
        async with world(plain=True) as stage:
            await asyncio.gather(*(stage.say(request + junk) for request, junk in talks))
            await stage.until_logged(len(talks))
            assert await stage.get(f"{STAGED}:443", STAGED) == PAGE + b"stage"

    asyncio.run(play())


CLIENTS = {
    "python": [
        sys.executable, "-c",
        "import requests, sys; sys.stdout.write(requests.get(sys.argv[1]).text)",
    ],
    "curl": ["curl", "-sS"],
    "git": ["git", "ls-remote"],
    "uv": [uv.find_uv_bin(), "--no-config", "pip", "compile", "--no-cache", "-", "--index-url"],
}  # fmt: skip


@pytest.mark.parametrize("client", CLIENTS)
def test_real_clients_believe_the_stage(client: str, tmp_path: Path) -> None:
    """Unmodified tools, told by their environment alone, reach a staged host and accept its certificate."""
    program = CLIENTS[client]
    if shutil.which(program[0]) is None:
        pytest.fail(f"{program[0]} is part of every development machine of this project")
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(authority().bundle(b""))

    async def play() -> None:
        async with world(offline=True) as stage:
            env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
            process = await asyncio.create_subprocess_exec(
                *program,
                f"https://{STAGED}/simple",
                env=env | environment(stage.url, bundle),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                cwd=tmp_path,
            )
            said, _ = await process.communicate(b"nothing-of-this-name\n")
            assert [who for who, _ in stage.heard][:1] == ["stage"], said.decode()
            assert client in {"git", "uv"} or said == b"stage"
            assert {seen.went for seen in await stage.until_logged()} == {"stage"}

    asyncio.run(play())
