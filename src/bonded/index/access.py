"""Who may read an index: everybody, or whoever has an API token.

What was looked up is remembered only while nobody, in this process or another, has committed anything since: so a token
that is revoked lets nobody in at the next request, and a reader who asks for a hundred pages is looked up once.
"""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from bonded.index.book.databases import troubles
from bonded.index.book.records import Records
from bonded.index.settings import Access, Settings
from bonded.index.web.gate import gated

__all__ = ["Readers", "for_readers"]

_REMEMBERED = 10_000
"""Tokens that are remembered at most. Only living ones are, so strangers fill nothing."""

Generation = Callable[[], int | None]
"""Gives a number that changes whenever anything was committed; None where that cannot be told quickly."""


class Readers:
    """The API tokens of an index, as far as reading goes. To be asked on the event loop."""

    def __init__(
        self, records: Records, generation: Generation, clock: Callable[[], float]
    ) -> None:
        self._records = records
        self._generation = generation
        self._clock = clock
        self._seen: int | None = None
        self._ends: dict[str, float] = {}

    async def lives(self, token_hash: str) -> bool:
        """Tell whether an API token of this hash lives now, of whatever scope."""
        generation = self._generation()
        if generation is None:
            # A database on the other side of a socket may take its time.
            return (await run_in_threadpool(self._end, token_hash)) > self._clock()
        if generation != self._seen or len(self._ends) >= _REMEMBERED:
            self._ends.clear()
            self._seen = generation
        end = self._ends.get(token_hash)
        if end is None:
            # A row of a file is read in less time than another thread takes to wake up.
            end = self._end(token_hash)
            if end > 0:
                self._ends[token_hash] = end
        return end > self._clock()

    def _end(self, token_hash: str) -> float:
        """Return when a token ends, 0 for one that is unknown."""
        with self._records.reading() as book:
            return book.api_token_end(token_hash)


def for_readers(
    app: ASGIApp,
    records: Records,
    settings: Settings,
    *,
    generation: Generation,
    clock: Callable[[], float],
) -> ASGIApp:
    """Return the app with a gate around it where the settings say that readers need a token, else the app itself."""
    if settings.access is Access.ANYONE:
        return app
    readers = Readers(records, generation, clock)
    return gated(app, readers.lives, realm=settings.name, troubles=troubles())
