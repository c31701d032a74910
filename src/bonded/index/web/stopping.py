"""The last answer: what a request is told that is not answered yet when the server's patience with it ends.

After the signal that stops it a server waits for open requests, and in the end cancels those that are left. Whoever
asked is told to come again, as with everything else that is not their fault. It says nothing about what became of the
request: an upload that was whole when it was cut off may have been published.
"""

import asyncio
from collections.abc import Awaitable

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bonded.index.web.errors import come_again

__all__ = ["told_when_stopped"]


def told_when_stopped(app: ASGIApp) -> ASGIApp:
    """Return an app around another one; a request that is cancelled before its answer began is answered 503."""

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        def sent(message: Message) -> Awaitable[None]:
            nonlocal has_begun
            has_begun = True
            return send(message)

        try:
            await app(scope, receive, sent)
        except asyncio.CancelledError:
            if has_begun or scope["type"] != "http":
                raise  # the connection is closed, and the client sees that the answer is not whole
            response = come_again(Request(scope), "The index is being stopped; try again.")
            response.headers["Connection"] = "close"
            await response(scope, receive, send)

    return told
