"""Threads that can be left behind."""

import signal
import threading

import pytest

from bonded.client.crew import Crew, Stop
from bonded.errors import Interrupted


def test_work_is_done_side_by_side_and_bounded() -> None:
    """No more than so many at once; everything is done."""
    lock, running, most = threading.Lock(), [0], [0]
    meet = threading.Barrier(2)

    def work() -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        meet.wait(20)
        with lock:
            running[0] -= 1
        return 1

    crew = Crew(Stop())
    futures = crew.start([work] * 6, workers=2)
    crew.wait(futures)

    assert sum(future.result() for future in futures) == 6
    assert most == [2]


def test_what_work_raises_is_raised() -> None:
    """An error goes to whoever waits."""

    def work() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        Crew(Stop()).call(work)
    with pytest.raises(KeyError):
        Crew(Stop()).finish(work, seconds=20.0)


def test_a_signal_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that does not end is left behind after its grace; what was not begun is not begun."""
    from bonded.client import crew as module

    monkeypatch.setattr(module, "GRACE", 0.01)
    stop, never = Stop(), threading.Event()

    def hang() -> None:
        stop.set(signal.SIGINT)
        never.wait(20)

    begun: list[int] = []
    crew = Crew(stop)
    with pytest.raises(Interrupted) as caught:
        crew.call(hang)
    futures = crew.start([lambda: begun.append(1)], workers=1)
    crew.wait(futures)
    never.set()

    assert caught.value.signal == signal.SIGINT
    assert begun == []
    assert isinstance(futures[0].exception(), Interrupted)


def test_tidying_up_is_done_after_a_signal() -> None:
    """What must be tried is tried all the same, for a bounded time."""
    stop, never = Stop(), threading.Event()
    stop.set(signal.SIGTERM)
    crew = Crew(stop)
    done = crew.finish(lambda: 7, seconds=20.0)
    left = crew.finish(lambda: never.wait(20), seconds=0.01)
    never.set()

    assert (done, left) == (7, None)


def test_the_first_signal_counts() -> None:
    """A second one changes nothing; waiting ends at once."""
    stop = Stop()
    assert not stop.is_set()
    stop.set(signal.SIGINT)
    stop.set(signal.SIGTERM)

    with pytest.raises(Interrupted) as caught:
        stop.sleep(1000.0)
    assert caught.value.signal == signal.SIGINT
