"""Another index behind this one, for the names that are not ours.

Whoever asks here has decided already that the name is not ours (`policies.is_ours`); this file never decides it, so
there is one such decision. A page is kept with its ETag and asked for again when it is stale; a file is fetched at its
first use, and verified before anybody gets a byte of it. What the other index does not answer is never taken for "no":
a page that is kept serves while it is down, for as long as the settings allow, and without one the failure is passed on
as a failure.

Whatever has to be asked is asked on threads of its own (`errands`): however silent the other index is, the threads by
which this one answers for its own projects do not wait for it. What may be told of a failure is for the log; strangers
learn no address.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextvars import copy_context
from pathlib import Path
from typing import TypeVar

from bonded.dists.names import ProjectName
from bonded.errors import BondedError, RemoteError
from bonded.index.errands import Busy, Errands, chained, done
from bonded.index.foreign import ForeignFile, UnreadablePage
from bonded.index.open_file import OpenFile
from bonded.index.policies import HeldBack
from bonded.index.simple import Page, iso_time
from bonded.index.upstream.asking import Asking, Denied, Said, Silent, Unanswered
from bonded.index.upstream.files import Files
from bonded.index.upstream.holding import Held
from bonded.index.upstream.pages import KeptPage, Pages
from bonded.index.upstream.pauses import Pauses, Rest
from bonded.index.upstream.seen import Seen
from bonded.index.upstream.settings import UpstreamSettings
from bonded.index.upstream.showing import Shown, held_line, held_text, shown
from bonded.outside.client import GuardedClient

__all__ = ["Upstream"]

_METADATA = ".metadata"
_MAX_METADATA = 16 << 20
_AT_ONCE, _WAITING = 8, 256
"""Questions at a time for pages, and for files; and how many wait for their turn, which costs no thread."""
_BUSY = "too many questions to it wait"
_IN_THE_LOG = "the log of this index says why"
_AT_HAND = 512

_log = logging.getLogger("bonded.index.upstream")

Result = TypeVar("Result")


class Upstream:
    """Another index, its pages and files kept in a folder; every method may be called from many threads.

    `cache` is used where the settings name no folder. `clock` tells seconds since 1970. `count` hears what becomes of
    files that are kept (`Files`).
    """

    def __init__(
        self,
        settings: UpstreamSettings,
        *,
        cache: Path,
        client: GuardedClient,
        clock: Callable[[], float],
        count: Callable[[str], object] = bool,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._count = count
        self._asking = Asking(settings, client)
        folder = settings.cache or cache
        self._pages = Pages(folder / "pages", self._asking)
        self._files = Files(folder / "files", settings.cache_size, clock=clock, count=count)
        self._seen = Seen(folder / "seen")
        self._pauses = Pauses()
        self._page_errands = Errands(_AT_ONCE, _WAITING)
        self._file_errands = Errands(_AT_ONCE, _WAITING)
        self._shown: OrderedDict[ProjectName, tuple[KeptPage, Shown]] = OrderedDict()
        self._lock = threading.Lock()
        # The bound may be lower than at the last start, and a crash may have left unfinished files.
        self._file_errands.once("room", self._files.room.look)
        _log.info("names that are not this index's own are looked up at %s", self._asking.url)

    def page(self, name: ProjectName) -> Future[Page | None]:
        """Return a project's page, its files addressed through us; None where the other index has none.

        It is the same object for as long as nothing on it changes. The future is done at once where nothing must be
        asked. `RemoteError` is raised, here or by the future, where it cannot be asked and nothing is kept; `Busy`
        where too many questions wait.
        """
        return chained(
            self._current(name), lambda found: done(None if found is None else found.page)
        )

    def file(self, name: ProjectName, sha256: str, filename: str) -> Future[OpenFile | None]:
        """Return a verified file, or its `.metadata`, held open; None where the project's page has no such file.

        Raises as `page` does, where it is not what the page says too, and `HeldBack` where it may not be had yet.
        """
        return chained(self._current(name), lambda found: self._file_of(found, sha256, filename))

    def sizes(self) -> Mapping[str, float]:
        """Return how many files of the other index are kept, and how many bytes, as far as this process knows."""
        files, size = self._files.room.sizes()
        return {"upstream_cache_files": float(files), "upstream_cache_bytes": float(size)}

    def _file_of(self, found: Shown | None, sha256: str, filename: str) -> Future[OpenFile | None]:
        wanted = filename.removesuffix(_METADATA)
        file = found.files.get(wanted) if found is not None else None
        if found is None or file is None or file.shown.sha256 != sha256:
            return done(None)
        if wanted != filename and not file.shown.core_metadata:
            return done(None)
        if wanted in found.held:
            raise HeldBack(held_text(wanted, found.held[wanted]))
        return self._fetched(file, metadata=wanted != filename)

    def _current(self, name: ProjectName) -> Future[Shown | None]:
        """Return what is at hand, and go for it only where that will not do."""
        now = self._clock()
        kept = self._pages.find(name, now)
        if kept is not None and self._is_fresh(kept, now):
            return done(self._shown_of(name, kept))
        if self._settings.offline:
            raise RemoteError(f"{name!r} was not fetched before, and this index is offline")
        if kept is None and self._pauses.is_absent(name, now):
            return done(None)
        if (rest := self._rest(name, kept, now)) is not None:
            return done(self._shown_of(name, self._unasked(name, kept, now, rest)))
        try:
            return self._page_errands.once(name, _as_asked(lambda: self._renewed(name)))
        except Busy:
            if kept is None:
                raise
            return done(self._shown_of(name, self._instead(name, kept, now, _BUSY)))

    def _is_fresh(self, kept: KeptPage, now: float) -> bool:
        return self._settings.offline or 0 <= now - kept.checked < self._settings.fresh

    def _rest(self, name: ProjectName, kept: KeptPage | None, now: float) -> Rest | None:
        """Return the pause in which the other index is left alone: where a kept page will do, after any failure."""
        silent = self._pauses.silent(now)
        return silent if silent or kept is None else self._pauses.failed(name, now)

    def _renewed(self, name: ProjectName) -> Shown | None:
        """Ask for a page, or settle for the one that is kept."""
        now = self._clock()
        kept = self._pages.find(name, now)
        if kept is not None and self._is_fresh(kept, now):  # renewed since this one looked
            return self._shown_of(name, kept)
        # Others may have met with silence while this one waited for its turn.
        rest = self._rest(name, kept, now) or self._pauses.held_from_asking(now)
        if rest is not None:
            return self._shown_of(name, self._unasked(name, kept, now, rest))
        new = self._asked(name, kept)
        return None if new is None else self._shown_of(name, new)

    def _asked(self, name: ProjectName, kept: KeptPage | None) -> KeptPage | None:
        try:
            new = self._answered(name, kept)
        except Silent as error:
            self._pauses.silence(self._clock(), _whole(error))
            return self._failed(name, kept, error)
        except Denied as error:
            self._pauses.answer()
            raise self._failure(name, error, level=logging.ERROR) from None
        except (Unanswered, UnreadablePage) as error:
            self._pauses.answer()
            return self._failed(name, kept, error)
        self._pauses.answer()
        return new

    def _answered(self, name: ProjectName, kept: KeptPage | None) -> KeptPage | None:
        answer = self._asking.page(name, kept.found.etag if kept is not None else "")
        now = self._clock()
        if answer is Said.ABSENT:
            self._pages.drop(name)
            self._pauses.absence(name, now)
            return None
        if isinstance(answer, Said):
            assert kept is not None
            return self._pages.renew(name, kept, now)
        return self._pages.take(name, answer, now)

    def _failed(self, name: ProjectName, kept: KeptPage | None, error: Exception) -> KeptPage:
        now = self._clock()
        if kept is None:
            raise self._failure(name, error) from None
        self._pauses.failure(name, now, _whole(error))
        found = self._instead(name, kept, now, error)
        age = max(now - kept.checked, 0.0)
        _log.warning("%s; its page of %.0f s ago is served", self._why(name, error), age)
        return found

    def _unasked(
        self, name: ProjectName, kept: KeptPage | None, now: float, rest: Rest
    ) -> KeptPage:
        """Return the kept page in a pause, as `_instead` does; strangers' names do not fill the log meanwhile."""
        why = f"it was not asked: paused until {iso_time(int(rest.until))}, because {rest.why}"
        return self._instead(name, kept, now, why, is_told=lambda: self._pauses.is_news(name))

    def _instead(
        self,
        name: ProjectName,
        kept: KeptPage | None,
        now: float,
        why: object,
        *,
        is_told: Callable[[], bool] = lambda: True,
    ) -> KeptPage:
        """Return the kept page while the other index is down; raises RemoteError without one, or for one too old.

        `is_told` is asked before that is told in the log.
        """
        age = max(now - kept.checked, 0.0) if kept is not None else 0.0
        if kept is not None and age <= self._settings.stale:
            return kept
        if kept is not None:
            why = f"{_whole(why)}; its page was kept for too long ({age:.0f} s)"
        raise self._failure(name, why, level=logging.WARNING if is_told() else logging.DEBUG)

    def _failure(
        self, name: ProjectName, why: object, *, level: int = logging.WARNING
    ) -> RemoteError:
        """Tell the log why, and return what strangers are told."""
        whole = self._why(name, why)
        _log.log(level, "%s", whole)
        if self._settings.frank:
            return RemoteError(whole)
        return RemoteError(f"the index behind this one failed to show {name!r}; {_IN_THE_LOG}")

    def _why(self, name: ProjectName, why: object) -> str:
        return (
            f"the index behind this one, {self._asking.url}, failed to show {name!r}: {_whole(why)}"
        )

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

    def _fetched(self, file: ForeignFile, *, metadata: bool) -> Future[OpenFile | None]:
        if metadata:
            sha256, url = file.shown.core_metadata or "", file.metadata_url
            limit = min(_MAX_METADATA, self._settings.max_file)
        else:
            sha256, url = file.shown.sha256, file.url
            limit = self._settings.max_file if file.shown.size is None else file.shown.size
        found = self._files.at_hand(sha256)
        if found is not None:
            self._count("hit")
            return done(found)
        return self._file_errands.once(sha256, _as_asked(lambda: self._brought(url, sha256, limit)))

    def _brought(self, url: str, sha256: str, limit: int) -> Held | None:
        found = self._files.find(sha256)
        if found is not None:
            self._count("hit")
            return found
        if self._settings.offline:
            raise RemoteError("this file was not fetched before, and this index is offline")
        if limit > self._settings.max_file:
            raise RemoteError("this file is larger than this index takes from others (max-file)")
        try:
            return self._files.take(
                sha256, lambda take: self._asking.fetch(url, take, max_bytes=limit)
            )
        except (Unanswered, Denied) as error:
            whole = f"the index behind this one failed to send the file of sha256 {sha256}: {_whole(error)}"
            _log.warning("%s", whole)
            generic = f"the index behind this one failed to send this file; {_IN_THE_LOG}"
            raise RemoteError(whole if self._settings.frank else generic) from None


def _as_asked(work: Callable[[], Result]) -> Callable[[], Result]:
    """Return work that names the request which asked for it first, wherever it is done, in what it tells the log."""
    context = copy_context()
    return lambda: context.run(work)


def _whole(why: object) -> str:
    """Return why something failed, with what can be done about it."""
    hint = why.hint if isinstance(why, BondedError) else ""
    return f"{why}; {hint}" if hint else str(why)
