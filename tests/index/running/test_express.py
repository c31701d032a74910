"""Answers that are made already go out as uvicorn would have sent them, in one go."""

import asyncio
import logging
from collections.abc import Callable, Iterable

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from bonded.index.running.express import express
from bonded.index.running.patience import Patience
from bonded.index.running.patient import Clock, Patient, patient, sweep
from bonded.index.running.ready import Ready, send_ready

GET = b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n"
LONG = b"y" * 100_000
ID = (b"x-request-id", b"a-1")


def page(status: int = 200, body: bytes = b"hello", *, length: int | None = None) -> Ready:
    """Return an answer."""
    size = len(body) if length is None else length
    return Ready(status, ((b"etag", b'"a"'), (b"content-length", b"%d" % size)), body)


class Wire(asyncio.Transport):
    """A transport that notes what is written, and how often."""

    def __init__(self) -> None:
        super().__init__({"peername": ("10.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.closing = False
        self.written: list[bytes] = []

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Note it."""
        self.written.append(bytes(data))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Note them as one."""
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        """Note it."""
        self.closing = True

    def pause_reading(self) -> None:
        """Do nothing."""

    def resume_reading(self) -> None:
        """Do nothing."""


class App:
    """An app with an answer at hand, or not, that notes how it was asked."""

    def __init__(self, ready: Ready, *, has: bool = True, breaks: bool = False) -> None:
        self.ready = ready
        self.has = has
        self.breaks = breaks
        self.asked: list[str] = []

    def at_hand(self, scope: Scope) -> tuple[Ready, bytes] | None:
        """Return the answer, with an id."""
        self.asked.append(f"at hand {scope['path']}")
        if self.breaks:
            raise RuntimeError("a bug")
        return (self.ready, b"x-request-id: a-1\r\n") if self.has else None

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the same answer as ASGI has it."""
        self.asked.append(f"app {scope['path']}")
        headers = (*self.ready.headers, ID)
        await send_ready(Ready(self.ready.status, headers, self.ready.body), send)


def told(
    kind: Callable[[Patience, Clock], type[Patient]],
    app: App,
    *sent: bytes,
    before: Callable[[Patient], None] = lambda _: None,
) -> Wire:
    """Send bytes on a new connection of a kind, and return the wire when all is quiet."""
    wire, state = Wire(), ServerState()
    state.default_headers = [(b"date", b"Sat, 21 Nov 2026 10:00:00 GMT")]
    config = uvicorn.Config(app, interface="asgi3", proxy_headers=False, log_config=None)
    config.load()

    async def play() -> None:
        connection = kind(Patience(), Clock(100.0))(config, state, {})
        connection.connection_made(wire)
        before(connection)
        for part in sent:
            connection.data_received(part)
            for _ in range(8):
                await asyncio.sleep(0)
        connection.connection_lost(None)

    asyncio.run(play())
    return wire


@pytest.mark.parametrize(
    "asked",
    [
        GET,
        GET.replace(b"1.1", b"1.0"),
        GET.replace(b"Host: x", b"Host: x\r\nConnection: close"),
        GET.replace(b"Host: x", b"Host: x\r\nContent-Length: 3") + b"abc",
        GET + GET + GET,
        GET.replace(b"GET", b"POST").replace(b"Host: x", b"Host: x\r\nContent-Length: 0") + GET,
    ],
    ids=["once", "of old", "for the last time", "with a body", "three at once", "after another"],
)
@pytest.mark.parametrize("ready", [page(), page(body=LONG), page(206), Ready(304, ())])
def test_the_bytes_are_uvicorns(asked: bytes, ready: Ready) -> None:
    """Head, body, order and the end of the connection are the same, whichever way was taken."""
    usual, quick = App(ready), App(ready)

    ours, theirs = told(express, quick, asked), told(patient, usual, asked)

    assert (b"".join(ours.written), ours.closing) == (b"".join(theirs.written), theirs.closing)
    assert quick.asked.count("at hand /page") == asked.count(b"GET")
    assert quick.asked.count("app /page") == asked.count(b"POST")


@pytest.mark.parametrize("body", [b"", b"hello", LONG])
def test_an_answer_is_written_in_one_go(body: bytes) -> None:
    """Head and body go out together: apart they would be two packets."""
    assert len(told(express, App(page(body=body)), GET).written) == 1


def test_head_has_no_body() -> None:
    """HEAD is answered in the same way, with the length that the body would have."""
    app = App(page(body=b"", length=5))

    said = told(express, app, GET.replace(b"GET", b"HEAD"))

    assert said.written[0].endswith(b"content-length: 5\r\nx-request-id: a-1\r\n\r\n")
    assert app.asked == ["at hand /page"]


def test_what_is_not_at_hand_is_asked_of_the_app() -> None:
    """One answer comes of each request, in the order of requests."""
    app = App(page(), has=False)

    said = told(express, app, GET + GET.replace(b"page", b"other"), GET)

    paths = ["/page", "/other", "/page"]
    assert app.asked == [f"{how} {path}" for path in paths for how in ("at hand", "app")]
    assert b"".join(said.written).count(b"HTTP/1.1 200 OK") == 3


def test_a_look_up_that_breaks_is_no_end(caplog: pytest.LogCaptureFixture) -> None:
    """The app is asked, and the log says what broke."""
    with caplog.at_level(logging.ERROR):
        said = told(express, App(page(), breaks=True), GET)

    assert b"".join(said.written).startswith(b"HTTP/1.1 200 OK")
    assert "a bug" in caplog.text


def test_who_takes_nothing_gets_nothing_more() -> None:
    """While a client does not take what it asked for, further answers wait, as uvicorn lets them."""
    app = App(page())

    said = told(express, app, GET, before=lambda connection: connection.pause_writing())

    assert said.written == []
    assert app.asked == ["app /page"]


def test_idle_connections_end_at_a_look() -> None:
    """After the time that uvicorn is given, counted from the last answer; a head that has begun is another matter."""
    idle = 75.0
    ended: list[bool] = []
    clock = Clock(100.0)

    async def play() -> None:
        app = App(page())
        config = uvicorn.Config(app, interface="asgi3", timeout_keep_alive=75, log_config=None)
        config.proxy_headers = False
        config.load()
        connections = [
            express(Patience(head=500.0), clock)(config, ServerState(), {}) for _ in "ab"
        ]
        for one in connections:
            one.connection_made(Wire())
            one.data_received(GET)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        connections[1].data_received(GET[:20])
        for later in (idle - 1, idle + 1):
            sweep(connections, clock, 100.0 + later)
            ended.extend(one.transport.is_closing() for one in connections)

    asyncio.run(play())

    assert ended == [False, False, True, False]


def test_idle_connections_make_room() -> None:
    """Where all places are taken, a connection that waits for a request after an answer gives its own to a new one."""

    async def play() -> list[bool]:
        config = uvicorn.Config(App(page()), interface="asgi3", log_config=None)
        config.proxy_headers = False
        config.load()
        kind, state = express(Patience(connections=1), Clock(100.0)), ServerState()
        first, second = kind(config, state, {}), kind(config, state, {})
        first.connection_made(Wire())
        first.data_received(GET)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        second.connection_made(Wire())
        return [one.transport.is_closing() for one in (first, second)]

    assert asyncio.run(play()) == [True, False]


@pytest.mark.parametrize("has", [True, False], ids=["at hand", "from the app"])
def test_a_body_that_ends_after_its_answer_holds_no_place(*, has: bool) -> None:
    """Its connection idles then like any other: it makes room, and ends after its time."""

    async def play() -> list[bool]:
        config = uvicorn.Config(App(page(), has=has), interface="asgi3", log_config=None)
        config.proxy_headers, config.timeout_keep_alive = False, 5
        config.load()
        clock, state = Clock(100.0), ServerState()
        kind = express(Patience(connections=1), clock)
        ended = []
        for makes_room in (True, False):
            first = kind(config, state, {})
            first.connection_made(Wire())
            first.data_received(GET.replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\n"))
            for _ in range(4):
                await asyncio.sleep(0)
            first.data_received(b"x")
            first.data_received(b"y")
            if makes_room:
                kind(config, state, {}).connection_made(Wire())
            else:
                sweep([first], clock, 106.0)
            ended.append(first.transport.is_closing())
            state.connections.clear()
        return ended

    assert asyncio.run(play()) == [True, True]


@pytest.mark.parametrize(
    "header", [(b"a", b"b\r\nc: d"), (b"a b", b"c"), (b"a", b"\xff"), (b"", b"c"), (b"A", b"b")]
)
def test_no_header_breaks_the_head(header: tuple[bytes, bytes]) -> None:
    """What cannot stand in a head is no answer."""
    with pytest.raises(ValueError, match="cannot be sent"):
        Ready(200, (header,))
