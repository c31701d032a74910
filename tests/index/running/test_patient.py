"""Connections: how many of one address, and whose end makes room for others."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from bonded.index.running.patience import KNOWN_RATE, Patience
from bonded.index.running.patient import CUT, VOUCH, Clock, Patient, patient, peer_of, sweep

POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n"


class Wire(asyncio.Transport):
    """A transport of some address that notes what is done to it."""

    def __init__(self, host: str) -> None:
        super().__init__({"peername": (host, 1), "sockname": ("127.0.0.1", 2)})
        self.closing = False
        self.said = b""

    def is_closing(self) -> bool:
        """Whether it was closed or cut off."""
        return self.closing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Note it."""
        self.said += bytes(data)

    def abort(self) -> None:
        """Note it."""
        self.closing = True

    def close(self) -> None:
        """Note it."""
        self.closing = True

    def pause_reading(self) -> None:
        """Do nothing."""

    def resume_reading(self) -> None:
        """Do nothing."""


class House:
    """A server without sockets: connections come, speak and go as it is told."""

    def __init__(self, patience: Patience) -> None:
        self.clock = Clock(100.0)
        self.kind = patient(patience, self.clock)
        self.state = ServerState()
        self.vouching = False
        self.config = uvicorn.Config(
            self.app, interface="asgi3", proxy_headers=False, log_config=None
        )
        self.config.load()

    async def app(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Read the body, and vouch for it if told to."""
        if self.vouching:
            scope["extensions"][VOUCH]["call"]()
            scope["extensions"][VOUCH]["call"]()
        while (await receive())["type"] != "http.disconnect":
            pass

    def come(self, host: str) -> Patient:
        """Return a new connection."""
        connection = self.kind(self.config, self.state, {})
        connection.connection_made(Wire(host))
        return connection

    async def post(self, host: str, sent: int = 0, *, known: bool = False) -> Patient:
        """Return a connection with the beginning of a body."""
        self.vouching = known
        connection = self.come(host)
        connection.data_received(POST)
        await asyncio.sleep(0)
        connection.data_received(b"x" * sent)
        return connection

    def pass_by(self, seconds: float) -> None:
        """Let time pass, and look at every connection."""
        sweep(self.state.connections, self.clock, self.clock.now + seconds)


def told(connection: Patient) -> bytes:
    """Return what was written."""
    wire = connection.transport
    assert isinstance(wire, Wire)
    return wire.said


def ended(*connections: Patient) -> list[bool]:
    """Tell which were ended."""
    return [one.transport.is_closing() for one in connections]


def played(play: Callable[[], object]) -> None:
    """Run a play, and end what is left of it."""

    async def run() -> None:
        await play()  # type: ignore[misc]  # every play is a coroutine function
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run(run())


@pytest.mark.parametrize("host", ["10.0.0.1", "2001:db8::1"])
def test_one_address_has_a_part_of_the_connections(host: str) -> None:
    """Beyond it, it is told to come again, while others are let in; proxies that are trusted have no such bound."""

    async def play() -> None:
        house = House(Patience(peer_connections=2, proxies=frozenset({"10.9.9.9"})))
        first, second = await house.post(host), await house.post(host)
        third = house.come(host)
        other = house.come("10.0.0.2")
        proxied = [house.come("10.9.9.9") for _ in range(9)]
        first.transport.close()
        first.connection_lost(None)
        third.connection_lost(None)
        again = house.come(host)

        assert ended(second, third, other, again) == [False, True, False, False]
        assert told(third).startswith(b"HTTP/1.1 503 ")
        assert not any(ended(*proxied))
        for one in [second, other, again, *proxied]:
            one.connection_lost(None)
        assert not house.kind.peers

    played(play)


@pytest.mark.parametrize(
    ("host", "peer"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:2", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("somewhere", "somewhere"),
    ],
)
def test_what_counts_as_one_address(host: str, peer: str) -> None:
    """A customer has a whole network of IPv6, so that counts as one."""
    assert peer_of(host) == peer


def test_idle_connections_of_an_address_make_room_for_it() -> None:
    """A client that keeps connections open is not told to come again because of them."""

    async def play() -> None:
        house = House(Patience(peer_connections=1))
        idle = house.come("a")
        idle.on_response_complete()
        second = house.come("a")

        assert ended(idle, second) == [True, False]

    played(play)


def test_the_slowest_strangers_make_room() -> None:
    """When the house is full, the slowest body ends; not one that has just begun, nor one of somebody known."""

    async def play() -> None:
        house = House(Patience(connections=4))
        slow, fast = await house.post("a", 10), await house.post("b", 50_000)
        known = await house.post("c", 1, known=True)
        house.pass_by(3.0)
        young = await house.post("d", 1)
        fifth = await house.post("e", 1)
        assert ended(slow, fast, known, young, fifth) == [True, False, False, False, False]

        slow.connection_lost(None)
        sixth = house.come("f")
        assert ended(fast, sixth) == [True, False]

        fast.connection_lost(None)
        seventh = house.come("g")
        assert ended(known, young, fifth, sixth, seventh) == [False, False, False, False, True]
        assert told(seventh).startswith(b"HTTP/1.1 503 ")

    played(play)


@pytest.mark.parametrize(
    ("rate", "why"), [(0, "idle-time"), (300, "idle-time"), (600, "body-time"), (None, "")]
)
def test_a_body_that_is_cut_off_knows_by_which_setting(rate: int | None, why: str) -> None:
    """Whoever stops or drips ends by one bound, whoever takes too long by the other; who leaves, by none."""

    async def play() -> None:
        house = House(Patience(body=120, idle=30))
        connection = await house.post("a")
        scope: Any = connection.scope
        while rate is not None and ended(connection) == [False]:
            connection.data_received(b"x" * rate)
            connection.flow.resume_reading()
            house.pass_by(1.0)

        assert scope["extensions"][CUT]["why"]() == why

    played(play)


def test_a_body_whose_end_makes_room_knows_it() -> None:
    """It was the server that ended it."""

    async def play() -> None:
        house = House(Patience(connections=1))
        slow = await house.post("a")
        scope: Any = slow.scope
        house.pass_by(3.0)
        house.come("b")

        assert ended(slow) == [True]
        assert scope["extensions"][CUT]["why"]() == "connections"

    played(play)


@pytest.mark.parametrize(
    ("known", "rate", "lives"),
    [
        (False, 600, False),
        (False, 1 << 20, False),
        (True, 600, False),
        (True, KNOWN_RATE + 100, True),
    ],
)
def test_a_body_has_an_end(*, known: bool, rate: int, lives: bool) -> None:
    """A stranger's body has two minutes; one with a token has hours, but not at any rate."""

    async def play() -> None:
        house = House(Patience(body=120, idle=30))
        connection = await house.post("a", known=known)
        for second in range(3600):
            if ended(connection) == [True]:
                assert second >= 120
                break
            connection.data_received(b"x" * rate)
            connection.flow.resume_reading()
            house.pass_by(1.0)
            await asyncio.sleep(0)

        assert ended(connection) == [not lives]

    played(play)
