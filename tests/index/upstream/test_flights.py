import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from bonded.index.upstream.flights import Flights


def never() -> object:
    """Do work that nobody should do."""
    raise AssertionError


def test_one_goes_for_what_many_want() -> None:
    """While the work for a key goes on, nobody begins it again; who comes gets what it brings, other keys go on."""
    flights, begun, go = Flights(), threading.Event(), threading.Event()

    def work() -> int:
        begun.set()
        assert go.wait(10)
        return 7

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(flights.once, "a", work)
        assert begun.wait(10)
        second = pool.submit(flights.once, "b", lambda: 8)
        assert second.result(10) == 8
        go.set()
        assert first.result(10) == 7
    assert flights.once("a", lambda: 9) == 9


def test_who_comes_during_the_work_waits_for_it() -> None:
    """A flight that is under way is not begun anew, whether it succeeds or fails."""
    flights = Flights()
    landed: Future[object] = Future()
    landed.set_result(7)
    crashed: Future[object] = Future()
    crashed.set_exception(ValueError("no"))
    flights._flights = {"a": landed, "b": crashed}

    assert flights.once("a", never) == 7
    with pytest.raises(ValueError, match="no"):
        flights.once("b", never)


def test_a_failure_is_shared_and_forgotten() -> None:
    """What the work raises, all who wait get; the next try is a new one."""
    flights = Flights()

    def fail() -> None:
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            flights.once("a", fail)
    assert flights.once("a", lambda: 1) == 1
