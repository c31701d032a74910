"""When the other index is left alone: after silence, after a failure, and where it has just said that there is nothing.

Silence is about the index, so it holds for every page, kept or not: it is a failure at once, never a "no". When it is
over one asks, and the others go on as before until that one is answered.
"""

import threading
from collections import OrderedDict

from bonded.dists.names import ProjectName

__all__ = ["Pauses"]

_PAUSE = 15.0
"""Seconds for which nothing is asked after silence, nor for a page that failed where a kept one will do."""

_ABSENT = 5.0
"""Seconds for which an honest "no such project" counts; somebody may publish it meanwhile."""

_MOST = 512


class Pauses:
    """Remembers what was answered a moment ago, of a bounded number of names. Times are seconds since 1970."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._silent_until = 0.0
        self._failed: OrderedDict[ProjectName, float] = OrderedDict()
        self._absent: OrderedDict[ProjectName, float] = OrderedDict()

    def is_silent(self, now: float) -> bool:
        """Tell whether nothing should be asked at all."""
        return _lasts(self._silent_until, now, _PAUSE)

    def has_failed(self, name: ProjectName, now: float) -> bool:
        """Tell whether a page failed a moment ago."""
        return _lasts(self._failed.get(name, 0.0), now, _PAUSE)

    def is_absent(self, name: ProjectName, now: float) -> bool:
        """Tell whether the other index said a moment ago that there is no such project."""
        return _lasts(self._absent.get(name, 0.0), now, _ABSENT)

    def may_ask(self, now: float) -> bool:
        """Take leave to ask; after a silence only one has it."""
        with self._lock:
            if self.is_silent(now):
                return False
            if self._silent_until:
                self._silent_until = now + _PAUSE
            return True

    def silence(self, now: float) -> None:
        """Note that nobody answered."""
        with self._lock:
            self._silent_until = now + _PAUSE

    def answer(self) -> None:
        """Note that somebody answered, whatever it was."""
        with self._lock:
            self._silent_until = 0.0

    def failure(self, name: ProjectName, now: float) -> None:
        """Note that a page failed."""
        self._note(self._failed, name, now + _PAUSE)

    def absence(self, name: ProjectName, now: float) -> None:
        """Note that there is no such project."""
        self._note(self._absent, name, now + _ABSENT)

    def _note(self, ends: OrderedDict[ProjectName, float], name: ProjectName, end: float) -> None:
        with self._lock:
            ends[name] = end
            ends.move_to_end(name)
            while len(ends) > _MOST:
                ends.popitem(last=False)


def _lasts(end: float, now: float, most: float) -> bool:
    """Tell whether an end is still to come; one that is too far away is from before a clock was set back."""
    return now < end <= now + most
