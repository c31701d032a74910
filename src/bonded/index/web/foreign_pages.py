"""Pages of the index behind this one, as bytes: made once for each page that came, and kept by what it says.

Nobody here knows up to where another index has changed, so a page is kept as long as the same page comes. To compare
two costs a fraction of making one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import Scope

from bonded.index.page_cache import PageCache
from bonded.index.simple import Page
from bonded.index.web.prepared import wanted
from bonded.index.web.representation import Representation, read_headers, represent

__all__ = ["ForeignPages"]

_MAX_BYTES = 32 << 20
_FILE = 500
"""About what one file of a page takes in memory."""


@dataclass(slots=True, eq=False)
class _Kept:
    page: Page
    made: dict[tuple[str, str], Representation] = field(default_factory=dict)

    @property
    def size(self) -> int:
        bodies = sum(len(one.body) for one in list(self.made.values()))
        return bodies + _FILE * (1 + len(self.page.files))


class ForeignPages:
    """Prepared pages of another index's projects, from any thread."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._cache: PageCache[_Kept] = PageCache(max_bytes, lambda kept: kept.size)

    def answer(
        self,
        scope: Scope,
        offers: tuple[str, ...],
        page: Page,
        render: Callable[[Page, str], bytes],
    ) -> Representation:
        """Return a page as this request wants it."""
        kind, coding = wanted(read_headers(scope), offers)
        kept = self._cache.get(page.name)
        if kept is None or kept.page != page:
            kept = _Kept(page)
        made = kept.made.get((kind, coding))
        if made is None:
            made = represent(render(page, kind), kind, coding)
            kept.made[kind, coding] = made
            self._cache.put(page.name, kept)
        return made
