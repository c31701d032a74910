"""Whether an index can do its work now: the book answers, the folder can be written, the disk has room.

What fails is told by name to whoever asks, and why only to the log: strangers ask too. A database or a mounted folder
may hang instead of failing, so each check has a thread, and what has no answer in time fails. A check that hangs is not
begun again before it has ended, so there is never more than one thread of it.
"""

import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bonded.index.byte_sizes import size_told
from bonded.index.errands import Errands

__all__ = ["DRAINING", "MIN_FREE", "Readiness", "disk_has_room", "folder_is_writable", "free_bytes"]

MIN_FREE = 100 << 20
"""Bytes that should be free where the data folder is, unless the settings say otherwise."""

DRAINING = "draining"
"""The name under which a server that is ending is not ready."""

_KEPT = 1.0
"""Seconds for which an answer counts, so that asking often costs nothing."""

_PATIENCE = 3.0
"""Seconds for which the checks are waited for: watchers give up after few more."""

_PROBED = 60.0
"""Seconds after which somebody who asked is thought to be gone."""

_log = logging.getLogger("bonded.index")

Check = Callable[[], str]
"""Returns what is wrong, or an empty text."""


@dataclass(frozen=True, slots=True)
class _Answer:
    at: float
    failed: tuple[str, ...]


class Readiness:
    """The checks by their names, asked together. `clock` gives seconds and never goes back.

    `patience` is for how many seconds a check is waited for.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        clock: Callable[[], float],
        *,
        patience: float = _PATIENCE,
    ) -> None:
        self._checks = checks
        self._clock = clock
        self._patience = patience
        self._looking = Errands(at_once=len(checks), waiting=len(checks))
        self._late: dict[str, Future[str]] = {}
        self._lock = threading.Lock()
        self._last: _Answer | None = None
        self._draining = False

    def failed(self) -> tuple[str, ...]:
        """Return the names of the checks that do not hold; a name that appears is told to the log, with its reason."""
        with self._lock:
            now = self._clock()
            if self._last is None or now - self._last.at >= _KEPT:
                before = self._last.failed if self._last else ()
                self._last = _Answer(now, self._asked(before))
            return (*self._last.failed, *((DRAINING,) if self._draining else ()))

    def drain(self) -> None:
        """Be ready no more: the server ends."""
        self._draining = True

    @property
    def is_watched(self) -> bool:
        """Whether somebody asked in the last minute, and so will hear that the server ends."""
        return self._last is not None and self._clock() - self._last.at < _PROBED

    def _asked(self, before: tuple[str, ...]) -> tuple[str, ...]:
        failed = []
        for name, why in self._looked().items():
            if why:
                failed.append(name)
                if name not in before:
                    _log.error("not ready, %s: %s", name, why)
        for name in before:
            if name not in failed:
                _log.warning("ready again, %s", name)
        return tuple(failed)

    def _looked(self) -> Mapping[str, str]:
        """Return why each check does not hold, empty where it does; one that is late already is not waited for."""
        looks = {
            name: self._looking.once(name, partial(_why, check))
            for name, check in self._checks.items()
        }
        wait([one for one in looks.values() if one not in self._late.values()], self._patience)
        self._late = {name: one for name, one in looks.items() if not one.done()}
        late = f"it has not answered within {self._patience:g} s"
        return {name: late if name in self._late else one.result() for name, one in looks.items()}


def _why(check: Check) -> str:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever a database raises, it does not answer
        return f"{type(error).__name__}: {error}"


def folder_is_writable(folder: Path) -> str:
    """Return why nothing can be written in a folder, or an empty text."""
    probe = folder / ".probe"
    try:
        probe.write_bytes(b"x")
        probe.unlink(missing_ok=True)
    except OSError as error:
        return f"{folder} cannot be written: {error.strerror}"
    return ""


def disk_has_room(folder: Path, least: int) -> str:
    """Return that fewer than `least` bytes are free, or an empty text."""
    try:
        free = free_bytes(folder)
    except OSError as error:
        return f"{folder} cannot be looked at: {error.strerror}"
    return "" if free >= least else f"{size_told(free)} are free, {size_told(least)} are wanted"


def free_bytes(folder: Path) -> int:
    """Return how many bytes are free where a folder is; raises OSError."""
    return shutil.disk_usage(folder).free
