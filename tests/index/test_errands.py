"""Work on threads of its own: bounded, shared, and never lost."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from bonded.index.errands import Busy, Errands, chained, done, every


def held(gate: threading.Event, result: int) -> Callable[[], int]:
    """Return work that waits at a gate."""

    def work() -> int:
        assert gate.wait(10)
        return result

    return work


def test_what_is_too_much_is_refused_at_once() -> None:
    """While all threads hang and the queue is full nobody else waits; afterwards all that was taken is done."""
    errands, gate = Errands(at_once=2, waiting=3), threading.Event()
    taken = [errands.once(f"{n}", held(gate, n)) for n in range(5)]
    with pytest.raises(Busy):
        errands.once("5", held(gate, 5))
    shared = errands.once("0", held(gate, 9))
    gate.set()

    assert [one.result(10) for one in taken] == [0, 1, 2, 3, 4]
    assert shared is taken[0]
    assert errands.once("5", held(gate, 5)).result(10) == 5


def test_many_who_want_the_same_cost_no_thread() -> None:
    """While the work for a key goes on nobody begins it again, and its waiters take no place of others."""
    errands, gate = Errands(at_once=2, waiting=0), threading.Event()
    same = {id(errands.once("a", held(gate, 7))) for _ in range(50)}

    assert len(same) == 1
    assert errands.once("b", lambda: 8).result(10) == 8
    gate.set()
    assert errands.once("a", held(gate, 7)).result(10) == 7


def test_a_failure_is_shared_and_forgotten() -> None:
    """What the work raises, all who wait get; the next try is a new one, and the thread goes on."""
    errands, gate = Errands(at_once=1, waiting=2), threading.Event()

    def fail() -> int:
        gate.wait(10)
        raise ValueError("no")

    failing, after = errands.once("a", fail), errands.once("b", lambda: 2)
    gate.set()

    with pytest.raises(ValueError, match="no"):
        failing.result(10)
    assert after.result(10) == 2
    assert errands.once("a", lambda: 1).result(10) == 1


def wrong(_value: int) -> Future[int]:
    """Raise before anything is begun."""
    raise ValueError("no")


def test_one_thing_after_another() -> None:
    """What follows is begun when the first is there, and what either raises comes out at the end."""
    first: Future[int] = Future()
    second: Future[int] = Future()
    good, bad = chained(first, lambda one: done(one + 1)), chained(first, wrong)
    late = chained(first, lambda _: second)
    first.set_result(1)
    second.set_exception(KeyError("x"))

    assert good.result(0) == 2
    assert chained(done(1), lambda one: done(one + 2)).result(0) == 3
    with pytest.raises(ValueError, match="no"):
        bad.result(0)
    with pytest.raises(KeyError):
        late.result(0)
    with pytest.raises(ValueError, match="no"):
        chained(done(1), wrong)


def test_a_machine_without_threads_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no thread can be begun, whoever asks hears of it, and the next one is served."""
    errands = Errands(at_once=1, waiting=0)

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="new thread"):
            errands.once("a", lambda: 1).result(0)
    assert errands.once("a", lambda: 1).result(10) == 1


def test_what_is_done_every_so_often(caplog: pytest.LogCaptureFixture) -> None:
    """It is done at once and again, a failure is told and tried again, and the end waits for nobody else."""
    turns: list[int] = []
    enough = threading.Event()

    def work() -> None:
        turns.append(len(turns))
        if len(turns) == 1:
            raise OSError("no disk")
        if len(turns) == 3:
            enough.set()

    with every(0.001, work):
        assert enough.wait(10)
    count = len(turns)
    with every(10_000, work):
        pass

    assert "an errand of the index failed" in caplog.text
    assert "no disk" in caplog.text
    assert len(turns) == count + 1
