"""When the other index is left alone: after silence, after a failure, and where it has just said that there is nothing.

Silence is about the index, so it holds for every page, kept or not: it is a failure at once, never a "no". When it is
over one asks, and the others go on as before until that one is answered. What began a pause is remembered with it, for
whoever is refused because of it and wants to know why.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from bonded.dists.names import ProjectName

__all__ = ["Pauses", "Rest"]

_PAUSE = 15.0
"""Seconds for which nothing is asked after silence, nor for a page that failed where a kept one will do."""

_ABSENT = 5.0
"""Seconds for which an honest "no such project" counts; somebody may publish it meanwhile."""

_MOST = 512

_TOLD = 100
"""Names of which the log says in one pause that they were not asked for: strangers may come with any number."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Until when nothing is asked, in seconds since 1970, and because of what."""

    until: float
    why: str


_NONE = Rest(0.0, "")


class Pauses:
    """Remembers what was answered a moment ago, of a bounded number of names. Times are seconds since 1970."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._silence = _NONE
        self._failed: OrderedDict[ProjectName, Rest] = OrderedDict()
        self._absent: OrderedDict[ProjectName, Rest] = OrderedDict()
        self._told: set[ProjectName] = set()

    def silent(self, now: float) -> Rest | None:
        """Return the pause in which nothing should be asked at all, if there is one."""
        return _lasting(self._silence, now, _PAUSE)

    def failed(self, name: ProjectName, now: float) -> Rest | None:
        """Return the pause of a page that failed a moment ago, if it did."""
        return _lasting(self._failed.get(name, _NONE), now, _PAUSE)

    def is_absent(self, name: ProjectName, now: float) -> bool:
        """Tell whether the other index said a moment ago that there is no such project."""
        return _lasting(self._absent.get(name, _NONE), now, _ABSENT) is not None

    def held_from_asking(self, now: float) -> Rest | None:
        """Return None to whoever may ask now, else the pause; after a silence only one may."""
        with self._lock:
            rest = self.silent(now)
            if rest is None and self._silence.until:
                self._silence = Rest(now + _PAUSE, self._silence.why)
            return rest

    def silence(self, now: float, why: str) -> None:
        """Note that nobody answered."""
        with self._lock:
            self._silence = Rest(now + _PAUSE, why)
            self._told.clear()

    def answer(self) -> None:
        """Note that somebody answered, whatever it was."""
        with self._lock:
            self._silence = _NONE

    def failure(self, name: ProjectName, now: float, why: str) -> None:
        """Note that a page failed."""
        self._note(self._failed, name, Rest(now + _PAUSE, why))
        with self._lock:
            self._told.discard(name)

    def absence(self, name: ProjectName, now: float) -> None:
        """Note that there is no such project."""
        self._note(self._absent, name, Rest(now + _ABSENT, ""))

    def is_news(self, name: ProjectName) -> bool:
        """Tell whether the log should hear that a name was not asked for: once in a pause, and of some names only."""
        with self._lock:
            if name in self._told or len(self._told) >= _TOLD:
                return False
            self._told.add(name)
            return True

    def _note(self, rests: OrderedDict[ProjectName, Rest], name: ProjectName, rest: Rest) -> None:
        with self._lock:
            rests[name] = rest
            rests.move_to_end(name)
            while len(rests) > _MOST:
                rests.popitem(last=False)


def _lasting(rest: Rest, now: float, most: float) -> Rest | None:
    """Return a pause that goes on; one whose end is too far away is from before a clock was set back."""
    return rest if now < rest.until <= now + most else None
