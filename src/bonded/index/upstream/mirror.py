"""Another index behind this one, for the names that are not ours.

Whoever asks here has decided already that the name is not ours (`policies.is_ours`); this file never decides it, so
there is one such decision. A page is kept with its ETag and asked for again when it is stale; a file is fetched at its
first use, and verified before anybody gets a byte of it. What the other index does not answer is never taken for "no":
a page that is kept serves while it is down, for as long as the settings allow, and without one the failure is passed on
as a failure.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from bonded.dists.names import ProjectName
from bonded.errors import RemoteError
from bonded.index.foreign import ForeignFile, UnreadablePage
from bonded.index.policies import HeldBack
from bonded.index.simple import Page
from bonded.index.upstream.asking import Asking, Denied, Said, Silent, Unanswered
from bonded.index.upstream.files import Files
from bonded.index.upstream.flights import Flights
from bonded.index.upstream.pages import KeptPage, Pages
from bonded.index.upstream.seen import Seen
from bonded.index.upstream.settings import UpstreamSettings
from bonded.index.upstream.showing import Shown, held_line, held_text, shown
from bonded.outside.client import GuardedClient

__all__ = ["Upstream"]

_METADATA = ".metadata"
_MAX_FILE, _MAX_METADATA = 4 << 30, 16 << 20
_PAUSE = 15.0
"""Seconds for which what failed is not tried again where a kept page will do; after silence that is every page."""
_AT_HAND = 512

_log = logging.getLogger("bonded.index.upstream")


class Upstream:
    """Another index, its pages and files kept in a folder; every method may be called from many threads.

    `cache` is used where the settings name no folder. `clock` tells seconds since 1970.
    """

    def __init__(
        self,
        settings: UpstreamSettings,
        *,
        cache: Path,
        client: GuardedClient,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._asking = Asking(settings, client)
        folder = settings.cache or cache
        self._pages = Pages(folder / "pages", self._asking)
        self._files = Files(folder / "files")
        self._seen = Seen(folder / "seen")
        self._flights = Flights()
        self._silent_until = 0.0
        self._pauses: dict[ProjectName, float] = {}
        self._shown: OrderedDict[ProjectName, tuple[KeptPage, Shown]] = OrderedDict()
        self._lock = threading.Lock()
        _log.info("names that are not this index's own are looked up at %s", self._asking.url)

    def page(self, name: ProjectName) -> Page | None:
        """Return a project's page, its files addressed through us; None where the other index has none.

        It is the same object for as long as nothing on it changes. Raises `RemoteError` where it cannot be asked and
        nothing is kept.
        """
        found = self._current(name)
        return None if found is None else found.page

    def file(self, name: ProjectName, sha256: str, filename: str) -> Path | None:
        """Return where a verified file is, or its `.metadata`; None where the project's page has no such file.

        Raises `RemoteError` where it cannot be fetched, or is not what the page says, and `HeldBack` where it may not
        be had yet.
        """
        found = self._current(name)
        wanted = filename.removesuffix(_METADATA)
        file = found.files.get(wanted) if found is not None else None
        if found is None or file is None or file.shown.sha256 != sha256:
            return None
        if wanted != filename and not file.shown.core_metadata:
            return None
        if wanted in found.held:
            raise HeldBack(held_text(wanted, found.held[wanted]))
        return self._fetched(file, metadata=wanted != filename)

    def _current(self, name: ProjectName) -> Shown | None:
        now = self._clock()
        kept = self._pages.find(name, now)
        if kept is None or not self._is_fresh(kept, now):
            kept = self._flights.once(f"page {name}", lambda: self._renewed(name))
        return None if kept is None else self._shown_of(name, kept)

    def _is_fresh(self, kept: KeptPage, now: float) -> bool:
        return self._settings.offline or 0 <= now - kept.checked < self._settings.fresh

    def _renewed(self, name: ProjectName) -> KeptPage | None:
        """Ask for a page, or settle for the one that is kept."""
        now = self._clock()
        kept = self._pages.find(name, now)
        if kept is not None and self._is_fresh(kept, now):  # renewed since this one looked
            return kept
        if self._settings.offline:
            raise RemoteError(f"{name!r} was not fetched before, and this index is offline")
        if kept is not None and self._pauses_for(name, now):
            return self._stale(name, kept, now, "it failed a moment ago", told=True)
        try:
            return self._asked(name, kept)
        except Denied as error:
            _log.error("the index behind this one, %s, refuses us: %s", self._asking.url, error)
            raise Denied(self._failure(name, error), hint=error.hint) from None
        except (Unanswered, UnreadablePage) as error:
            if kept is None:
                _log.warning("%s", self._failure(name, error))
                raise RemoteError(self._failure(name, error)) from None
            self._pause(name, silent=isinstance(error, Silent))
            return self._stale(name, kept, now, str(error), told=False)

    def _pause(self, name: ProjectName, *, silent: bool) -> None:
        until = self._clock() + _PAUSE
        if silent:
            self._silent_until = until
        if len(self._pauses) >= _AT_HAND:
            self._pauses.clear()
        self._pauses[name] = until

    def _pauses_for(self, name: ProjectName, now: float) -> bool:
        ends = self._silent_until, self._pauses.get(name, 0.0)
        return any(now < end <= now + _PAUSE for end in ends)

    def _asked(self, name: ProjectName, kept: KeptPage | None) -> KeptPage | None:
        answer = self._asking.page(name, kept.found.etag if kept is not None else "")
        now = self._clock()
        if answer is Said.ABSENT:
            self._pages.drop(name)
            return None
        if isinstance(answer, Said):
            assert kept is not None
            return self._pages.renew(name, kept, now)
        return self._pages.take(name, answer, now)

    def _stale(
        self, name: ProjectName, kept: KeptPage, now: float, why: str, *, told: bool
    ) -> KeptPage:
        """Return the kept page while the other index is down, unless it is too old; `told` is what the log has."""
        age = max(now - kept.checked, 0.0)
        if age > self._settings.stale:
            message = f"{self._failure(name, why)}; its page was kept for too long ({age:.0f} s)"
            _log.warning("%s", message)
            raise RemoteError(message)
        if not told:
            _log.warning("%s; its page of %.0f s ago is served", self._failure(name, why), age)
        return kept

    def _failure(self, name: ProjectName, why: object) -> str:
        return f"the index behind this one, {self._asking.url}, failed to show {name!r}: {why}"

    def _shown_of(self, name: ProjectName, kept: KeptPage) -> Shown:
        """Return what is shown of a page, made anew when the page or the time has moved on."""
        now = self._clock()
        with self._lock:
            before = self._shown.get(name)
        if before is not None and before[0].page is kept.page and now < before[1].until:
            return before[1]
        digests = [file.shown.sha256 for file in kept.page.files]
        new = shown(
            name,
            kept.page,
            cooldown=self._settings.cooldown,
            first_seen=self._seen.first(name, digests, now),
            now=now,
        )
        if new.held:
            _log.info("%s", held_line(name, new.held))
        with self._lock:
            self._shown[name] = kept, new
            self._shown.move_to_end(name)
            while len(self._shown) > _AT_HAND:
                self._shown.popitem(last=False)
        return new

    def _fetched(self, file: ForeignFile, *, metadata: bool) -> Path:
        if metadata:
            sha256, url = file.shown.core_metadata or "", file.metadata_url
            limit = _MAX_METADATA
        else:
            sha256, url = file.shown.sha256, file.url
            limit = _MAX_FILE if file.shown.size is None else file.shown.size
        return self._flights.once(f"file {sha256}", lambda: self._brought(url, sha256, limit))

    def _brought(self, url: str, sha256: str, limit: int) -> Path:
        found = self._files.find(sha256)
        if found is not None:
            return found
        if self._settings.offline:
            raise RemoteError("this file was not fetched before, and this index is offline")
        try:
            return self._files.take(
                sha256, lambda take: self._asking.fetch(url, take, max_bytes=limit)
            )
        except (Unanswered, Denied) as error:
            _log.warning("the index behind this one failed to send a file: %s", error)
            raise RemoteError(
                f"the index behind this one failed to send a file: {error}", hint=error.hint
            ) from None
