"""What every request passes: it is named, counted and logged, whichever way it is answered."""

import asyncio
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bonded.index.running.meter import Meter
from bonded.index.running.ready import Ready
from bonded.index.running.request_log import Answered
from bonded.index.web.observing import Observed, request_ids
from index_world import Clock, world


async def asked(app: ASGIApp, scope: Scope) -> None:
    """Ask an app without a server."""

    async def nothing(_message: Message) -> None: ...

    async def never() -> Message:
        return {}

    await app(scope, never, nothing)


def test_what_is_not_http_goes_through() -> None:
    """A message of another kind is handed on as it is, and not counted."""
    heard: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        heard.append(scope["type"])

    meter = Meter()
    outer = Observed(app, meter, clock=lambda: 0.0, new_id=request_ids(b"a"))
    asyncio.run(asked(outer, {"type": "lifespan"}))

    assert (heard, meter.answers) == (["lifespan"], {})


def test_a_request_that_breaks_is_counted_too() -> None:
    """A client that goes away before an answer is counted as such."""

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ConnectionError

    meter = Meter()
    lines: list[Answered] = []
    outer = Observed(app, meter, clock=lambda: 0.0, new_id=request_ids(b"a"), log=lines.append)
    scope: Scope = {"type": "http", "path": "/", "method": "GET", "headers": [], "client": None}
    with pytest.raises(ConnectionError):
        asyncio.run(asked(outer, scope))

    assert [(one[3], one[6]) for one in lines] == [(499, "")]


def test_what_is_at_hand_is_named_counted_and_logged(tmp_path: Path) -> None:
    """A page that goes out at once leaves the same marks as one that is made, whoever asks for it."""
    lines: list[Answered] = []
    with world(tmp_path) as stage:
        index = stage.index
        app = Observed(
            index.app,
            index.meter,
            clock=Clock(),
            new_id=request_ids(b"\xab"),
            at_hand=getattr(index.app, "at_hand", None),
            trusted_proxies={"10.0.0.1"},
            log=lines.append,
        )
        made = TestClient(app).get("/simple/greeter/")
        coding = made.request.headers["accept-encoding"].encode()

        async def at_hand(path: str, peer: str, request_id: bytes) -> tuple[Ready, bytes] | None:
            headers = [(b"x-request-id", request_id), (b"accept-encoding", coding)]
            scope = {"type": "http", "method": "GET", "scheme": "http", "client": (peer, 1)}
            assert app.at_hand is not None
            return app.at_hand({**scope, "path": path, "headers": headers})

        assert asyncio.run(at_hand("/simple/none/", "10.0.0.2", b"from-a-stranger")) is None
        for peer, own, name in (
            ("10.0.0.2", b"from-a-stranger", b"ab-2"),
            ("10.0.0.1", b"from-the-proxy", b"from-the-proxy"),
        ):
            answer = asyncio.run(at_hand("/simple/greeter/", peer, own))
            assert answer is not None
            assert (answer[0].status, answer[0].body) == (200, made.content)
            assert answer[1] == b"x-request-id: %b\r\n" % name

    assert [line[0] for line in lines] == ["ab-1", "ab-2", "from-the-proxy"]
    assert {line[1:4] for line in lines} == {("GET", "/simple/greeter/", 200)}
    assert {line[5] for line in lines} == {len(made.content)}
    tally = index.meter.answers["simple", "GET", 200]
    assert (sum(tally.buckets), tally.bytes) == (3, 3 * len(made.content))
