"""Who may read an index: everybody, or whoever has an API token."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from bonded.index.databases import troubles
from bonded.index.records import Records
from bonded.index.settings import Access, Settings
from bonded.index.web.gate import gated

__all__ = ["for_readers"]


def for_readers(
    app: ASGIApp, records: Records, settings: Settings, clock: Callable[[], float]
) -> ASGIApp:
    """Return the app with a gate around it where the settings say that readers need a token, else the app itself."""
    if settings.access is Access.ANYONE:
        return app

    def known(token_hash: str) -> bool:
        with records.reading() as book:
            return book.lives(token_hash, clock())

    async def lives(token_hash: str) -> bool:
        # A row of a file is read in less time than another thread takes to wake up. A server may take its time.
        return (
            await run_in_threadpool(known, token_hash) if settings.database else known(token_hash)
        )

    return gated(app, lives, realm=settings.name, troubles=troubles())
