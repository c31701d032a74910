"""What stands around everything else: each request gets an id, is counted, and has a line in the log.

It runs for every request, so it does as little as can be: no object of Starlette, no await of its own but the one for
the app, two looks at the clock.
"""

import re
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from ipaddress import ip_address
from itertools import count
from typing import Any

from bonded.index.running.logs import REQUEST_ID
from bonded.index.running.meter import Meter
from bonded.index.running.request_log import Answered

__all__ = ["ASGI", "observing", "request_ids"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGI = Callable[[Message, Receive, Send], Awaitable[None]]

HEADER = b"x-request-id"

_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,127}")
"""Ids that are taken from a proxy: nothing that would look odd in a log."""

_CUT_OFF = 499
"""What a request is counted as whose client went away before an answer began; nginx has the same number for it."""


def request_ids(secret: bytes) -> Callable[[], str]:
    """Return what makes ids: the same beginning for one process, and a number. They are names, not secrets."""
    prefix, following = f"{secret.hex()}-", count(1).__next__
    return lambda: prefix + str(following())


def observing(
    app: ASGI,
    meter: Meter,
    *,
    clock: Callable[[], float],
    new_id: Callable[[], str],
    trusted_proxies: Collection[str] = (),
    log: Callable[[Answered], None] | None = None,
) -> ASGI:
    """Return an app around another one.

    `clock` gives seconds and never goes back. `new_id` names requests; one that a proxy of `trusted_proxies` has named
    keeps its name. `log`, where there is one, is called when a request is answered.
    """
    proxies, named, answered = frozenset(trusted_proxies), REQUEST_ID.set, meter.answered

    async def observed(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        request_id = (proxies and _named(scope, proxies)) or new_id()
        scope["request_id"] = request_id
        named(request_id)
        status, size = _CUT_OFF, 0

        def sent(message: Message) -> Awaitable[None]:
            nonlocal status, size
            if message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            elif message["type"] == "http.response.start":
                status = message["status"]
                message = _labelled(message, request_id)
            return send(message)

        began = clock()
        try:
            await app(scope, receive, sent)
        finally:
            seconds = clock() - began
            method, path = scope["method"], scope["path"]
            answered(path, method, status, seconds, size)
            if log is not None:
                log((request_id, method, path, status, seconds, size, _client(scope, proxies)))

    return observed


def _labelled(message: Message, request_id: str) -> Message:
    """Return a copy of the beginning of an answer, with the id: what is answered often may be one object."""
    return {**message, "headers": [*message.get("headers", ()), (HEADER, request_id.encode())]}


def _named(scope: Message, proxies: Collection[str]) -> str:
    """Return the id that a trusted proxy gave, if there is one and it is well formed."""
    if _peer(scope) not in proxies:
        return ""
    values = [value for name, value in scope["headers"] if name == HEADER]
    if len(values) == 1 and _WELL_FORMED.fullmatch(values[0]):
        return bytes(values[0]).decode()
    return ""


def _client(scope: Message, proxies: Collection[str]) -> str:
    """Return who asks: the other end, or whom it speaks for by its last word, if it is a trusted proxy."""
    peer = _peer(scope)
    if peer not in proxies:
        return peer
    values = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    try:
        return str(ip_address(b",".join(values).split(b",")[-1].strip().decode()))
    except ValueError:
        return peer


def _peer(scope: Message) -> str:
    return scope["client"][0] if scope["client"] else ""
