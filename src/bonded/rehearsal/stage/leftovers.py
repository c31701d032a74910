"""What steps left running, found without a room to empty: the net under level "proxy only".

Two traces lead to such a process. GitHub's runner gives every step `RUNNER_TRACKING_ID` and ends, after the job, what
still carries it; /proc shows it. And a process that `adopt_orphans` made the reaper of its descendants becomes the
parent of every one whose own parent died, even when that one emptied its environment. Linux only; elsewhere nothing is
found, and the report says that the room was not there.
"""

import contextlib
import ctypes
import os
import signal
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Process", "adopt_orphans", "kill_marked", "leftovers"]

PROC = Path("/proc")
SET_CHILD_SUBREAPER = 36
ROUNDS = 50
"""Searches until none is found: a process may fork while its parent is being ended."""


@dataclass(frozen=True, slots=True)
class Process:
    """A running process, its parent, and whether its environment carries the marker."""

    pid: int
    parent: int
    marked: bool


def adopt_orphans(*, adopt: bool = True) -> bool:
    """Become the reaper of our descendants' orphans, or cease to be; False where the system knows no such thing."""
    try:
        result = ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0)
    except (AttributeError, OSError):
        return False
    return bool(result == 0)


def leftovers(
    marker: str, *, spare: Collection[int] = (), adopters: Collection[int] = ()
) -> tuple[int, ...]:
    """Return the ids of running processes that steps left behind.

    Those are the ones whose environment holds `marker` (`NAME=value`), the orphans that this process or one of the
    `adopters` (the first process of a room) adopted, and all their descendants. `spare` are children of ours that are
    no steps'. Zombies do not count.
    """
    return select(tuple(_running(marker)), {os.getpid(), *adopters}, spare)


def select(
    processes: Collection[Process], adopters: Collection[int], spare: Collection[int]
) -> tuple[int, ...]:
    """Choose the leftovers among `processes`; an adopter is never one of them. Pure."""
    safe = {*adopters, *spare}
    found = {p.pid for p in processes if p.pid not in safe and (p.marked or p.parent in adopters)}
    while more := {p.pid for p in processes if p.parent in found} - found - safe:
        found |= more
    return tuple(sorted(found))


def kill_marked(
    marker: str, *, spare: Collection[int] = (), adopters: Collection[int] = ()
) -> tuple[int, ...]:
    """End every leftover (SIGKILL) until none is found; returns the ids of those that were ended."""
    ended: set[int] = set()
    for _ in range(ROUNDS):
        found = leftovers(marker, spare=spare, adopters=adopters)
        if not found:
            break
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
                ended.add(pid)
        _reap(found)
    return tuple(sorted(ended))


def _reap(pids: Collection[int]) -> None:
    """Wait for those among `pids` that are our children by now."""
    for pid in pids:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _running(marker: str) -> Iterator[Process]:
    wanted = marker.encode()
    for folder in PROC.glob("[0-9]*"):
        # Processes end while we look, and other people's environments are not ours to read.
        with contextlib.suppress(OSError):
            # The name, in brackets, may hold anything; state and parent follow the last bracket.
            state, parent = (folder / "stat").read_bytes().rpartition(b")")[2].split()[:2]
            if state in {b"Z", b"X"}:
                continue
            marked = False
            with contextlib.suppress(OSError):
                marked = wanted in (folder / "environ").read_bytes().split(b"\0")
            yield Process(int(folder.name), int(parent), marked)
