"""Pages at hand: made at the first read after a change of their project, sent as bytes until it changes again.

A page is kept under its address. One look-up by key tells whether it still holds: the serial of its project moves with
every change that a reader can see (status, yank, deletion, a new file), so whatever decides what is shown must move it,
and nothing else has to be told. The whole index has a serial as well, for what is made of all its projects.

`find` is the quick half, asked on the loop for every request; it makes nothing. `answer` makes what is missing, in a
thread, once for all who ask for it at the same time.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope

from bonded.dists.names import ProjectName
from bonded.index.page_cache import Flights, PageCache
from bonded.index.ports import Serials
from bonded.index.running.ready import Ready
from bonded.index.web.accept import preferred, preferred_coding
from bonded.index.web.origin import origin
from bonded.index.web.representation import (
    SIMPLE_GUARDS,
    Headers,
    RawHeaders,
    Representation,
    read_headers,
    represent,
)

__all__ = ["Answer", "Kept", "KeptPage", "PreparedPages", "Rendered", "wanted"]

_ORIGINS = 4
"""Names under which one page is kept: whoever asks under another one gets a page that is made for him alone."""

_SHORT = 512
"""Bytes of a header up to which what it means is remembered: strangers write them."""

_ENTRY = 2048
"""About what an entry and its answers take beside the body."""


class Answer(Protocol):
    """What answers a request whose headers are read."""

    def ready(self, method: str, headers: Headers) -> Ready | None:
        """Return the answer; None where it has to be made."""
        ...


class Kept(Protocol):
    """Something at hand that was made from a project, or from the whole index where `project` is None."""

    project: ProjectName | None
    serial: int
    generation: int | None
    """When it was last seen to hold; nothing was committed since if the book is of this generation yet."""

    @property
    def size(self) -> int:
        """Return the bytes that it takes."""
        ...

    def chosen(self, scope: Scope, headers: Headers, origin_of: "OriginOf") -> Answer | None:
        """Return what answers this request; None where it has to be made."""
        ...


OriginOf = Callable[[Scope], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A page as it was made for one origin from one look at the book; `path` is where such pages are kept.

    `guards` are headers that tell browsers what an HTML page may do.
    """

    project: ProjectName | None
    serial: int
    body: bytes
    path: str
    is_located: bool = False
    guards: RawHeaders = SIMPLE_GUARDS


@dataclass(slots=True, eq=False, kw_only=True)
class KeptPage:
    """A page at one serial, in every kind, coding and origin that was asked for."""

    project: ProjectName | None
    serial: int
    offers: tuple[str, ...]
    is_located: bool
    generation: int | None = None
    representations: dict[tuple[str, str, str], Representation] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Return the bytes that it takes."""
        return sum(len(one.body) + _ENTRY for one in list(self.representations.values()))

    def chosen(self, scope: Scope, headers: Headers, origin_of: OriginOf) -> Representation | None:
        """Return what this request wants to read; None where it has to be made."""
        where = origin_of(scope) if self.is_located else ""
        return self.representations.get((*wanted(headers, self.offers), where))

    def has_room_for(self, where: str) -> bool:
        """Whether a page for this origin may be kept."""
        origins = {origin for _, _, origin in self.representations}
        return where in origins or len(origins) < _ORIGINS


class PreparedPages:
    """Every prepared page of an index, within `max_bytes`; files that are small are kept among them."""

    def __init__(
        self, serials: Serials, *, max_bytes: int, trusted_proxies: Collection[str] = frozenset()
    ) -> None:
        self._serials = serials
        self._proxies = frozenset(trusted_proxies)
        self._cache: PageCache[Kept] = PageCache(max_bytes, lambda kept: kept.size)
        self._flights = Flights()

    def get(self, path: str) -> Kept | None:
        """Return what is kept under an address, whether or not it still holds."""
        return self._cache.get(path)

    def put(self, path: str, kept: Kept) -> None:
        """Keep something under an address."""
        self._cache.put(path, kept)

    def generation(self) -> int | None:
        """Return a number that changes whenever anything was committed; None where that cannot be told quickly."""
        return self._serials.generation()

    async def holds(self, kept: Kept) -> bool:
        """Whether what is kept still holds, asked on the event loop."""
        known = self.holds_now(kept)
        return await run_in_threadpool(self.is_current, kept) if known is None else known

    def holds_now(self, kept: Kept) -> bool | None:
        """Whether what is kept still holds, asked on the event loop; None where that cannot be told quickly."""
        generation = self._serials.generation()
        if generation is None:
            return None
        if kept.generation != generation:
            if not self.is_current(kept):
                return False
            kept.generation = generation
        return True

    def is_current(self, kept: Kept) -> bool:
        """Whether what is kept still holds: one look-up by key, from any thread."""
        if kept.project is None:
            return kept.serial == self._serials.index()
        return kept.serial == self._serials.of(kept.project)

    def origin_of(self, scope: Scope) -> str:
        """Return the scheme and authority that a client reached us by, empty where it says none that can be."""
        client = scope.get("client")
        if client is None or client[0] not in self._proxies:
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            if len(hosts) == 1 and len(hosts[0]) < _SHORT:
                return _plain_origin(scope["scheme"], hosts[0])
        return _origin(scope, self._proxies)

    def answer(
        self,
        scope: Scope,
        offers: tuple[str, ...],
        make: Callable[[str, str], Rendered | None],
    ) -> Representation | None:
        """Return the page that a request wants, made by `make(kind, origin)` where it is not at hand.

        None where there is no such page.
        """
        headers, path = read_headers(scope), scope["path"]
        kind, coding = wanted(headers, offers)
        with self._flights.alone(path):
            kept = self._cache.get(path)
            if kept is not None and self.is_current(kept):
                found = kept.chosen(scope, headers, self.origin_of)
                if isinstance(found, Representation):
                    return found
            where = self.origin_of(scope)
            rendered = make(kind, where)
            if rendered is None:
                return None
            made = represent(
                rendered.body, kind, coding, serial=rendered.serial, guards=rendered.guards
            )
            if rendered.path == path:
                kept = _joined(kept, rendered, offers, (kind, coding, where), made)
                self._cache.put(path, kept)
        return made


def _joined(
    kept: Kept | None,
    rendered: Rendered,
    offers: tuple[str, ...],
    form: tuple[str, str, str],
    made: Representation,
) -> KeptPage:
    """Return the page that is kept, with what was made now; a new one where the other is of another serial."""
    if not isinstance(kept, KeptPage) or kept.serial != rendered.serial:
        kept = KeptPage(
            project=rendered.project,
            serial=rendered.serial,
            offers=offers,
            is_located=rendered.is_located,
        )
    kind, coding, where = form
    where = where if rendered.is_located else ""
    if kept.has_room_for(where):
        kept.representations[kind, coding, where] = made
    return kept


def wanted(headers: Headers, offers: tuple[str, ...]) -> tuple[str, str]:
    """Return the kind and the coding in which a request wants its answer."""
    accept, encoding = headers.get(b"accept", b""), headers.get(b"accept-encoding", b"")
    kind = _kind(accept, offers) if len(accept) < _SHORT else _kind.__wrapped__(accept, offers)
    coding = _coding(encoding) if len(encoding) < _SHORT else _coding.__wrapped__(encoding)
    return kind, coding


@lru_cache(maxsize=1024)
def _kind(accept: bytes, offers: Sequence[str]) -> str:
    return preferred(accept.decode("latin-1"), offers)


@lru_cache(maxsize=1024)
def _coding(accept_encoding: bytes) -> str:
    return preferred_coding(accept_encoding.decode("latin-1"))


@lru_cache(maxsize=1024)
def _plain_origin(scheme: str, host: bytes) -> str:
    scope = {"type": "http", "scheme": scheme, "path": "/", "headers": [(b"host", host)]}
    return _origin({**scope, "query_string": b"", "server": None}, frozenset())


def _origin(scope: Scope, proxies: Collection[str]) -> str:
    try:
        return origin(Request(scope), proxies)
    except HTTPException:
        return ""
