"""Work in threads that can be left behind: whoever is told to stop does not wait for a server that says nothing.

Python's own pools wait for their threads when the program ends. These threads do not hold it. A `Stop` is set by a
signal; whatever waits for work notices within a tenth of a second, gives what is under way a short grace, and goes on
to the tidying up.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from queue import Empty, SimpleQueue
from typing import TypeVar

from bonded.errors import Interrupted

__all__ = ["GRACE", "Crew", "Stop"]

_T = TypeVar("_T")
_TICK = 0.1
GRACE = 3.0
"""Seconds that work under way has to come to its end after a signal; a CI service kills soon after."""


class Stop:
    """Whether somebody told us to stop; set from a signal handler, asked from every thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.signal = 0

    def set(self, signal: int) -> None:
        """Note a signal; the first counts."""
        self.signal = self.signal or signal
        self._event.set()

    def is_set(self) -> bool:
        """Whether to stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise Interrupted where somebody told us to stop."""
        if self._event.is_set():
            raise Interrupted(self.signal)

    def sleep(self, seconds: float) -> None:
        """Wait so long, or until the signal comes; raises Interrupted."""
        self._event.wait(seconds)
        self.check()


class Crew:
    """Runs work in at most so many threads at once."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def call(self, work: Callable[[], _T]) -> _T:
        """Do one thing and return what it gives; raises what it raises, and Interrupted."""
        (future,) = self.start([work], workers=1)
        self.wait([future])
        if not future.done():
            raise Interrupted(self._stop.signal)
        return future.result()

    def start(self, works: Sequence[Callable[[], _T]], *, workers: int) -> "Sequence[Future[_T]]":
        """Begin with all of it, in order; what was not begun when the signal comes ends with Interrupted."""
        queue: SimpleQueue[tuple[Future[_T], Callable[[], _T]]] = SimpleQueue()
        futures: list[Future[_T]] = []
        for work in works:
            futures.append(Future())
            queue.put((futures[-1], work))
        for _ in range(min(workers, len(works))):
            threading.Thread(target=self._work, args=(queue,), daemon=True).start()
        return futures

    def finish(self, work: Callable[[], _T], *, seconds: float) -> _T | None:
        """Do one thing that must be tried even after a signal; None where it is not done in time."""
        future: Future[_T] = Future()

        def last() -> None:
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the result
                future.set_exception(error)

        threading.Thread(target=last, daemon=True).start()
        wait([future], timeout=seconds)
        return future.result() if future.done() else None

    def _work(self, queue: "SimpleQueue[tuple[Future[_T], Callable[[], _T]]]") -> None:
        while True:
            try:
                future, work = queue.get_nowait()
            except Empty:
                return
            try:
                self._stop.check()
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the result
                future.set_exception(error)

    def wait(self, futures: "Sequence[Future[_T]]") -> None:
        """Wait until all are done; after a signal, no longer than the grace."""
        while wait(futures, timeout=_TICK).not_done:
            if self._stop.is_set():
                wait(futures, timeout=GRACE)
                return
