"""Work that may hang, on threads of its own: few at once, a bounded number in wait, and the rest refused at once.

What waits for somebody else's server must not stand on the threads by which this index answers. A thread lives for as
long as there is work, so nothing has to be closed. Who wants what is being done already gets the same future, and costs
no thread.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from bonded.errors import BondedError

__all__ = ["Busy", "Errands", "chained", "done", "every"]

_log = logging.getLogger("bonded.index")

Result = TypeVar("Result")
Next = TypeVar("Next")


class Busy(BondedError):
    """Too much of the kind is being done or waits; whoever asks may come again in a moment."""


class Errands:
    """Work of one kind by its key: `at_once` pieces at a time, and up to `waiting` more that wait for their turn."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._room = waiting
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[Any]] = {}
        self._waiting: deque[tuple[str, Callable[[], Any]]] = deque()
        self._running = 0

    def once(self, key: str, work: Callable[[], Result]) -> Future[Result]:
        """Return what the work for a key will bring; raises Busy. Nobody may cancel it: others may share it."""
        with self._lock:
            under_way = self._under_way.get(key)
            if under_way is not None:
                return under_way
            begins = self._running < self._at_once
            if not begins and len(self._waiting) >= self._room:
                raise Busy("this index asks too much of others at the moment; try again")
            flight: Future[Result] = Future()
            self._under_way[key] = flight
            if begins:
                self._running += 1
            else:
                self._waiting.append((key, work))
        if begins:
            # A daemon: what hangs must not keep the process from ending.
            thread = threading.Thread(target=self._go, args=(key, work), name="errand", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # the machine gives no more threads
                self._landed(key).set_exception(error)
                with self._lock:
                    self._running -= 1
        return flight

    def _go(self, key: str, work: Callable[[], Any]) -> None:
        """Do a piece of work, and then what waits."""
        turn: tuple[str, Callable[[], Any]] | None = (key, work)
        while turn is not None:
            self._do(*turn)
            with self._lock:
                turn = self._waiting.popleft() if self._waiting else None
                if turn is None:
                    self._running -= 1

    def _do(self, key: str, work: Callable[[], Any]) -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it, and nobody else could
            self._landed(key).set_exception(error)
        else:
            self._landed(key).set_result(result)

    def _landed(self, key: str) -> Future[Any]:
        with self._lock:
            return self._under_way.pop(key)


def done(result: Result) -> Future[Result]:
    """Return a future of what is there already."""
    future: Future[Result] = Future()
    future.set_result(result)
    return future


def chained(first: Future[Result], onward: Callable[[Result], Future[Next]]) -> Future[Next]:
    """Return what `onward` brings of what comes first; where that is there already, what is raised is raised here."""
    if first.done():
        return onward(first.result())
    last: Future[Next] = Future()

    def pass_on(second: Future[Next]) -> None:
        error = second.exception()
        if error is not None:
            last.set_exception(error)
        else:
            last.set_result(second.result())

    def go_on(came: Future[Result]) -> None:
        try:
            second = onward(came.result())
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            last.set_exception(error)
        else:
            second.add_done_callback(pass_on)

    first.add_done_callback(go_on)
    return last


@contextmanager
def every(seconds: float, work: Callable[[], object]) -> Iterator[None]:
    """Do work at once and then every so many seconds, on a thread of its own, for as long as the block lasts.

    What cannot be done is told in the log, and tried again at the next turn. At the end a piece that is under way is
    waited for.
    """
    over = threading.Event()

    def go() -> None:
        is_over = False
        while not is_over:
            try:
                work()
            except Exception:  # noqa: BLE001 - whatever it was, the next turn may do better
                _log.exception("an errand of the index failed; it is done again in %.0f s", seconds)
            is_over = over.wait(seconds)

    thread = threading.Thread(target=go, name="every", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
