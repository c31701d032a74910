"""An open index under watch: its requests named, counted and logged, and what watchers ask answered before all else.

What stands around the app is decided here, in one place: outermost the counting, then the last answer of a server
that stops, then `/health`, `/ready` and `/metrics`, which must answer whatever else does not, then the app of the index
with everything that is its own.
"""

import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from starlette import types
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Send

from bonded import __version__
from bonded.index.configuration.health import HealthTable
from bonded.index.model import ApiToken, Scope
from bonded.index.running.meter import Meter, exposition
from bonded.index.running.readiness import Readiness, disk_has_room, folder_is_writable, free_bytes
from bonded.index.running.request_log import Answered
from bonded.index.web.errors import HANDLERS
from bonded.index.web.health import Health
from bonded.index.web.observing import Observed, request_ids
from bonded.index.web.stopping import told_when_stopped

__all__ = ["WATCHED_PATHS", "Clocks", "Watchable", "Watched", "watch"]

WATCHED_PATHS = frozenset({"/health", "/ready", "/metrics", "/-/openapi.json"})

_KEPT = 60.0
"""Seconds for which the sizes of an index count: to add them up walks over every project and file."""

_ID_BYTES = 4

_UNREAD = "*"
"""The address and the method of a request that was never read."""


class Clocks:
    """Both clocks of the edge: `wall` in seconds since 1970, `steady` in seconds that never go back."""

    def __init__(self, wall: Callable[[], float], steady: Callable[[], float]) -> None:
        self.wall = wall
        self.steady = steady


class Owners(Protocol):
    """What is asked of the index's owners' desk."""

    def has_token(self) -> bool:
        """Tell whether there is an administrator's token."""
        ...

    def bearer(self, token: str) -> ApiToken | None:
        """Return whose token this is."""
        ...


class Watchable(Protocol):
    """What is asked of an open index."""

    @property
    def app(self) -> ASGIApp:
        """The app."""
        ...

    @property
    def meter(self) -> Meter:
        """What it counts."""
        ...

    @property
    def administration(self) -> Owners:
        """The owners' desk."""
        ...

    def sizes(self) -> Mapping[str, float]:
        """Return how many projects, files and bytes there are; raises what a database raises."""
        ...


class Doorkeeper:
    """Names, counts and logs what is answered before a request is one: too many connections, a head that does not end.

    It is counted as of no address and no method, since nobody knows them.
    """

    def __init__(
        self, meter: Meter, new_id: Callable[[], str], log: Callable[[Answered], None] | None
    ) -> None:
        self._meter = meter
        self._new_id = new_id
        self._log = log

    def __call__(self, status: int, size: int, client: str) -> str:
        """Note an answer and return its id; on the event loop only."""
        name = self._new_id()
        self._meter.answered(_UNREAD, _UNREAD, status, 0.0, size)
        if self._log is not None:
            self._log((name, _UNREAD, _UNREAD, status, 0.0, size, client))
        return name


class Watched:
    """The app to serve, whether it is ready, and who notes what does not reach it."""

    def __init__(self, app: ASGIApp, readiness: Readiness, refused: Doorkeeper) -> None:
        self.app = app
        self.readiness = readiness
        self.refused = refused


def watch(
    index: Watchable,
    data: Path,
    *,
    health: HealthTable,
    clocks: Clocks,
    entropy: Callable[[int], bytes],
    trusted_proxies: Collection[str] = (),
    log: Callable[[Answered], None] | None = None,
) -> Watched:
    """Return the index's app with everything that watches it; `log` is called for each answer."""

    def is_admin(token: str) -> bool:
        bearer = index.administration.bearer(token)
        return bearer is not None and bearer.scope is Scope.ADMIN

    readiness = Readiness(_checks(index, data, health), clocks.steady)
    index.meter.watch(_Gauges(index.sizes, readiness, data, clocks))
    asked = Health(
        readiness,
        partial(exposition, index.meter, __version__),
        is_admin=is_admin,
        token_hash=health.metrics_token,
        is_open=health.metrics_open,
    )
    watchers = Starlette(routes=asked.routes(), exception_handlers=HANDLERS)
    watchers.router.redirect_slashes = False
    new_id = request_ids(entropy(_ID_BYTES))
    app = Observed(
        told_when_stopped(_apart(watchers, index.app)),
        index.meter,
        # Nothing is kept at hand under the addresses of watchers.
        at_hand=getattr(index.app, "at_hand", None),
        clock=clocks.steady,
        new_id=new_id,
        trusted_proxies=trusted_proxies,
        log=log,
    )
    return Watched(app, readiness, Doorkeeper(index.meter, new_id, log))


def _checks(index: Watchable, data: Path, health: HealthTable) -> Mapping[str, Callable[[], str]]:
    """Return what must hold for the index to be ready, by the names that watchers read."""

    def book_answers() -> str:
        index.administration.has_token()  # raises what the database raises
        return ""

    return {
        "book": book_answers,
        "folder": partial(folder_is_writable, data),
        "disk": partial(disk_has_room, data, health.min_free),
    }


def _apart(watchers: ASGIApp, app: ASGIApp) -> ASGIApp:
    """Return an app that hands what watchers ask to the one, and everything else to the other."""

    def apart(scope: types.Scope, receive: Receive, send: Send) -> Awaitable[None]:
        asked = watchers if scope.get("path") in WATCHED_PATHS else app
        return asked(scope, receive, send)

    return apart


class _Gauges:
    """The sizes that are looked up when somebody asks for them; those of the book are kept for a minute."""

    def __init__(
        self,
        sizes: Callable[[], Mapping[str, float]],
        readiness: Readiness,
        data: Path,
        clocks: Clocks,
    ) -> None:
        self._sizes = sizes
        self._readiness = readiness
        self._data = data
        self._steady = clocks.steady
        self._began = clocks.wall()
        self._kept: tuple[float, Mapping[str, float]] | None = None

    def __call__(self) -> Mapping[str, float]:
        """Return every gauge by its name."""
        failed = self._readiness.failed()
        gauges = {"ready": float(not failed), "started": self._began}
        with contextlib.suppress(OSError):
            gauges["disk_free_bytes"] = float(free_bytes(self._data))
        if "book" not in failed:
            gauges.update(self._of_the_book())
        return gauges

    def _of_the_book(self) -> Mapping[str, float]:
        now = self._steady()
        if self._kept is None or now - self._kept[0] > _KEPT:
            self._kept = now, self._sizes()
        return self._kept[1]
