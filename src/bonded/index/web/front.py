"""The front of the index: what is at hand is answered here, in microseconds; for all else there is the application.

An installer's questions are nearly all alike: a page, a file, the metadata beside a wheel. Where the answer is made
already (`prepared`), this file looks once into the book whether it still holds, and sends it. It decides nothing: who
may read is decided before a request comes here, and what a page shows is decided where it is made.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from bonded.index.running.ready import Ready, send_ready
from bonded.index.web.prepared import Kept, PreparedPages
from bonded.index.web.representation import read_headers

__all__ = ["Front"]

_METHODS = frozenset({"GET", "HEAD"})


class Front:
    """An ASGI application before another one."""

    def __init__(
        self, app: ASGIApp, prepared: PreparedPages, troubles: tuple[type[Exception], ...]
    ) -> None:
        """Answer what is `prepared`, and let `app` answer the rest and make what is missing.

        `troubles` are raised where the book cannot be read now; the app meets them as well, and knows what to answer.
        """
        self._app = app
        self._prepared = prepared
        self._troubles = troubles

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["method"] in _METHODS:
            kept = self._prepared.get(scope["path"])
            if kept is not None and await self._holds(kept):
                ready = self._ready(kept, scope)
                if ready is not None:
                    await send_ready(ready, send)
                    return
        await self._app(scope, receive, send)

    def at_hand(self, scope: Scope) -> tuple[Ready, bytes] | None:
        """Return the answer to GET or HEAD, where it is at hand and that can be told at once."""
        kept = self._prepared.get(scope["path"])
        if kept is None:
            return None
        try:
            holds = self._prepared.holds_now(kept)
        except self._troubles:
            return None
        ready = self._ready(kept, scope) if holds else None
        return None if ready is None else (ready, b"")

    def _ready(self, kept: Kept, scope: Scope) -> Ready | None:
        headers = read_headers(scope)
        answer = kept.chosen(scope, headers, self._prepared.origin_of)
        return None if answer is None else answer.ready(scope["method"], headers)

    async def _holds(self, kept: Kept) -> bool:
        try:
            return await self._prepared.holds(kept)
        except self._troubles:
            return False
