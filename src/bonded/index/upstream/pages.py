"""The pages of another index, as they came, in a folder and the last of them at hand.

The folder is believed no more than a host: a page counts only if it answers the very address that would be asked, and
was checked at a time that has been. When that was is the file's own time, so that a page that has not changed is not
written again.
"""

import hashlib
import json
import os
import threading
from collections import OrderedDict
from dataclasses import asdict, dataclass
from pathlib import Path

from bonded.dists.names import ProjectName
from bonded.index.foreign import ForeignPage, UnreadablePage, read_page
from bonded.index.upstream.asking import Asking, Found
from bonded.index.upstream.replacing import replacing

__all__ = ["KeptPage", "Pages"]

_PAGES_AT_HAND, _FILES_AT_HAND = 512, 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """A page, and when it was last known to be the newest."""

    found: Found
    page: ForeignPage
    checked: float


class Pages:
    """Keeps the pages of one index for one user; `asking` says which."""

    def __init__(self, folder: Path, asking: Asking) -> None:
        # Two indexes may share a cache: a page is one index's word for one user.
        whose = hashlib.sha256(f"{asking.user} {asking.url}".encode()).hexdigest()[:32]
        self._folder = folder / whose
        self._folder.mkdir(parents=True, exist_ok=True)
        self._asking = asking
        self._lock = threading.Lock()
        self._at_hand: OrderedDict[ProjectName, KeptPage] = OrderedDict()
        self._files = 0

    def find(self, name: ProjectName, now: float) -> KeptPage | None:
        """Return the page that is kept; a damaged or foreign one was never kept."""
        with self._lock:
            kept = self._at_hand.get(name)
            if kept is not None:
                self._at_hand.move_to_end(name)
                return kept
        kept = self._read(name, now)
        if kept is not None:
            self._remember(name, kept)
        return kept

    def take(self, name: ProjectName, found: Found, now: float) -> KeptPage:
        """Read a page that came, and keep it; raises UnreadablePage."""
        page = _page(name, found)
        path = self._path(name)
        with replacing(path) as temporary:
            kept = {"asked": self._asking.page_url(name), **asdict(found)}
            temporary.write_text(json.dumps(kept), "utf-8")
            os.utime(temporary, (now, now))
        return self._remember(name, KeptPage(found=found, page=page, checked=now))

    def renew(self, name: ProjectName, kept: KeptPage, now: float) -> KeptPage:
        """Note that a page was still the newest a moment ago."""
        try:
            os.utime(self._path(name), (now, now))
        except OSError:  # somebody emptied the folder: what is at hand is as good
            return self.take(name, kept.found, now)
        return self._remember(name, KeptPage(found=kept.found, page=kept.page, checked=now))

    def drop(self, name: ProjectName) -> None:
        """Forget a page: the other index has no such project any more."""
        self._path(name).unlink(missing_ok=True)
        with self._lock:
            self._forget(name)

    def _path(self, name: ProjectName) -> Path:
        return self._folder / f"{name}.json"

    def _read(self, name: ProjectName, now: float) -> KeptPage | None:
        try:
            path = self._path(name)
            checked = path.stat().st_mtime
            kept = json.loads(path.read_text("utf-8"))
            if kept.pop("asked") != self._asking.page_url(name) or not checked <= now:
                return None
            found = Found(**kept)
            return KeptPage(found=found, page=_page(name, found), checked=checked)
        except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
            return None

    def _remember(self, name: ProjectName, kept: KeptPage) -> KeptPage:
        """Keep the page at hand; the ones that were asked for longest ago make room."""
        with self._lock:
            self._forget(name)
            self._at_hand[name] = kept
            self._files += len(kept.page.files)
            while len(self._at_hand) > _PAGES_AT_HAND or self._files > _FILES_AT_HAND:
                oldest = next(iter(self._at_hand))
                if oldest == name:
                    break
                self._forget(oldest)
        return kept

    def _forget(self, name: ProjectName) -> None:
        kept = self._at_hand.pop(name, None)
        self._files -= len(kept.page.files) if kept is not None else 0


def _page(name: ProjectName, found: Found) -> ForeignPage:
    if not all(isinstance(text, str) for text in asdict(found).values()):
        raise UnreadablePage("it was kept wrongly")
    return read_page(found.body, media_type=found.media_type, url=found.url, name=name)
