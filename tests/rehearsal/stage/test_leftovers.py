import os
import signal
import subprocess
import sys

import pytest

from bonded.rehearsal.stage.leftovers import (
    Process,
    adopt_orphans,
    kill_marked,
    leftovers,
    select,
)

DAEMON = """
import os, sys, time
if os.fork(): os._exit(0)
os.setsid()
print(os.getpid(), flush=True)
time.sleep(600)
"""


def daemon(env: dict[str, str]) -> tuple[int, subprocess.Popen[bytes]]:
    """Leave a process behind; its id, and the pipe that it holds."""
    step = subprocess.Popen([sys.executable, "-c", DAEMON], env=env, stdout=subprocess.PIPE)
    assert step.stdout is not None
    pid = int(step.stdout.readline())
    step.wait()
    return pid, step


@pytest.mark.parametrize(
    ("processes", "found"),
    [
        ([], ()),
        ([Process(2, 1, marked=True), Process(3, 1, marked=False)], (2,)),
        ([Process(5, 4, marked=False), Process(4, 2, marked=False), Process(2, 1, marked=True)], (2, 4, 5)),
        ([Process(2, 100, marked=False), Process(3, 2, marked=False)], (2, 3)),
        ([Process(7, 100, marked=False), Process(8, 7, marked=False)], ()),
        ([Process(100, 2, marked=True), Process(2, 1, marked=True)], (2,)),
    ],
)  # fmt: skip
def test_leftovers_are_marked_or_adopted(processes: list[Process], found: tuple[int, ...]) -> None:
    """The marked, the adopted and their descendants count; this program (100) and spared children (7) never do."""
    assert select(processes, {100}, (7,)) == found


def test_a_marked_daemon_is_found_and_ended() -> None:
    """A process that left its session still carries the marker, and is ended by it."""
    marker = f"RUNNER_TRACKING_ID=test_{os.getpid()}"
    name, _, value = marker.partition("=")
    pid, step = daemon({name: value})
    try:
        assert pid in leftovers(marker)
        assert pid in kill_marked(marker, spare=leftovers("no such marker"))
        with step:
            assert step.stdout is not None
            assert step.stdout.read() == b""
        assert pid not in leftovers(marker)
    finally:
        subprocess.run(["kill", "-9", str(pid)], capture_output=True, check=False)


ADOPTING = f"""
import subprocess, sys
from bonded.rehearsal.stage.leftovers import adopt_orphans, kill_marked
assert adopt_orphans()
step = subprocess.Popen([sys.executable, "-c", {DAEMON!r}], env={{}}, stdout=subprocess.PIPE)
pid = int(step.stdout.readline())
step.wait()
print(kill_marked("NONE=x") == (pid,), step.stdout.read() == b"", kill_marked("NONE=x"))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux adopts")
def test_an_unmarked_orphan_is_adopted_and_ended() -> None:
    """A daemon that emptied its environment becomes a child of the adopting program, which ends it."""
    done = subprocess.run(
        [sys.executable, "-c", ADOPTING], capture_output=True, text=True, check=False, timeout=30
    )

    assert done.stdout == "True True ()\n", done.stderr


def test_adoption_needs_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the C library has no prctl, nothing is adopted and nothing raises."""
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())

    assert adopt_orphans() is False


def test_it_gives_up_on_what_does_not_die(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of somebody else's that cannot be ended does not hold the evening up."""

    def refuse(_: int, __: signal.Signals) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    monkeypatch.setattr("bonded.rehearsal.stage.leftovers.leftovers", lambda *_, **__: (2**22,))

    assert kill_marked("NONE=x") == ()
