"""When each file of another index was first seen here: the clock that nobody else can turn back.

It outlives pages and files of the cache, and is only ever added to. A record that is lost or damaged makes files
younger, never older.
"""

import json
import logging
import math
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path

from bonded.dists.names import ProjectName
from bonded.index.upstream.replacing import replacing

__all__ = ["Seen"]

_AT_HAND = 512

_log = logging.getLogger("bonded.index.upstream")


class Seen:
    """The first sight of files, by project and SHA-256, one file on disk for each project."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._at_hand: OrderedDict[ProjectName, dict[str, float]] = OrderedDict()

    def first(self, name: ProjectName, digests: Iterable[str], now: float) -> Mapping[str, float]:
        """Return when each file of a project was first seen, which is now for those that were not."""
        with self._lock:
            known = self._known(name, now)
            new = [sha256 for sha256 in digests if sha256 not in known]
            if new:
                # Another process may have seen them a moment ago.
                written = self._read(name, now)
                known |= {sha256: min(at, known.get(sha256, at)) for sha256, at in written.items()}
                known |= {sha256: now for sha256 in new if sha256 not in known}
                self._write(name, known)
            return dict(known)

    def _known(self, name: ProjectName, now: float) -> dict[str, float]:
        if name not in self._at_hand:
            self._at_hand[name] = self._read(name, now)
            while len(self._at_hand) > _AT_HAND:
                self._at_hand.popitem(last=False)
        self._at_hand.move_to_end(name)
        return self._at_hand[name]

    def _read(self, name: ProjectName, now: float) -> dict[str, float]:
        try:
            kept = json.loads((self._folder / f"{name}.json").read_text("utf-8"))
            return {str(sha256): _moment(at, now) for sha256, at in kept.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            _log.warning("%s: when its files were first seen is lost, so it counts from now", name)
            return {}

    def _write(self, name: ProjectName, known: Mapping[str, float]) -> None:
        with replacing(self._folder / f"{name}.json") as temporary, temporary.open("w") as stream:
            json.dump(known, stream)
            stream.flush()
            os.fsync(stream.fileno())


def _moment(value: float, now: float) -> float:
    """Return a time that has been; a record of the future would hold a file back for longer than the rule says."""
    if not math.isfinite(value):
        raise ValueError(value)
    return min(value, now)
