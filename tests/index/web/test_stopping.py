"""Requests that a stopping server has no more time for."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from bonded.index.web.stopping import told_when_stopped

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
START: Message = {"type": "http.response.start", "status": 200, "headers": []}


def cancelled(scope: Scope, *, begins: bool) -> tuple[list[Message], bool]:
    """Ask an app that never ends, cancel it, and return what was sent and whether the cancelling came through."""
    sent: list[Message] = []

    async def hangs(_scope: Scope, _receive: Receive, send: Send) -> None:
        if begins:
            await send(START)
        await asyncio.Event().wait()

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    async def play() -> bool:
        asking = asyncio.ensure_future(told_when_stopped(hangs)(scope, receive, send))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        return asking.cancelled()

    return sent, asyncio.run(play())


def test_who_has_no_answer_is_told_to_come_again() -> None:
    """Whatever was asked: 503, Retry-After, and the connection ends."""
    sent, came_through = cancelled({**SCOPE}, begins=False)

    assert sent[0]["status"] == 503
    assert {(b"retry-after", b"5"), (b"connection", b"close")} <= set(sent[0]["headers"])
    assert b"being stopped; try again" in sent[1]["body"]
    assert not came_through


@pytest.mark.parametrize(
    ("scope", "begins", "sent"), [(SCOPE, True, [START]), ({"type": "lifespan"}, False, [])]
)
def test_nothing_is_added_to_what_was_begun(
    *, scope: Scope, begins: bool, sent: list[Message]
) -> None:
    """An answer that has begun stays as it is: the server closes the connection."""
    assert cancelled({**scope}, begins=begins) == (sent, True)
