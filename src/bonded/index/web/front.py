"""The front of the index: what is at hand is answered here, in microseconds; for all else there is the application.

An installer's questions are nearly all alike: a page, a file, the metadata beside a wheel. Where the answer is made
already (`prepared`), this file looks once into the book whether it still holds, and sends it. It decides nothing: who
may read is decided before a request comes here, and what a page shows is decided where it is made.
"""

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from bonded.index.web.prepared import Answer, PreparedPages
from bonded.index.web.representation import Headers, read_headers

__all__ = ["Front"]

_METHODS = frozenset({"GET", "HEAD"})


class Front:
    """An ASGI application before another one."""

    def __init__(self, app: ASGIApp, prepared: PreparedPages) -> None:
        """Answer from `kept` what is there, and let `app` answer the rest and make what is missing."""
        self._app = app
        self._prepared = prepared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["method"] in _METHODS:
            headers = read_headers(scope)
            answer = await self._at_hand(scope, headers)
            if answer is not None:
                await answer.answer(scope["method"], headers, send)
                return
        await self._app(scope, receive, send)

    async def _at_hand(self, scope: Scope, headers: Headers) -> Answer | None:
        """Return the answer if it is made already, and holds."""
        kept = self._prepared.get(scope["path"])
        if kept is None:
            return None
        try:
            if self._prepared.serials.is_quick:
                holds = self._prepared.is_current(kept)
            else:
                holds = await run_in_threadpool(self._prepared.is_current, kept)
        except Exception:  # noqa: BLE001 - the application meets it as well, and knows what to answer
            return None
        return kept.chosen(scope, headers, self._prepared.origin_of) if holds else None
