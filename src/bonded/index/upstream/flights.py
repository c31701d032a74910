"""Many who want the same thing at once: one goes for it, and all of them get what it brings."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

__all__ = ["Flights"]

Result = TypeVar("Result")


class Flights:
    """What is being fetched at the moment, by its key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, Future[Any]] = {}

    def once(self, key: str, work: Callable[[], Result]) -> Result:
        """Return what the work for a key returns, or raise what it raises; if it is being done already, wait for it."""
        with self._lock:
            under_way = self._flights.get(key)
            flight: Future[Result] = under_way or Future()
            self._flights[key] = flight
        if under_way is not None:
            return flight.result()
        try:
            result = work()
        except BaseException as error:
            flight.set_exception(error)
            raise
        else:
            flight.set_result(result)
            return result
        finally:
            with self._lock:
                del self._flights[key]
