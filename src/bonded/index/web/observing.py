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
from bonded.index.running.ready import LookUp, Ready
from bonded.index.running.request_log import Answered

__all__ = ["ASGI", "Observed", "request_ids"]

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


class Observed:
    """An app around another one. `at_hand` is None where the other one has nothing at hand (`running.ready`)."""

    at_hand: LookUp | None

    def __init__(
        self,
        app: ASGI,
        meter: Meter,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        at_hand: LookUp | None = None,
        trusted_proxies: Collection[str] = (),
        log: Callable[[Answered], None] | None = None,
    ) -> None:
        """Stand around `app`, and around what it has `at_hand`.

        `clock` gives seconds and never goes back. `new_id` names requests; one that a proxy of `trusted_proxies` has
        named keeps its name. `log`, where there is one, is called when a request is answered.
        """
        self._app = app
        self._clock = clock
        self._new_id = new_id
        self._proxies = frozenset(trusted_proxies)
        self._meter = meter
        self._log = log
        self.at_hand = None if at_hand is None else self._watching(at_hand)

    def _watching(self, look_up: LookUp) -> LookUp:
        """Return a look-up whose answers are named, counted and logged as they are given out.

        It runs for every page that is at hand, so it holds what it needs, and calls as little as can be.
        """
        clock, new_id, find, log = self._clock, self._new_id, self._meter.tally, self._log

        def at_hand(scope: Message) -> tuple[Ready, bytes] | None:
            began = clock()
            found = look_up(scope)
            if found is None:
                return None
            ready, more = found
            request_id = self._id(scope) if self._proxies else new_id()
            method, size = scope["method"], len(ready.body)
            tally = ready.tallies.get(method)
            if tally is None:
                tally = ready.tallies[method] = find(scope["path"], method, ready.status)
            seconds = clock() - began
            tally.add(seconds, size)
            if log is not None:
                client = _client(scope, self._proxies)
                log((request_id, method, scope["path"], ready.status, seconds, size, client))
            return ready, more + b"x-request-id: %b\r\n" % request_id.encode()

        return at_hand

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request_id = self._id(scope)
        scope["request_id"] = request_id
        REQUEST_ID.set(request_id)
        status, size = _CUT_OFF, 0

        def sent(message: Message) -> Awaitable[None]:
            nonlocal status, size
            if message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            elif message["type"] == "http.response.start":
                status = message["status"]
                message = _labelled(message, request_id)
            return send(message)

        began = self._clock()
        try:
            await self._app(scope, receive, sent)
        finally:
            self._note(scope, request_id, status, began, size)

    def _id(self, scope: Message) -> str:
        return (self._proxies and _named(scope, self._proxies)) or self._new_id()

    def _note(self, scope: Message, request_id: str, status: int, began: float, size: int) -> None:
        seconds, method, path = self._clock() - began, scope["method"], scope["path"]
        self._meter.answered(path, method, status, seconds, size)
        if self._log is not None:
            client = _client(scope, self._proxies)
            self._log((request_id, method, path, status, seconds, size, client))


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
