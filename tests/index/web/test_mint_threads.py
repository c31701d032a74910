"""Exchanges that wait for a slow issuer, and everybody else meanwhile."""

import asyncio
import threading
from collections.abc import Mapping, MutableMapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bonded.index.running.logs import REQUEST_ID
from bonded.index.web.mint import Mint

MANY = 60
"""More than any pool has threads."""


async def asked(app: Starlette, method: str, path: str) -> int:
    """Return the status of one request."""
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": []}
    await app(scope, receive, send)
    return statuses[0]


def test_whoever_reads_does_not_wait_for_exchanges() -> None:
    """Anybody can make exchanges wait for an issuer that is slow; pages and files are answered all the same."""
    issuer_answers = threading.Event()

    def exchange(_body: bytes, _as_problem: bool) -> tuple[int, Mapping[str, object]]:  # noqa: FBT001 - the port's signature
        issuer_answers.wait()
        return 503, {}

    def page(_request: Request) -> Response:
        return PlainTextResponse("read")

    mint = Mint(audience="index", exchange=exchange, revoke=print)
    app = Starlette(routes=[*mint.routes(), Route("/page", page)])

    async def all_at_once() -> tuple[int, set[int]]:
        waiting = [
            asyncio.create_task(asked(app, "POST", "/_/oidc/mint-token")) for _ in range(MANY)
        ]
        try:
            read = await asyncio.wait_for(asked(app, "GET", "/page"), 30)
        finally:
            issuer_answers.set()
        return read, {*await asyncio.gather(*waiting)}

    assert asyncio.run(all_at_once()) == (200, {503})


def test_what_is_logged_of_an_exchange_names_its_request() -> None:
    """The thread that answers knows the id of the request, each its own."""
    known: list[str] = []

    def exchange(_body: bytes, _as_problem: bool) -> tuple[int, Mapping[str, object]]:  # noqa: FBT001 - the port's signature
        known.append(REQUEST_ID.get())
        return 503, {}

    app = Starlette(routes=Mint(audience="index", exchange=exchange, revoke=print).routes())

    async def named(name: str) -> None:
        REQUEST_ID.set(name)
        await asked(app, "POST", "/_/oidc/mint-token")

    async def all_at_once() -> None:
        await asyncio.gather(*(named(name) for name in ("a-1", "a-2")))

    asyncio.run(all_at_once())

    assert sorted(known) == ["a-1", "a-2"]
